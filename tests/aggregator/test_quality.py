"""What a quote must be like to be passed on."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from fxpaper.aggregator.quality import Examiner, Reason, Rejection, examine
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Transport
from fxpaper.engine.sessions import forex_is_open

NOON = parse_instant("2026-11-18T12:00:00Z")
SATURDAY = parse_instant("2026-11-21T12:00:00Z")
MONDAY = parse_instant("2026-11-23T08:00:00Z")
MINUTE = 60 * NS_PER_SECOND
SECOND = NS_PER_SECOND


def reason(outcome) -> Reason | None:
    return outcome.reason if isinstance(outcome, Rejection) else None


@pytest.mark.parametrize(
    ("bid", "ask", "expected"),
    [
        pytest.param(108_240, 108_252, None, id="an ordinary quote"),
        pytest.param(108_240, 108_240, None, id="a zero spread"),
        pytest.param(108_240, 108_239, Reason.CROSSED, id="ask below bid"),
        pytest.param(0, 12, Reason.NOT_POSITIVE, id="zero bid"),
        pytest.param(-5, 0, Reason.NOT_POSITIVE, id="negative"),
    ],
)
def test_a_first_quote(quote, bid, ask, expected):
    assert reason(examine(quote(bid, ask), None, NOON)) is expected


@pytest.mark.parametrize(
    ("bid", "expected"),
    [
        pytest.param(110_000, None, id="exactly ten per cent up"),
        pytest.param(110_001, Reason.JUMP, id="a point more"),
        pytest.param(90_000, None, id="exactly ten per cent down"),
        pytest.param(89_999, Reason.JUMP, id="a point less"),
    ],
)
def test_a_jump_is_a_move_of_more_than_a_tenth(quote, bid, expected):
    before = quote(100_000, 100_000)
    assert reason(examine(quote(bid, bid, NOON + SECOND), before, NOON + SECOND)) is expected


def test_a_jump_is_believed_when_nothing_else_was_quoted_for_five_minutes(quote):
    before, later = quote(100_000), NOON + 300 * SECOND
    assert reason(examine(quote(120_000, at=later - 1), before, later)) is Reason.JUMP
    assert reason(examine(quote(120_000, at=later), before, later)) is None


def test_a_clock_two_seconds_ahead_is_tolerated_and_more_is_corrected(quote):
    ahead = quote(at=NOON + 2 * SECOND, received_at=NOON)
    assert examine(ahead, None, NOON) is ahead
    far = examine(quote(at=NOON + 2 * SECOND + 1, received_at=NOON), None, NOON)
    assert not isinstance(far, Rejection)
    assert far.quoted_at == NOON


def test_time_never_runs_back_not_even_between_sources(quote):
    before = quote(at=NOON)
    older = quote(at=NOON - 1, received_at=NOON, source="other")
    assert reason(examine(older, before, NOON)) is Reason.BACKWARDS


def test_the_same_quote_again_is_a_repeat_but_another_price_or_time_is_not(quote):
    before = quote(108_240, 108_252)
    assert reason(examine(quote(108_240, 108_252), before, NOON)) is Reason.REPEATED
    assert reason(examine(quote(108_240, 108_253), before, NOON)) is None
    assert reason(examine(quote(108_240, 108_252, NOON + 1), before, NOON + 1)) is None


def test_what_is_kept_back_is_counted_and_never_becomes_the_latest(quote):
    examiner = Examiner(forex_is_open, {"EURUSD": 10})
    good = quote()
    examiner.accept(good)
    examiner.examine(quote(0, 0, NOON + 1), NOON + 1)
    examiner.examine(quote(at=NOON + 9 * SECOND, received_at=NOON + 2), NOON + 2)
    assert examiner.latest("EURUSD") is good
    assert dict(examiner.counts) == {
        ("stream", Reason.NOT_POSITIVE): 1,
        ("stream", Reason.FROM_FUTURE): 1,
    }


@pytest.fixture
def examiner() -> Examiner:
    return Examiner(forex_is_open, {"EURUSD": 10})


def given(examiner: Examiner, quote) -> Reason | None:
    """Let a serving source's quote be examined and, if it passes, count."""
    outcome = examiner.examine(quote, quote.received_at)
    if not isinstance(outcome, Rejection):
        examiner.accept(outcome)
    return reason(outcome)


