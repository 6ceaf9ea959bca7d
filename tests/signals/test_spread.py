"""How wide a spread may be beside the way to the stop-loss; numbers by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import (
    PriceLevel,
    SignalSide,
    SignalStatus,
)
from fxpaper.signals.rules import SignalRules
from fxpaper.signals.spread import check
from tests.signals.builders import NOW, PROFILE, SIGNAL, decided, desk, quoted

EURUSD = PROFILE.instruments["EURUSD"]


@pytest.mark.parametrize(
    ("spread", "percent", "fits"),
    [(50, 50, True), (51, 50, False), (10, 10, True), (11, 10, False), (100, 100, True)],
)
def test_a_spread_may_be_its_part_of_the_way_and_no_point_more(spread, percent, fits):
    found, refused = check(quoted(spread), 100, EURUSD, Decimal(percent))
    assert found.passed is fits
    assert (refused is None) is fits


def test_the_refusal_tells_both_numbers():
    _, refused = check(quoted(62), 100, EURUSD, Decimal(50))
    assert refused is not None
    assert (refused.actual, refused.limit) == ("6.2 pips", "5.0 pips")
    assert refused.text == (
        "The spread of EURUSD is 6.2 pips and the stop-loss 10.0 pips away; the spread may be "
        "50 % of that, 5.0 pips."
    )


def test_a_signal_waits_for_a_narrower_spread():
    """Ten pips of stop-loss: 5.1 are too many, 5 are not."""
    here = desk()
    here.on_quote(quoted(51))
    assert decided(here.receive(SIGNAL, NOW)) is None
    later = NOW + NS_PER_SECOND
    decision = decided(here.on_quote(quoted(50, later)))
    assert decision is not None
    assert decision.status is SignalStatus.EXECUTED
    [asked] = [one for one in decision.checks if one.name == "spread"]
    assert (asked.actual, asked.limit, asked.passed) == ("5.0 pips", "≤ 5.0 pips", True)


def test_one_that_waited_in_vain_says_for_what():
    here = desk()
    here.on_quote(quoted(51))
    here.receive(SIGNAL, NOW)
    last = SIGNAL.expires_at - 1
    assert decided(here.on_quote(quoted(60, last))) is None
    decision = decided(here.on_time(SIGNAL.expires_at))
    assert decision is not None
    assert decision.refusal is not None
    assert decision.refusal.code is RefusalCode.SPREAD_TOO_WIDE
    assert decision.refusal.text.startswith("The spread of EURUSD is 6.0 pips")
    assert "The signal waited until it expired" in decision.refusal.text


def test_what_no_spread_cures_is_refused_at_once():
    """A stop-loss beyond the market is wrong, however wide the spread is."""
    here = desk()
    here.on_quote(quoted(51))
    wrong = replace(SIGNAL, stop_loss=PriceLevel(Decimal("1.08500")))
    decision = decided(here.receive(wrong, NOW))
    assert decision is not None
    assert decision.refusal is not None
    assert decision.refusal.code is RefusalCode.STOP_WRONG_SIDE


def test_a_position_is_closed_at_any_spread():
    here = desk()
    here.on_quote(quoted(10))
    here.receive(SIGNAL, NOW)
    here.on_quote(quoted(500, NOW + 1))
    close = replace(SIGNAL, id="two", side=SignalSide.CLOSE, stop_loss=None)
    decision = decided(here.receive(close, NOW + 1))
    assert decision is not None
    assert decision.status is SignalStatus.EXECUTED


def test_the_limit_is_the_accounts():
    here = desk(SignalRules(max_spread_percent=Decimal(20)))
    here.on_quote(quoted(21))
    assert decided(here.receive(SIGNAL, NOW)) is None
