"""What keeps a quote from being traded on, and in which order it is asked."""

import pytest
from msgspec.structs import replace

from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.gate import ClosedMarket, FillLimits, unfit
from fxpaper.profiles import read_profile

INSTRUMENTS = read_profile("standard").instruments
EURUSD, XAUUSD = INSTRUMENTS["EURUSD"], INSTRUMENTS["XAUUSD"]
NOON = parse_instant("2026-11-18T12:00:00Z")
BREAK = parse_instant("2026-11-18T22:30:00Z")
SECOND = NS_PER_SECOND


def quote_at(at, grade=Grade.A, transport=Transport.STREAM):
    return Quote(
        "EURUSD", 110_000, 110_012, at, at, Evidence("test", transport, Spread.REAL, grade)
    )


@pytest.mark.parametrize(
    ("quote", "code"),
    [
        pytest.param(quote_at(NOON), None, id="fresh"),
        pytest.param(quote_at(NOON, Grade.C), None, id="the worst that fills"),
        pytest.param(quote_at(NOON, Grade.D), "grade_too_low", id="close of a bar"),
        pytest.param(quote_at(NOON - 5 * SECOND), None, id="five seconds old stream"),
        pytest.param(quote_at(NOON - 5 * SECOND - 1), "stale_quote", id="a nanosecond older"),
        pytest.param(
            quote_at(NOON - 10 * SECOND, transport=Transport.REST), None, id="fetched ten s ago"
        ),
        pytest.param(
            quote_at(NOON - 10 * SECOND - 1, transport=Transport.REST), "stale_quote", id="longer"
        ),
    ],
)
def test_grade_and_age(quote, code):
    """Limits are the last values that pass."""
    refused = unfit(quote, EURUSD, NOON, FillLimits())
    assert (refused.code if refused else None) == code


def test_an_account_may_ask_for_more_but_never_for_less_than_a_timed_quote():
    """Grade D does not fill on an account that would take it."""
    only_best = FillLimits(lowest_grade=Grade.A)
    assert unfit(quote_at(NOON, Grade.B), EURUSD, NOON, only_best).limit == "A"
    anything = FillLimits(lowest_grade=Grade.E)
    assert unfit(quote_at(NOON, Grade.D), EURUSD, NOON, anything).limit == "C"


@pytest.mark.parametrize(
    ("instrument", "code"),
    [
        pytest.param(EURUSD, None, id="forex trades on"),
        pytest.param(XAUUSD, "market_closed", id="gold pauses"),
        pytest.param(replace(EURUSD, holidays=("11-19",)), "market_closed", id="own holiday"),
    ],
)
def test_each_instrument_has_its_own_hours(instrument, code):
    """17:30 in New York on a Wednesday: Thursday's trading day."""
    refused = unfit(quote_at(BREAK), instrument, BREAK, FillLimits())
    assert (refused.code if refused else None) == code


def test_a_closed_market_is_the_reason_before_all_others():
    """On a Saturday no fresher and no better quote can come; the refusal says when one can."""
    saturday = parse_instant("2026-11-21T12:00:00Z")
    refused = unfit(quote_at(NOON, Grade.E), EURUSD, saturday, FillLimits())
    assert refused.code == "market_closed"
    assert refused.limit == "2026-11-22T22:00:00.000000Z"
    assert refused.text == (
        "The market for EURUSD is closed; it opens at 2026-11-22T22:00:00.000000Z."
    )


def test_a_simulated_market_never_closes():
    """Neither at the weekend nor for a break."""
    limits = FillLimits(around_the_clock=True)
    assert unfit(quote_at(BREAK), XAUUSD, BREAK, limits) is None


def test_orders_in_a_closed_market_are_refused_unless_the_account_says_otherwise():
    """Queueing is asked for."""
    assert FillLimits().closed_market is ClosedMarket.REFUSE
    assert [str(word) for word in ClosedMarket] == ["refuse", "queue"]
