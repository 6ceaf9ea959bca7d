"""While an account is halted nothing that opens reaches its broker, whatever is asked and by whom.

Every adapter is wrapped in a recorder: the paper broker; and of a live account the terminal's
broker and the shadow's paper broker, each behind the other.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fxpaper.domain.account import Accounting, TradingState, shadow_of
from fxpaper.domain.approval import Approved
from fxpaper.domain.command import (
    CancelOrder,
    CloseAll,
    CloseBy,
    ClosePosition,
    Command,
    Contingency,
    ModifyOrder,
    ModifyPosition,
    MoveCash,
    Opening,
    PlaceGroup,
    PlaceOrder,
    Reducing,
    ResetAccount,
    ReversePosition,
    SetTrading,
)
from fxpaper.domain.event import (
    OrderPlaced,
    PositionChanged,
    PositionOpened,
    Recorded,
    SignalDecided,
)
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.domain.order import DealReason, OrderKind, Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import ModelPolicy, PipsLevel, Signal, SignalSide
from fxpaper.domain.terminal import TerminalCommand, TerminalCursor, TerminalSaid
from fxpaper.engine.amounts import AmountKind
from fxpaper.engine.costs import CostModel
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.engine.state import State
from fxpaper.execution.broker import Answer, Broker, TerminalBroker
from fxpaper.execution.paper import PaperBroker
from fxpaper.execution.shadowed import ShadowedBroker
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk, PlaceAmount
from fxpaper.signals.risk import as_shadow
from fxpaper.signals.rules import RuleBook, SignalRules
from tests.bridge.terminal_world import World
from tests.signals.builders import open_account

PROFILE = read_profile("standard")
NOW = 1_790_000_000_000_000_000
STREAM = Evidence("metatrader", Transport.STREAM, Spread.REAL, Grade.A)
BID = 108_241


class Recorder:
    """A broker's adapter, and what came through to it while the account was halted.

    Args:
        broker: carries out.
        state: of the accounts.
        account: whose halt counts; of a shadow, its live account's.
    """

    def __init__(self, broker: Broker, state: State, account: str) -> None:
        self._broker = broker
        self._state = state
        self._account = account
        self.through: list[Command] = []
        self.wrong: list[Command] = []

    def submit(self, approved: Approved[Opening], now: Instant) -> Answer:
        """Note whatever may open something."""
        self._note(approved.command, opens=True)
        return self._broker.submit(approved, now)

    def carry_out(self, command: Reducing, now: Instant) -> Answer:
        """Note what changes an order that may open something."""
        self._note(command, opens=isinstance(command, ModifyOrder))
        return self._broker.carry_out(command, now)

    def _note(self, command: Command, *, opens: bool) -> None:
        self.through.append(command)
        trading = self._state.accounts[self._account].account.trading
        if opens and trading is TradingState.HALTED:
            self.wrong.append(command)


class TerminalRecorder(Recorder):
    """The same for what a terminal is behind, or pretends to be."""

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Hand on what the terminal said."""
        live = self._broker
        return live.hear(said, now) if isinstance(live, ShadowedBroker) else []

    @property
    def cursor(self) -> TerminalCursor | None:
        """Nothing was taken over."""
        return None

    def outstanding(self) -> tuple[TerminalCommand, ...]:
        """Nothing is sent."""
        return ()

    def trouble(self) -> str | None:
        """Nothing is wrong."""
        return None


