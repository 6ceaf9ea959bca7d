"""A live account of the real engine at this terminal: what it books is what the broker has."""

from __future__ import annotations

import signal
from contextlib import suppress
from decimal import Decimal

import pytest

from fxpaper.aggregator.sources.metatrader import EVIDENCE
from fxpaper.bridge.live_broker import LiveBroker
from fxpaper.clock import SystemClock
from fxpaper.domain.command import ClosePosition, Command, ModifyPosition, PlaceOrder
from fxpaper.domain.event import Reconciled, Recorded, TerminalCommanded
from fxpaper.domain.order import DealReason, Order, OrderKind, OrderState, Side
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Grade, Quote
from fxpaper.domain.terminal import TerminalSaid, TerminalUp
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk
from fxpaper.signals.rules import RuleBook, SignalRules
from tests.mql4.conftest import LIVE, Bridge, until

HOUR_NS = 3_600_000_000_000


class LiveAccount:
    """What the worker does: sends what is written, hears what comes, sends again after a gap."""

    def __init__(self, bridge: Bridge) -> None:
        limits = FillLimits(
            lowest_grade=Grade.C, stream_age_ns=HOUR_NS, rest_age_ns=HOUR_NS, around_the_clock=True
        )
        self.engine = Engine(read_profile("standard"), limits)
        self.engine.restore(LIVE, ())
        self.broker = LiveBroker(self.engine, "live", lambda number: f"e.{number}")
        self.desk = Desk(self.engine, RuleBook(SignalRules()), self.broker)
        self.events: list[Recorded] = []
        self._bridge = bridge
        bridge.ears.append(self.hear)
        now = SystemClock().now()
        self.desk.on_quote(Quote("EURUSD", 110_000, 110_010, now, now, EVIDENCE))

    def hear(self, said: TerminalSaid) -> None:
        self._take(self.desk.hear(said, SystemClock().now()))
        line = self._bridge.line
        if isinstance(said, TerminalUp) and line is not None:
            for command in self.broker.outstanding():
                line.send(command, again=True)

    def ask(self, command: Command) -> None:
        answer = self.desk.carry_out(command, SystemClock().now())
        assert isinstance(answer, list), answer
        self._take(answer)

    @property
    def positions(self) -> list[Position]:
        return list(self.engine.state.accounts["live"].positions.values())

    @property
    def orders(self) -> list[Order]:
        return list(self.engine.state.accounts["live"].orders.values())

    @property
    def balance(self) -> Decimal:
        return self.engine.state.accounts["live"].account.balance

    def notes(self) -> list[str]:
        """Return what no deal has explained."""
        return [one.event.text for one in self.events if isinstance(one.event, Reconciled)]

    def _take(self, events: list[Recorded]) -> None:
        self.events += events
        for recorded in events:
            if isinstance(recorded.event, TerminalCommanded) and self._bridge.line is not None:
                self._bridge.line.send(recorded.event.command)


def buy(lots: str = "0.30", **given) -> PlaceOrder:
    return PlaceOrder(account="live", symbol="EURUSD", side=Side.BUY, lots=Decimal(lots), **given)


def close(position: Position, lots: str | None = None) -> ClosePosition:
    part = None if lots is None else Decimal(lots)
    return ClosePosition(
        account="live", position_id=position.id, reason=DealReason.MANUAL, lots=part
    )


@pytest.fixture
def live(side) -> LiveAccount:
    return LiveAccount(side)


async def test_an_account_lives_through_orders_parts_and_stops(side, attach, live):
    async with attach() as chart:
        await side.ready(chart)
        live.ask(buy(stop_loss=109_000))
        await until(lambda: len(live.positions) == 1 and not live.orders)
        (position,) = live.positions
        assert (position.id, position.lots, position.stop_loss) == ("100", Decimal("0.30"), 109_000)
        live.ask(ModifyPosition(account="live", position_id="100", stop_loss=109_500))
        await until(lambda: live.positions[0].stop_loss == 109_500)
        live.ask(close(position, "0.10"))
        await until(lambda: live.positions[0].lots == Decimal("0.20") and not live.orders)
        live.ask(buy("0.05", kind=OrderKind.LIMIT, price=109_800))
        await until(lambda: [one.state for one in live.orders] == [OrderState.PLACED])
        await chart.say("fill 102")
        await until(lambda: len(live.positions) == 2 and not live.orders)
        await chart.say("hit 101 1.095 [sl]")
        await until(lambda: [one.id for one in live.positions] == ["102"])
        live.ask(close(live.positions[0]))
        await until(lambda: not live.positions and not live.orders)
        await until(lambda: side.look.money.balance == live.balance)
        assert live.balance < 10_000
        assert (live.notes(), live.broker.trouble()) == ([], None)


async def test_a_terminal_that_is_killed_between_order_and_answer_leaves_one_position(
    side, attach, live
):
    with suppress(ConnectionError):
        async with attach(expect=-signal.SIGKILL, SHIM_CRASH="after") as chart:
            await side.ready(chart)
            live.ask(buy())
            await chart.ends()
    async with attach() as chart:
        await chart.say("symbol EURUSD.£ 5 EUR USD 0", "tick EURUSD.£ 1.10000 1.10010")
        await until(lambda: len(live.positions) == 1 and not live.orders)
        assert live.broker.outstanding() == ()
        assert live.positions[0].order_id.startswith("o-")
        assert live.notes() == []


async def test_an_order_that_nobody_can_tell_of_waits_for_a_person(side, attach, live):
    with suppress(ConnectionError):
        async with attach(expect=-signal.SIGKILL, SHIM_CRASH="before") as chart:
            await side.ready(chart)
            live.ask(buy())
            await chart.ends()
    async with attach() as chart:
        await chart.say("symbol EURUSD.£ 5 EUR USD 0", "tick EURUSD.£ 1.10000 1.10010")
        await until(lambda: [one.state for one in live.orders] == [OrderState.UNCERTAIN])
        assert "Nobody can tell" in (live.broker.trouble() or "")
        assert live.positions == []
