"""What an account may do while it is stopped, through the desk."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fxpaper.domain.account import TradingState
from fxpaper.domain.command import (
    CloseAll,
    ModifyOrder,
    PlaceOrder,
    SetTrading,
)
from fxpaper.domain.event import DealBooked, OrderEnded, Recorded, TradingStateSet
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import SignalSide, SignalStatus
from fxpaper.signals.desk import Desk
from tests.signals.builders import NOW, STREAM, decided, desk, quoted, signal

LATE = NOW + 30 * NS_PER_SECOND
STOPPED = [TradingState.REDUCING, TradingState.HALTED, TradingState.FLATTEN]


def holding(*symbols: str) -> Desk:
    """Return a desk with a position in each symbol, and a limit order that waits."""
    here = desk()
    for symbol in symbols:
        here.on_quote(quoted(symbol=symbol))
        here.receive(signal(f"open {symbol}", symbol=symbol), NOW)
    here.on_quote(quoted())
    waiting = PlaceOrder(
        account="a",
        symbol="EURUSD",
        side=Side.BUY,
        lots=Decimal("0.01"),
        kind=OrderKind.LIMIT,
        price=107_000,
    )
    assert not isinstance(here.carry_out(waiting, NOW), Refused)
    return here


def stop(here: Desk, state: TradingState, now: int = NOW) -> list[Recorded]:
    answer = here.carry_out(SetTrading(account="a", state=state, reason="test"), now)
    assert not isinstance(answer, Refused)
    return answer


def trading(here: Desk) -> TradingState:
    return here.engine.state.accounts["a"].account.trading


@pytest.mark.parametrize("state", STOPPED)
def test_stopping_cancels_what_waits_to_open_and_lets_nothing_open(state: TradingState):
    here = holding("EURUSD", "GBPUSD")
    ended = [one for one in stop(here, state) if isinstance(one.event, OrderEnded)]
    assert len(ended) == 1
    decision = decided(here.receive(signal("two"), NOW))
    assert decision is not None
    assert decision.refusal is not None
    assert decision.refusal.code is RefusalCode.TRADING_HALTED
    by_hand = PlaceOrder(account="a", symbol="EURUSD", side=Side.SELL, lots=Decimal("0.01"))
    answer = here.carry_out(by_hand, NOW)
    assert isinstance(answer, Refused)
    assert answer.code is RefusalCode.TRADING_HALTED


@pytest.mark.parametrize(
    ("state", "status"),
    [(TradingState.REDUCING, SignalStatus.EXECUTED), (TradingState.HALTED, SignalStatus.REFUSED)],
)
def test_signals_close_while_reducing_and_not_while_halted(state, status):
    here = holding("EURUSD")
    stop(here, state)
    close = signal("close", side=SignalSide.CLOSE, stop_loss=None)
    decision = decided(here.receive(close, NOW))
    assert decision is not None
    assert decision.status is status


def test_a_person_closes_while_halted():
    here = holding("EURUSD")
    stop(here, TradingState.HALTED)
    assert not isinstance(here.carry_out(CloseAll(account="a"), NOW), Refused)
    assert here.engine.state.accounts["a"].positions == {}


@pytest.mark.parametrize("state", STOPPED)
def test_no_waiting_order_is_changed_while_stopped(state: TradingState):
    here = holding("EURUSD")
    stop(here, state)
    answer = here.carry_out(ModifyOrder(account="a", order_id="o-1", price=107_500), NOW)
    assert isinstance(answer, Refused)
    assert answer.code is RefusalCode.TRADING_HALTED


def test_flattening_closes_everything_and_ends_halted():
    here = holding("EURUSD", "GBPUSD")
    events = stop(here, TradingState.FLATTEN)
    deals = [one.event.deal for one in events if isinstance(one.event, DealBooked)]
    assert [deal.reason for deal in deals] == [DealReason.FLATTEN, DealReason.FLATTEN]
    last = events[-1].event
    assert isinstance(last, TradingStateSet)
    assert (last.state, trading(here)) == (TradingState.HALTED, TradingState.HALTED)


def test_what_has_no_fresh_quote_is_closed_on_the_next_one():
    here = holding("EURUSD", "GBPUSD")
    fresh = Quote("EURUSD", 108_000, 108_010, LATE, LATE, STREAM)
    here.on_quote(fresh)
    stop(here, TradingState.FLATTEN, LATE)
    [left] = here.engine.state.accounts["a"].positions.values()
    assert (left.symbol, trading(here)) == ("GBPUSD", TradingState.FLATTEN)
    assert here.awaits("GBPUSD")
    assert not here.awaits("EURUSD")
    here.on_quote(Quote("EURUSD", 108_000, 108_010, LATE + 1, LATE + 1, STREAM))
    assert trading(here) is TradingState.FLATTEN
    here.on_quote(Quote("GBPUSD", 108_000, 108_010, LATE + 2, LATE + 2, STREAM))
    assert here.engine.state.accounts["a"].positions == {}
    assert trading(here) is TradingState.HALTED
    assert not here.awaits("GBPUSD")


def test_flattening_goes_on_after_a_restart():
    here = holding("EURUSD")
    stop(here, TradingState.FLATTEN, LATE)
    again = desk()
    state = here.engine.state.accounts["a"]
    again.engine.restore(state.as_account(), state.positions.values(), state.orders.values())
    again = Desk(again.engine, again.rules)
    again.on_quote(Quote("EURUSD", 108_000, 108_010, LATE, LATE, STREAM))
    assert again.engine.state.accounts["a"].positions == {}
    assert trading(again) is TradingState.HALTED


def test_an_account_with_nothing_open_is_halted_at_once():
    here = desk()
    stop(here, TradingState.FLATTEN)
    assert trading(here) is TradingState.HALTED


def test_resuming_ends_the_closing():
    here = holding("EURUSD")
    stop(here, TradingState.FLATTEN, LATE)
    stop(here, TradingState.ACTIVE, LATE)
    here.on_quote(Quote("EURUSD", 108_000, 108_010, LATE, LATE, STREAM))
    assert len(here.engine.state.accounts["a"].positions) == 1