def test_a_price_of_the_weekend_is_a_repeat_of_friday(examiner, quote):
    """Some providers go on quoting, with the present time."""
    assert given(examiner, quote(at=SATURDAY)) is Reason.MARKET_CLOSED
    friday = parse_instant("2026-11-20T21:59:00Z")
    assert given(examiner, quote(at=friday, received_at=SATURDAY)) is None


def test_fridays_price_on_monday_is_of_the_wrong_day(examiner, quote):
    friday = parse_instant("2026-11-20T21:59:00Z")
    assert given(examiner, quote(at=friday, received_at=MONDAY)) is Reason.WRONG_DAY
    assert given(examiner, quote(at=MONDAY - 200 * SECOND, received_at=MONDAY)) is None


def test_a_price_of_just_before_the_rollover_is_of_the_present(examiner, quote):
    rollover = parse_instant("2026-11-18T22:00:00Z")
    assert given(examiner, quote(at=rollover - SECOND, received_at=rollover + SECOND)) is None


def test_a_price_that_stands_still_is_frozen_after_a_quarter_of_an_hour(examiner, quote):
    reasons = [given(examiner, quote(at=NOON + n * 20 * SECOND)) for n in range(60)]
    assert reasons.index(Reason.FROZEN) == 45
    assert set(reasons[45:]) == {Reason.FROZEN}
    assert given(examiner, quote(108_241, at=NOON + 60 * MINUTE)) is None


def test_a_market_that_is_rarely_quoted_is_not_frozen(examiner, quote):
    assert {given(examiner, quote(at=NOON + n * MINUTE)) for n in range(29)} == {None}


def test_an_unlikely_move_waits_until_the_next_price_bears_it_out(examiner, quote):
    """Fifty pips in a second; the same again a second later is the market."""
    for n in range(60):
        assert given(examiner, quote(108_240 + n % 3, at=NOON + n * SECOND)) is None
    there = NOON + 60 * SECOND
    assert given(examiner, quote(108_740, at=there)) is Reason.OUTLIER
    assert given(examiner, quote(108_241, at=there + SECOND)) is None
    assert given(examiner, quote(108_740, at=there + 2 * SECOND)) is Reason.OUTLIER
    assert given(examiner, quote(108_738, at=there + 3 * SECOND)) is None


def test_an_unlikely_move_that_another_source_shows_too_passes_at_once(examiner, quote):
    """The other source is always two pips higher; that is known and taken off."""
    for n in range(60):
        at = NOON + n * SECOND
        assert given(examiner, quote(108_240 + n % 3, at=at)) is None
        examiner.witness(quote(108_260 + n % 3, at=at, source="other"), at)
    there = NOON + 60 * SECOND
    examiner.witness(quote(108_760, at=there, source="other"), there)
    assert given(examiner, quote(108_740, at=there)) is None
    assert examiner.outliers.basis_pips("other", "EURUSD") == pytest.approx(2, abs=0.1)


def test_the_same_outlier_twice_with_one_time_bears_nothing_out(examiner, quote):
    for n in range(10):
        given(examiner, quote(108_240 + n % 3, at=NOON + n * SECOND))
    bad = quote(109_240, at=NOON + 10 * SECOND)
    assert [given(examiner, bad) for _ in range(3)] == [Reason.OUTLIER] * 3


def test_sources_that_part_for_three_seconds_are_told_once(examiner, quote):
    told = []
    for n in range(30):
        at = NOON + n * SECOND
        given(examiner, quote(108_240 + n % 3, at=at))
        other = 108_240 if n < 10 else 108_340
        told.append(reason(examiner.witness(quote(other, at=at, source="other"), at)))
    assert told.count(Reason.DIVERGED) == 1
    assert told[13] is Reason.DIVERGED
    assert examiner.counts["other", Reason.DIVERGED] == 1


def test_a_recording_and_a_simulation_are_taken_as_they_are(examiner, quote):
    """What a file says was quoted was quoted; a simulation trades at the weekend."""
    for transport in (Transport.FILE, Transport.SIMULATED):
        one = quote(at=SATURDAY)
        made = replace(one, evidence=replace(one.evidence, transport=transport))
        assert reason(examiner.examine(made, SATURDAY)) is None
