"""Lots from risk: the golden table, and the curve of confidence."""

from decimal import Decimal
from fractions import Fraction

import pytest

from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.amounts import lots_for_risk
from fxpaper.profiles import read_profile
from fxpaper.signals.rules import SignalRules
from fxpaper.signals.sizing.confidence import share_of_risk

INSTRUMENTS = read_profile("standard").instruments


@pytest.mark.parametrize(
    ("symbol", "loss_per_lot", "lots"),
    [
        pytest.param("EURUSD", Fraction(250), "0.40", id="25 pips"),
        pytest.param("EURUSD", Fraction(257), "0.38", id="25 pips and 3.50 a side"),
        pytest.param("USDJPY", Fraction(50000, 150), "0.30", id="50 pips at 150, exactly"),
        pytest.param("USDJPY", Fraction(50000) / Fraction("149.5"), "0.29", id="at the stop"),
        pytest.param("XAUUSD", Fraction(800), "0.12", id="gold, 8 dollars"),
        pytest.param("EURUSD", Fraction(1, 1000), "100", id="capped at the broker's maximum"),
    ],
)
def test_lots_for_a_hundred_dollars(symbol, loss_per_lot, lots):
    """The largest multiple of the step whose loss at the stop fits the risk."""
    found = lots_for_risk(Fraction(100), loss_per_lot, INSTRUMENTS[symbol], "USD")
    assert found == Decimal(lots)


def test_less_than_the_smallest_order_is_refused_and_not_rounded_up():
    """With both numbers."""
    found = lots_for_risk(Fraction(1), Fraction(250), INSTRUMENTS["EURUSD"], "USD")
    assert isinstance(found, Refused)
    assert (found.code, found.actual, found.limit) == (
        RefusalCode.LOTS_BELOW_MINIMUM,
        "0.0040",
        "0.01",
    )


@pytest.mark.parametrize(
    ("confidence", "share"), [("0.5", "0.5"), ("0.82", "0.82"), ("1", "1"), ("0.2", "0.5")]
)
def test_share_of_risk(confidence, share):
    """With the defaults the share is the confidence itself."""
    assert share_of_risk(Decimal(confidence), SignalRules()) == Fraction(share)
