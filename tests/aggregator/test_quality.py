"""What a quote must be like to be passed on."""

from __future__ import annotations

import pytest

from fxpaper.aggregator.quality import Examiner, Reason, Rejection, examine
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant

NOON = parse_instant("2026-11-18T12:00:00Z")
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
    examiner = Examiner()
    good = quote()
    examiner.accept(good)
    examiner.examine(quote(0, 0, NOON + 1), NOON + 1)
    examiner.examine(quote(at=NOON + 9 * SECOND, received_at=NOON + 2), NOON + 2)
    assert examiner.latest("EURUSD") is good
    assert dict(examiner.counts) == {
        ("stream", Reason.NOT_POSITIVE): 1,
        ("stream", Reason.FROM_FUTURE): 1,
    }
