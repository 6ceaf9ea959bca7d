"""What is left before a limit, in money and in lots; numbers by hand."""

from __future__ import annotations

from decimal import Decimal

from fxpaper.domain.command import PlaceOrder
from fxpaper.domain.instant import format_instant
from fxpaper.domain.limits import NO_LIMITS, Limits
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import PipsLevel, SignalStatus
from fxpaper.signals.desk import Desk
from fxpaper.signals.headroom import Headroom, headroom
from fxpaper.signals.rules import SignalRules
from tests.signals.builders import NOW, quoted
from tests.signals.test_account_limits import STANDARD, WIDE, desk_with, sent

ALL_IN = SignalRules(
    risk_percent=Decimal(100),
    max_risk_percent=Decimal(100),
    max_open_risk_percent=Decimal(100),
    max_leg_risk_percent=Decimal(100),
)


def room(here: Desk, limits: Limits = STANDARD, pips: str = "20") -> Headroom:
    state, board = here.engine.state.accounts["a"], here.engine.board
    return headroom(state, board, limits, NOW + 1, (("EURUSD", "GBPUSD"), Decimal(pips)))


def test_money_and_lots_that_are_left():
    """One lot at 1.08010 with its stop at 1.07810 risks 200; the bid is 10 points below it.

    Equity 9,990 is 490 above the floor of 9,500; with 200 lost 9,800 is 300 above it. A lot at 20
    pips loses 200: 299.99 of the 300 are 1.49995 lots, 1.49.
    """
    here = desk_with(STANDARD, WIDE)
    here.on_quote(quoted())
    order = PlaceOrder(
        account="a", symbol="EURUSD", side=Side.BUY, lots=Decimal(1), stop_loss=107_810
    )
    assert not isinstance(here.carry_out(order, NOW), Refused)
    found = room(here)
    assert (found.equity, found.at_stops) == (Decimal("9990.00"), Decimal("9800.00"))
    assert [one.amount for one in found.floors] == [Decimal("9500.00"), Decimal("8000.00")]
    assert found.lots == {"EURUSD": Decimal("1.49"), "GBPUSD": None}
    assert (found.day, format_instant(found.day_ends_at)) == (
        "2026-09-21",
        "2026-09-21T21:00:00.000000Z",
    )
    assert (found.complete, found.orders_day) == (True, 0)


def test_no_limit_leaves_no_number():
    here = desk_with(NO_LIMITS)
    here.on_quote(quoted())
    found = room(here, NO_LIMITS)
    assert (found.floors, found.lots) == ((), {"EURUSD": None, "GBPUSD": None})


def test_nothing_is_left_at_the_floor():
    here = desk_with(STANDARD)
    here.on_quote(quoted())
    order = PlaceOrder(account="a", symbol="EURUSD", side=Side.BUY, lots=Decimal(1))
    here.carry_out(order, NOW)
    here.on_quote(quoted(bid=107_000, at=NOW + 1))
    found = room(here)
    assert found.reached == {"daily_loss"}
    assert found.lots["EURUSD"] == 0


def test_the_gate_lets_just_those_lots_through():
    """500.00 are left: 2.49 lots lose 498.00 at 20 pips, 2.50 would lose all of it.

    A signal sized by 4.98 % of 10,000 has 2.49 lots and passes; one by 5 % has 2.50 and does not.
    """
    for percent, status in (("4.98", SignalStatus.EXECUTED), ("5", SignalStatus.REFUSED)):
        rules = SignalRules(
            risk_percent=Decimal(percent),
            max_risk_percent=ALL_IN.max_risk_percent,
            max_open_risk_percent=ALL_IN.max_open_risk_percent,
            max_leg_risk_percent=ALL_IN.max_leg_risk_percent,
        )
        here = desk_with(STANDARD, rules)
        here.on_quote(quoted())
        assert room(here).lots["EURUSD"] == Decimal("2.49")
        decision = sent(here, "one", stop_loss=PipsLevel(Decimal(20)))
        assert decision.status is status
