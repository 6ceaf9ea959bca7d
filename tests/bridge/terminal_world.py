"""A broker behind a terminal that does what a test says, and an account there."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.bridge.live_broker import LiveBroker
from fxpaper.bridge.marks import mark_of
from fxpaper.domain.account import Account, Accounting, Mode, shadow_of
from fxpaper.domain.command import (
    PlaceOrder,
)
from fxpaper.domain.event import (
    AccountOpened,
    Recorded,
    TerminalCommanded,
    kind_of,
)
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.order import OrderKind, Side
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.terminal import (
    AnswerState,
    DealEntry,
    TerminalAnswer,
    TerminalCash,
    TerminalCommand,
    TerminalDeal,
    TerminalLook,
    TerminalMoney,
    TerminalOrder,
    TerminalPosition,
    TerminalRules,
    TerminalUp,
)
from fxpaper.engine.engine import Engine
from fxpaper.engine.gate import FillLimits
from fxpaper.execution.gated import GatedBroker
from fxpaper.execution.paper import PaperBroker
from fxpaper.execution.shadowed import ShadowedBroker
from fxpaper.profiles import read_profile
from fxpaper.signals.risk import as_shadow, by_hand

PROFILE = read_profile("standard")

NOW = 1_790_000_000_000_000_000

STREAM = Evidence("metatrader", Transport.STREAM, Spread.REAL, Grade.A)

RULES = TerminalRules(
    digits=5,
    contract_size=Decimal(100000),
    lot_step=Decimal("0.01"),
    min_lots=Decimal("0.01"),
    max_lots=Decimal(100),
)

UP = TerminalUp(name="123@Demo", rules={"EURUSD": RULES})


class World:
    """An account at a broker that does what a test says."""

    def __init__(self, accounting: Accounting = Accounting.HEDGING) -> None:
        self.engine = Engine(PROFILE, FillLimits(around_the_clock=True))
        account = Account(
            id="real",
            mode=Mode.LIVE,
            currency="USD",
            leverage=100,
            balance=Decimal("10000.00"),
            initial_balance=Decimal("10000.00"),
            opened_at=NOW,
            terminal="123@Demo",
            accounting=accounting,
        )
        shadow = replace(account, id=shadow_of("real"), mode=Mode.PAPER, terminal="")
        for one in (account, shadow):
            self.engine.state.record(one.id, NOW, AccountOpened(one))
        self.live = LiveBroker(self.engine, "real", "ledger.{}".format)
        names = ("real", shadow_of("real"))
        paper = PaperBroker(self.engine)
        state = self.engine.state
        self.shadowed = ShadowedBroker(self.live, paper, state, names, as_shadow)
        self.broker = GatedBroker(self.shadowed, state)
        self.balance = Decimal("10000.00")
        self.positions: dict[str, TerminalPosition] = {}
        self.deals: list[TerminalDeal] = []
        self.cash: list[TerminalCash] = []
        self.ticket = 100
        self.now = NOW
        self.step = 4 * NS_PER_SECOND
        self.quote(108_241)

    def quote(self, bid: int, spread: int = 10) -> None:
        self.engine.on_quote(Quote("EURUSD", bid, bid + spread, NOW, NOW, STREAM))

    def connect(self) -> None:
        self.live.hear(UP, NOW)
        self.look()

    def look(self, **given: object) -> list[Recorded]:
        tickets = [one.ticket for one in self.deals] + [one.ticket for one in self.cash]
        self.now += self.step
        seen = TerminalLook(
            positions=tuple(self.positions.values()),
            orders=(),
            deals=tuple(self.deals),
            cash=tuple(self.cash),
            seen=tuple((ticket, ticket) for ticket in tickets),
            looked_at=50,
            money=TerminalMoney(balance=self.balance, equity=self.balance, margin=Decimal(0)),
            may_trade=True,
        )
        return self.shadowed.hear(replace(seen, **given), self.now)

    def place(self, lots: str = "0.10", side: Side = Side.BUY, **given: object):
        command = PlaceOrder(
            account="real",
            symbol="EURUSD",
            side=side,
            lots=Decimal(lots),
            **given,  # type: ignore[arg-type]
        )
        return self.broker.submit(by_hand(command), NOW)

    def answer(self, command: TerminalCommand, state: AnswerState, ticket: str = "") -> None:
        answered = TerminalAnswer(command_id=command.id, state=state, ticket=ticket)
        self.shadowed.hear(answered, NOW)

    def fill(
        self,
        command: TerminalCommand | None,
        position: str,
        entry: DealEntry,
        lots: str,
        side: Side = Side.BUY,
        profit: str = "0",
        price: int = 108_251,
    ) -> TerminalDeal:
        """Let the broker book a deal; its positions follow."""
        self.ticket += 1
        deal = TerminalDeal(
            ticket=self.ticket,
            order=str(self.ticket),
            position_id=position,
            symbol="EURUSD",
            side=side,
            entry=entry,
            lots=Decimal(lots),
            price=price,
            at=NOW,
            commission=Decimal("-0.35"),
            swap=Decimal(0),
            profit=Decimal(profit),
            magic=0 if command is None else mark_of(command.id),
            reason=None,
        )
        self.deals.append(deal)
        self.balance += deal.profit + deal.commission
        held = self.positions.get(position)
        if entry is DealEntry.IN:
            before = Decimal(0) if held is None else held.lots
            self.positions[position] = TerminalPosition(
                id=position,
                symbol="EURUSD",
                side=side,
                lots=before + deal.lots,
                open_price=price,
                opened_at=NOW,
                stop_loss=None,
                take_profit=None,
                swap=Decimal(0),
                magic=deal.magic,
            )
        elif held is not None:
            left = held.lots - deal.lots
            self.positions.pop(position)
            if left:
                self.positions[position] = replace(held, lots=left)
        return deal

    @property
    def account(self):
        return self.engine.state.accounts["real"]


def commands(events: list[Recorded] | Refused) -> list[TerminalCommand]:
    assert not isinstance(events, Refused)
    return [one.event.command for one in events if isinstance(one.event, TerminalCommanded)]


def bought(world: World, lots: str = "0.10") -> TerminalCommand:
    answer = world.place(lots)
    assert not isinstance(answer, Refused)
    (command,) = commands(answer)
    return command


def looked(world: World, times: int = 3) -> list[str]:
    return [kind_of(one.event) for _ in range(times) for one in world.look()]


def waiting(ticket: str, lots: str = "0.10", magic: int = 0) -> TerminalOrder:
    return TerminalOrder(
        ticket=ticket,
        symbol="EURUSD",
        side=Side.BUY,
        kind=OrderKind.LIMIT,
        lots=Decimal(lots),
        price=107_000,
        limit=None,
        stop_loss=None,
        take_profit=None,
        placed_at=NOW,
        expires_at=None,
        magic=magic,
    )


def refused(answer: object) -> RefusalCode:
    assert isinstance(answer, Refused), answer
    return answer.code