class House:
    """A desk, its account and the recorders of every adapter behind it."""

    def __init__(self, account: str, desk: Desk, recorders: list[Recorder]) -> None:
        self.account = account
        self.desk = desk
        self.recorders = recorders
        self.now = NOW
        self.sent = 0
        self.bid = BID
        desk.set_policy(ModelPolicy(account=account, model="m", auto_execute=True), NOW)

    @property
    def state(self):
        return self.desk.engine.state.accounts[self.account]

    @property
    def halted(self) -> bool:
        return self.state.account.trading is TradingState.HALTED

    def signal(self, side: SignalSide, confidence: str = "0.8") -> list[Recorded]:
        self.sent += 1
        closes = side is SignalSide.CLOSE
        signal = Signal(
            id=f"s{self.sent}",
            account=self.account,
            model="m",
            symbol="EURUSD",
            side=side,
            confidence=Decimal(confidence),
            stop_loss=None if closes else PipsLevel(Decimal(30)),
            take_profit=None,
            at=self.now,
            expires_at=self.now + 60 * NS_PER_SECOND,
            received_at=self.now,
            door="http",
            digest="",
        )
        return self.desk.receive(signal, self.now)

    def quote(self, move: int, spread: int = 10) -> list[Recorded]:
        self.bid += move
        quote = Quote("EURUSD", self.bid, self.bid + spread, self.now, self.now, STREAM)
        return self.desk.on_quote(quote)

    def time(self, milliseconds: int) -> list[Recorded]:
        events, ends = list[Recorded](), self.now + milliseconds * NS_PER_MS
        while (timer := self.desk.next_timer()) <= ends:
            events += self.desk.on_time(max(timer, self.now))
        self.now = ends
        return events

    def ask(self, wish: Command | PlaceAmount) -> list[Recorded] | Refused:
        return self.desk.carry_out(wish, self.now)

    def order(self, side: Side, kind: OrderKind, **given: object) -> PlaceOrder:
        away = -50 if (side is Side.BUY) is (kind is OrderKind.LIMIT) else 60
        price = None if kind is OrderKind.MARKET else self.bid + away
        return PlaceOrder(
            account=self.account,
            symbol="EURUSD",
            side=side,
            lots=Decimal("0.10"),
            kind=kind,
            price=price,
            **given,  # type: ignore[arg-type]
        )

    def wishes(self, side: Side) -> list[Command | PlaceAmount]:
        """Return one of every kind of command, about what there is."""
        state, name = self.state, self.account
        position = next(iter(state.positions), "p-none")
        other = list(state.positions)[-1] if state.positions else "p-none"
        order = next(iter(state.orders), "o-none")
        pair = (self.order(side, OrderKind.LIMIT), self.order(side, OrderKind.STOP))
        after = (self.order(side, OrderKind.LIMIT), self.order(side.opposite, OrderKind.LIMIT))
        return [
            self.order(side, OrderKind.MARKET),
            self.order(side, OrderKind.LIMIT),
            self.order(side, OrderKind.STOP),
            self.order(side, OrderKind.MARKET, closes=position),
            PlaceAmount(self.order(side, OrderKind.MARKET), AmountKind.LOTS, Decimal("0.2")),
            PlaceGroup(contingency=Contingency.OCO, orders=pair),
            PlaceGroup(contingency=Contingency.OTO, orders=after),
            ReversePosition(account=name, position_id=position),
            ModifyOrder(account=name, order_id=order, lots=Decimal("0.3")),
            CancelOrder(account=name, order_id=order),
            ModifyPosition(account=name, position_id=position, stop_loss=self.bid - 500),
            ClosePosition(account=name, position_id=position, reason=DealReason.MANUAL),
            ClosePosition(
                account=name,
                position_id=position,
                reason=DealReason.MANUAL,
                lots=Decimal("0.05"),
            ),
            CloseBy(account=name, position_id=position, other_id=other),
            CloseAll(account=name),
            MoveCash(account=name, amount=Decimal(10)),
            ResetAccount(account=name),
            SetTrading(account=name, state=TradingState.HALTED),
            SetTrading(account=name, state=TradingState.ACTIVE),
        ]


def paper(accounting: Accounting, latency_ms: int) -> House:
    """Return a paper account whose broker is recorded."""
    costs = CostModel(latency_ns=latency_ms * NS_PER_MS)
    engine = Engine(PROFILE, FillLimits(around_the_clock=True), costs)
    open_account(engine, accounting=accounting)
    recorder = TerminalRecorder(PaperBroker(engine), engine.state, "a")
    house = House("a", Desk(engine, RuleBook(SignalRules()), recorder), [recorder])
    house.quote(0)
    return house


def live() -> House:
    """Return a live account at a terminal that is there, with every adapter recorded."""
    world = World()
    engine, names = world.engine, ("real", shadow_of("real"))
    at_terminal = Terminal(world.live, engine.state, "real")
    on_paper = Recorder(PaperBroker(engine), engine.state, "real")
    both = ShadowedBroker(at_terminal, on_paper, engine.state, names, as_shadow)
    outer = TerminalRecorder(both, engine.state, "real")
    world.connect()
    return House(
        "real", Desk(engine, RuleBook(SignalRules()), outer), [outer, at_terminal, on_paper]
    )


