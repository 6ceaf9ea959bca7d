"""Crosses from two pairs: exact, cautious, and honest about where they come from."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.aggregator.triangulation import Crosses, find_triangle, quote_of
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments
NOON = parse_instant("2026-11-18T12:00:00Z")
STREAM = Evidence("tiingo", Transport.STREAM, Spread.REAL, Grade.A)
REST = Evidence("yahoo", Transport.REST, Spread.MODELLED, Grade.C)
DOLLARS = {"EURUSD", "GBPUSD", "USDJPY", "USDCHF"}


def quote(symbol: str, bid: int, ask: int, age: int = 0, evidence: Evidence = STREAM) -> Quote:
    return Quote(symbol, bid, ask, NOON - age * NS_PER_SECOND, NOON, evidence)


def cross(symbol: str, *legs: Quote) -> Quote | None:
    triangle = find_triangle(symbol, KNOWN, DOLLARS.__contains__)
    assert triangle is not None
    return quote_of(triangle, KNOWN, {leg.symbol: leg for leg in legs}.get)


@pytest.mark.parametrize(
    ("symbol", "legs", "name", "bid", "ask"),
    [
        # 1.08000 x 150.000 = 162.000; 1.08010 x 150.020 = 162.036602, up
        (
            "EURJPY",
            [quote("EURUSD", 108_000, 108_010), quote("USDJPY", 150_000, 150_020)],
            "EURUSD*USDJPY",
            162_000,
            162_037,
        ),
        # 1.08000 / 1.27010 = 0.850326.., down; 1.08010 / 1.27000 = 0.850472.., up
        (
            "EURGBP",
            [quote("EURUSD", 108_000, 108_010), quote("GBPUSD", 127_000, 127_010)],
            "EURUSD/GBPUSD",
            85_032,
            85_048,
        ),
        # 150.000 / 0.88010 = 170.4352.., down; 150.020 / 0.88000 = 170.4772.., up
        (
            "CHFJPY",
            [quote("USDCHF", 88_000, 88_010), quote("USDJPY", 150_000, 150_020)],
            "1/USDCHF*USDJPY",
            170_435,
            170_478,
        ),
    ],
)
def test_a_cross_is_sold_and_bought_through_both_pairs(symbol, legs, name, bid, ask):
    found = cross(symbol, *legs)
    assert found is not None
    assert (found.bid, found.ask, found.evidence.source) == (bid, ask, name)
    assert found.evidence.spread is Spread.MODELLED


def test_it_is_as_old_as_its_older_leg_and_a_grade_worse_than_its_worse_one():
    found = cross("EURJPY", quote("EURUSD", 108_000, 108_010, 7), quote("USDJPY", 150_000, 150_020))
    assert found is not None
    assert found.quoted_at == NOON - 7 * NS_PER_SECOND
    assert (found.evidence.grade, found.evidence.transport) == (Grade.B, Transport.STREAM)
    polled = quote("USDJPY", 150_000, 150_020, 0, REST)
    found = cross("EURJPY", quote("EURUSD", 108_000, 108_010), polled)
    assert found is not None
    assert (found.evidence.grade, found.evidence.transport) == (Grade.D, Transport.REST)


def test_without_both_legs_there_is_none():
    assert cross("EURJPY", quote("EURUSD", 108_000, 108_010)) is None


def test_only_what_no_source_quotes_is_worked_out():
    crosses = Crosses(("EURUSD", "EURJPY", "NOTHING"), KNOWN, DOLLARS.__contains__)
    assert set(crosses.legs) == {"EURUSD", "USDJPY"}
    assert Crosses(("EURUSD",), KNOWN, DOLLARS.__contains__).legs == ()


def test_a_cross_that_nothing_leads_to_is_left_alone():
    assert find_triangle("EURJPY", KNOWN, {"EURUSD"}.__contains__) is None


@given(st.integers(50_000, 200_000), st.integers(0, 50), st.integers(50_000, 200_000))
def test_its_spread_never_is_less_than_either_leg_would_pay(euro, spread, pound):
    """Selling and buying back through both pairs never gains."""
    found = cross(
        "EURGBP", quote("EURUSD", euro, euro + spread), quote("GBPUSD", pound, pound + spread)
    )
    assert found is not None
    assert found.bid <= 100_000 * euro / pound <= found.ask
