"""A live account's orders through the compiled Expert Advisor, at a broker that keeps books."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from typing import Any

import pytest

from fxpaper.aggregator.source import Span
from fxpaper.bridge import live_broker
from fxpaper.clock import SystemClock
from fxpaper.domain.account import TradingState, shadow_of
from fxpaper.domain.command import (
    CancelOrder,
    CloseBy,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    MoveCash,
    PlaceOrder,
    SetTrading,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import DealReason, OrderKind, OrderState, Side
from fxpaper.domain.refusal import RefusalCode
from fxpaper.errors import TransientError
from tests.mql5.conftest import TOKEN, Chart
from tests.mql5.live_rig import NAME, Rig, live

SYMBOL = "symbol EURUSD 5 EUR USD 0"
POUND = "symbol GBPUSD 5 GBP USD 0"


@pytest.fixture
def desk(port, tmp_path, attach):
    """Run daemon and terminal with trading switched on, quoting, for the length of a block."""

    @asynccontextmanager
    async def desk(*, netting: bool = False, **inputs: str):
        given = {
            "InpAllowTrading": "true",
            "SHIM_FILES": str(tmp_path),
            "SHIM_BROKER": str(tmp_path / "broker"),
            **({"SHIM_NETTING": "1"} if netting else {}),
            **inputs,
        }
        running = live(port, tmp_path, TOKEN, netting=netting)
        async with running as rig, attach(**given) as chart, quoting(chart):
            await chart.say(SYMBOL, POUND)
            await rig.ready()
            await rig.until(rig.quoted)
            yield rig, chart

    return desk


@asynccontextmanager
async def quoting(chart: Chart):
    """Let prices come for the length of a block."""

    async def quote() -> None:
        while True:
            with suppress(ConnectionError):
                await chart.say("tick EURUSD 0 1.08241 1.08251")
            await asyncio.sleep(0.2)

    task = asyncio.create_task(quote())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def opened(rig: Rig, **given: Any):
    before = len(rig.positions())
    await rig.buy(**given)
    await rig.until(lambda: len(rig.positions()) > before)
    return rig.positions()[-1]


async def test_an_order_is_written_then_sent_and_booked_from_the_brokers_deal(desk):
    async with desk() as (rig, chart):
        position = await opened(rig, stop_loss=108_000, take_profit=109_000)
        order = ["order_placed", "terminal_commanded"]
        kinds = [kind for kind in rig.kinds() if kind != "reconciled"]
        assert kinds[kinds.index("order_placed") :][:2] == order
        assert kinds.index("terminal_answered") < kinds.index("deal_booked")
        assert (position.open_price, position.lots, position.side) == (
            108_251,
            Decimal("0.10"),
            Side.BUY,
        )
        assert (position.stop_loss, position.take_profit) == (108_000, 109_000)
        assert position.commission == Decimal("-0.35")
        state = await rig.ledger.read(lambda one: one.load(NAME))
        assert state.account.balance == Decimal("9999.65")
        assert state.commands == ()
        assert len([line for line in chart.shown if "OrderSend" in line]) == 1


async def test_a_position_is_protected_closed_in_part_and_whole(desk):
    async with desk() as (rig, chart):
        position = await opened(rig, lots="0.30")
        await rig.ask(ModifyPosition(account=NAME, position_id=position.id, stop_loss=108_100))
        await rig.until(lambda: rig.positions()[0].stop_loss == 108_100)
        await rig.ask(close(position.id, "0.10"))
        await rig.until(lambda: rig.positions()[0].lots == Decimal("0.20"))
        assert (await rig.refused(close(position.id, "0.30"))).code is RefusalCode.WRONG_ORDER
        await rig.ask(close(position.id))
        assert (await rig.refused(close(position.id))).code is RefusalCode.ALREADY_ASKED
        await rig.until(lambda: not rig.positions())
        deals = await rig.ledger.read(lambda one: one.deals(NAME, 10))
        assert [(deal.lots, deal.profit) for deal in deals.items][:2] == [
            (Decimal("0.20"), Decimal("-2.00")),
            (Decimal("0.10"), Decimal("-1.00")),
        ]
        state = await rig.ledger.read(lambda one: one.load(NAME))
        assert state.account.balance == Decimal("10000") - 3 - Decimal("0.35") * 6
        assert chart.shown


async def test_a_waiting_order_is_placed_changed_filled_and_another_cancelled(desk):
    async with desk() as (rig, chart):
        first = await rig.buy(kind=OrderKind.LIMIT, price=108_000)
        await rig.until(lambda: rig.orders()[0].state is OrderState.PLACED)
        second = await rig.buy(kind=OrderKind.LIMIT, price=107_000)
        await rig.until(lambda: all(one.state is OrderState.PLACED for one in rig.orders()))
        await rig.ask(ModifyOrder(account=NAME, order_id=first.id, price=108_230))
        await rig.until(lambda: rig.orders()[0].price == 108_230)
        await rig.ask(CancelOrder(account=NAME, order_id=second.id))
        await rig.until(lambda: len(rig.orders()) == 1, 20)
        await chart.say("tick EURUSD 0 1.08220 1.08230")
        await rig.until(rig.positions)
        assert rig.positions()[0].order_id == first.id
        assert rig.orders() == []


async def test_what_happens_at_the_terminal_is_taken_over(desk):
    async with desk() as (rig, chart):
        position = await opened(rig, stop_loss=108_000)
        await chart.say(f"levels {position.id} 1.08050 1.09000", "deposit 500", "open EURUSD 0.2")
        await rig.until(lambda: len(rig.positions()) == 2)
        foreign = rig.positions()[1]
        assert (foreign.order_id, foreign.model, foreign.lots) == ("", None, Decimal("0.2"))
        await rig.until(lambda: rig.positions()[0].stop_loss == 108_050)
        await chart.say(f"close {foreign.id}", "tick EURUSD 0 1.08040 1.08050")
        await rig.until(lambda: not rig.positions())
        deals = (await rig.ledger.read(lambda one: one.deals(NAME, 10))).items
        assert {deal.reason for deal in deals} == {DealReason.MANUAL, DealReason.STOP_LOSS}
        kinds = rig.kinds()
        assert "cash_moved" in kinds
        broker = Decimal((await rig.ledger.read(lambda one: one.load(NAME))).account.balance)
        await rig.until(lambda: rig.worker._desk.terminal._live._look.money.balance == broker)


async def test_what_the_terminal_forbids_is_said_and_nothing_sent(desk):
    async with desk(InpMaxLots="0.15", InpSymbols="EURUSD, GBPUSD") as (rig, _):
        await opened(rig, lots="0.10")
        await rig.buy("0.10")
        await rig.until(lambda: rig.answers() == ["done", "refused"])
        assert rig.orders() == []
        refused = await rig.refused(MoveCash(account=NAME, amount=Decimal(5)))
        assert refused.code is RefusalCode.NOT_AT_TERMINAL
        trailing = PlaceOrder(
            account=NAME,
            symbol="EURUSD",
            side=Side.BUY,
            lots=Decimal("0.1"),
            kind=OrderKind.MARKET_IF_TOUCHED,
            price=108_000,
        )
        assert (await rig.refused(trailing)).code is RefusalCode.NOT_AT_TERMINAL


async def test_trading_is_off_by_default_and_on_real_accounts(port, tmp_path, attach):
    async with live(port, tmp_path, TOKEN) as rig, attach(SHIM_FILES=str(tmp_path)) as chart:
        await chart.say(SYMBOL, "tick EURUSD 0 1.08241 1.08251")
        await rig.until(lambda: "InpAllowTrading" in (rig.worker.note or ""))
        refused = await rig.refused(close("1"))
        assert refused.code is RefusalCode.TERMINAL_FORBIDS
    async with live(port, tmp_path, TOKEN) as rig:
        given = {"InpAllowTrading": "true", "SHIM_FILES": str(tmp_path)}
        async with attach(**given) as chart:
            await chart.say("real", SYMBOL, "tick EURUSD 0 1.08241 1.08251")
            await rig.until(lambda: "InpDemoOnly" in (rig.worker.note or ""), 15)


async def test_halting_stops_every_opening_and_cancels_what_waits(desk):
    async with desk() as (rig, _):
        position = await opened(rig)
        await rig.buy(kind=OrderKind.LIMIT, price=107_000)
        await rig.until(lambda: rig.orders()[0].state is OrderState.PLACED)
        await rig.ask(SetTrading(account=NAME, state=TradingState.HALTED, reason="enough"))
        await rig.until(lambda: not rig.orders(), 20)
        order = PlaceOrder(account=NAME, symbol="EURUSD", side=Side.BUY, lots=Decimal("0.1"))
        assert (await rig.refused(order)).code is RefusalCode.TRADING_HALTED
        await rig.ask(close(position.id))
        await rig.until(lambda: not rig.positions())
    async with desk() as (rig, _):
        assert (await rig.refused(order)).code is RefusalCode.TRADING_HALTED
        await rig.ask(SetTrading(account=NAME, state=TradingState.ACTIVE))
        await opened(rig)


async def test_a_filling_mode_that_is_refused_is_tried_once_otherwise_and_remembered(desk):
    async with desk() as (rig, chart):
        await chart.say("retcodes 10030")
        await opened(rig)
        await opened(rig)
        sent = [line for line in chart.shown if "OrderSend" in line]
        assert sent == ["print: OrderSend 1 0", "print: OrderSend 1 1", "print: OrderSend 1 1"]


async def test_a_refusal_of_the_broker_ends_the_order_with_its_code(desk):
    async with desk() as (rig, chart):
        await chart.say("retcodes 10019")
        order = await rig.buy()
        await rig.until(lambda: not rig.orders())
        page = await rig.ledger.read(lambda one: one.orders(NAME, 5))
        (ended,) = [one for one in page.items if one.id == order.id]
        assert ended.ended.code is RefusalCode.BROKER_REFUSED
        assert "10019" in ended.ended.text
        assert rig.positions() == []


async def test_a_timeout_that_was_carried_out_all_the_same_is_found_at_the_broker(desk):
    async with desk() as (rig, chart):
        await chart.say("retcodes 10012!")
        await opened(rig)
        assert rig.answers() == ["done"]


async def test_a_timeout_without_a_trace_is_uncertain_until_a_person_has_looked(desk):
    async with desk() as (rig, chart):
        await chart.say("retcodes 10012")
        order = await rig.buy()
        await rig.until(lambda: rig.answers() == ["uncertain"])
        assert rig.orders()[0].state is OrderState.UNCERTAIN
        assert order.id in (rig.worker.note or "")
        await rig.ask(CancelOrder(account=NAME, order_id=order.id))
        assert rig.orders() == []
        assert len([line for line in chart.shown if "OrderSend" in line]) == 1


async def test_a_command_after_its_deadline_is_not_carried_out(desk, monkeypatch):
    monkeypatch.setattr(live_broker, "DEADLINE_NS", -NS_PER_SECOND)
    async with desk() as (rig, chart):
        order = await rig.buy()
        await rig.until(lambda: rig.answers() == ["expired"])
        page = await rig.ledger.read(lambda one: one.orders(NAME, 5))
        (ended,) = [one for one in page.items if one.id == order.id]
        assert ended.ended.code is RefusalCode.TOO_LATE
        assert not [line for line in chart.shown if "OrderSend" in line]


async def test_a_netting_account_adds_reduces_and_turns_around(desk):
    async with desk(netting=True) as (rig, _):
        await opened(rig, lots="0.10")
        await rig.buy("0.20")
        await rig.until(lambda: rig.positions()[0].lots == Decimal("0.3"))
        await rig.buy("0.10", Side.SELL)
        await rig.until(lambda: rig.positions()[0].lots == Decimal("0.2"))
        await rig.buy("0.50", Side.SELL)
        await rig.until(lambda: rig.positions()[0].side is Side.SELL)
        (position,) = rig.positions()
        assert (position.lots, position.open_price) == (Decimal("0.3"), 108_241)
        await asyncio.sleep(1)
        assert "reconciled" not in rig.kinds()


async def test_a_terminal_that_loses_its_broker_changes_nothing_here(desk):
    async with desk() as (rig, chart):
        await opened(rig)
        await chart.say("offline")
        await rig.until(lambda: "not connected to its broker" in (rig.worker.note or ""))
        await asyncio.sleep(3)
        assert (len(rig.positions()), "cash_moved" in rig.kinds()) == (1, False)
        await chart.say("online")
        await rig.ready()
        await opened(rig)


async def test_a_terminal_that_logs_in_elsewhere_is_another_terminal(desk):
    async with desk() as (rig, chart):
        await opened(rig)
        await chart.say("login 456")
        await rig.until(lambda: "not connected" in (rig.worker.note or ""))
        assert (await rig.refused(close(rig.positions()[0].id))).code is RefusalCode.TERMINAL_AWAY
        await chart.say("login 123")
        await rig.until(lambda: rig.worker.note is None, 20)


async def test_two_opposite_positions_close_each_other(desk):
    async with desk() as (rig, _):
        one = await opened(rig, lots="0.10")
        other = await opened(rig, lots="0.30", side=Side.SELL)
        await rig.ask(CloseBy(account=NAME, position_id=one.id, other_id=other.id))
        await rig.until(lambda: len(rig.positions()) == 1)
        assert rig.positions()[0].lots == Decimal("0.2")


async def test_two_hundred_open_tickets_come_over_the_line(desk):
    async with desk(InpMaxPositions="500", InpMaxLots="10") as (rig, chart):
        await chart.say(*["open EURUSD 0.01"] * 200)
        await rig.until(lambda: len(rig.positions()) == 200, 30)
        await chart.say(*[f"close {one.id}" for one in rig.positions()[::2]])
        await rig.until(lambda: len(rig.positions()) == 100, 30)
        state = await rig.ledger.read(lambda one: one.load(NAME))
        assert len(state.positions) == 100
        assert "reconciled" not in rig.kinds()
        position = await opened(rig, lots="0.02")
        assert position.lots == Decimal("0.02")


async def test_bars_of_the_past_come_over_the_same_line(desk):
    async with desk() as (rig, chart):
        for minute in range(5, 0, -1):
            ago = -60_000 * minute
            await chart.say(f"tick GBPUSD {ago} 1.2700{minute} 1.27012")
        now = SystemClock().now()
        bars = await rig.bars("GBPUSD", Span("1m", now - 600 * NS_PER_SECOND, now))
        assert [bar.open for bar in bars] == [127_005, 127_004, 127_003, 127_002, 127_001][
            : len(bars)
        ]
        assert len(bars) in {4, 5}
        assert all(bar.opened_at % (60 * NS_PER_SECOND) == 0 for bar in bars)
        with pytest.raises(TransientError):
            await rig.bars("USDJPY", Span("1m", now - 600 * NS_PER_SECOND, now))


async def test_the_shadow_does_the_same_on_paper(desk):
    async with desk() as (rig, chart):
        position = await opened(rig, stop_loss=108_000)
        (twin,) = rig.positions(shadow_of(NAME))
        assert twin.order_id == position.twin
        assert (twin.open_price, twin.stop_loss) == (108_251, 108_000)
        await rig.ask(close(position.id))
        await rig.until(lambda: not rig.positions())
        assert rig.positions(shadow_of(NAME)) == []
        again = await opened(rig)
        await chart.say(f"close {again.id}")
        await rig.until(lambda: not rig.positions())
        assert rig.positions(shadow_of(NAME)) == []
        await chart.say("retcodes 10019")
        await rig.buy()
        await rig.until(lambda: not rig.orders())
        assert rig.positions(shadow_of(NAME)) == []


def close(position_id: str, lots: str | None = None) -> ClosePosition:
    return ClosePosition(
        account=NAME,
        position_id=position_id,
        reason=DealReason.MANUAL,
        lots=None if lots is None else Decimal(lots),
    )