class Terminal(Recorder):
    """The broker of a real terminal, recorded."""

    def __init__(self, broker: TerminalBroker, state: State, account: str) -> None:
        super().__init__(broker, state, account)
        self._live = broker

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Hand on what the terminal said."""
        return self._live.hear(said, now)

    @property
    def cursor(self) -> TerminalCursor | None:
        """How far its deals have been taken over."""
        return self._live.cursor

    def outstanding(self) -> tuple[TerminalCommand, ...]:
        """Return the commands without an answer."""
        return self._live.outstanding()

    def trouble(self) -> str | None:
        """Say why it cannot trade."""
        return self._live.trouble()


KINDS = 19
steps = st.one_of(
    st.tuples(st.just("ask"), st.integers(0, KINDS - 1), st.sampled_from(list(Side))),
    st.tuples(st.just("signal"), st.sampled_from(list(SignalSide))),
    st.tuples(
        st.just("quote"), st.sampled_from([-120, -40, 0, 40, 120]), st.sampled_from([10, 400])
    ),
    st.tuples(st.just("time"), st.sampled_from([1, 300, 2000, 70_000])),
    st.tuples(st.just("halt")),
)


def live_through(house: House, history) -> None:
    """Let everything happen; fail at the first thing that opens while the account is halted."""
    for step in history:
        halted = house.halted
        volume = {one.id: one.lots for one in house.state.positions.values()}
        match step:
            case ("ask", number, side):
                wish = house.wishes(side)[number]
                answer = house.ask(wish)
                halted = halted and not isinstance(wish, ResetAccount)
            case ("signal", side):
                answer = house.signal(side)
            case ("quote", move, spread):
                answer = house.quote(move, spread)
            case ("time", milliseconds):
                answer = house.time(milliseconds)
            case _:
                answer = house.ask(SetTrading(account=house.account, state=TradingState.HALTED))
                halted = True
        assert [one.wrong for one in house.recorders] == [[] for _ in house.recorders]
        if halted and house.halted and not isinstance(answer, Refused):
            assert opened(answer, volume) == []


def opened(events: list[Recorded], volume: dict[str, Decimal]) -> list[Recorded]:
    """Return the events that opened a position, made one grow, or placed what might."""
    return [
        one
        for one in events
        if isinstance(one.event, PositionOpened)
        or (isinstance(one.event, OrderPlaced) and one.event.order.closes is None)
        or (
            isinstance(one.event, PositionChanged)
            and one.event.position.lots > volume.get(one.event.position.id, Decimal(10**9))
        )
    ]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(steps, min_size=4, max_size=40),
    st.sampled_from(list(Accounting)),
    st.sampled_from([0, 500]),
)
def test_on_paper_nothing_opens_while_halted(history, accounting, latency_ms):
    live_through(paper(accounting, latency_ms), history)


@settings(max_examples=100, deadline=None)
@given(st.lists(steps, min_size=4, max_size=30))
@example(
    [
        ("signal", SignalSide.BUY),
        ("ask", 2, Side.BUY),
        ("halt",),
        ("quote", -120, 400),
    ]
)
def test_live_nothing_that_opens_reaches_the_terminal_or_the_shadow(history):
    live_through(live(), history)


@pytest.mark.parametrize(
    "make", [lambda: paper(Accounting.HEDGING, 0), live], ids=["paper", "live"]
)
def test_the_recorders_see_every_kind_of_command(make):
    """While it trades each kind comes through; else the rest would prove nothing."""
    house = make()
    assert len(house.wishes(Side.BUY)) == KINDS
    kinds = set()
    for number in range(KINDS):
        house.signal(SignalSide.BUY)
        house.signal(SignalSide.SELL)
        house.ask(house.order(Side.BUY, OrderKind.LIMIT))
        house.ask(SetTrading(account=house.account, state=TradingState.ACTIVE))
        house.ask(house.wishes(Side.BUY)[number])
    kinds = {type(one) for one in house.recorders[0].through}
    assert kinds == {type(one) for one in house.wishes(Side.BUY)} - {PlaceAmount, SetTrading}
    for recorder in house.recorders:
        assert any(isinstance(one, PlaceOrder) for one in recorder.through)


@pytest.mark.parametrize("side", [SignalSide.BUY, SignalSide.SELL])
def test_a_signal_while_halted_is_refused_and_not_kept_for_later(side):
    house = paper(Accounting.HEDGING, 0)
    house.ask(SetTrading(account="a", state=TradingState.HALTED))
    decided = house.signal(side)[-1].event
    assert isinstance(decided, SignalDecided)
    assert decided.decision.refusal is not None
    assert decided.decision.refusal.code is RefusalCode.TRADING_HALTED
    house.ask(SetTrading(account="a", state=TradingState.ACTIVE))
    assert opened(house.quote(1), {}) == []
