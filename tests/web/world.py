"""A small honest market and account for the server to serve, over the real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TypeVar

import msgspec

from fxpaper.aggregator.source import SourceCondition, SourceState
from fxpaper.domain.account import Account, Valuation
from fxpaper.domain.alert import PriceAlert
from fxpaper.domain.bar import Bar
from fxpaper.domain.command import (
    ClosePosition,
    MoveCash,
    PlaceGroup,
    RemovePriceAlert,
    SetPriceAlert,
)
from fxpaper.domain.event import (
    CashKind,
    CashMoved,
    DealBooked,
    Event,
    ModelPolicySet,
    PositionClosed,
    PositionOpened,
    PriceAlertRemoved,
    PriceAlertSet,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import ModelPolicy, Signal, SignalRecord
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.state import AccountState
from fxpaper.errors import InputError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.limit_packs import read_limits
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import PlaceAmount, Wish
from fxpaper.signals.headroom import Headroom, headroom
from fxpaper.signals.intake.any_dialect import read_any
from fxpaper.signals.intake.native import Arrival, read_signal
from fxpaper.signals.journal import reused
from fxpaper.web.ports import AccountView, HookDefaults, SignalAnswer
from tests.ledger import samples
from tests.ledger.samples import SECOND, START

STREAM = Evidence("yahoo_stream", Transport.STREAM, Spread.MODELLED, Grade.B)
INSTRUMENTS = {
    symbol: Instrument(
        symbol=symbol,
        base=symbol[:3],
        quote=symbol[3:],
        digits=digits,
        pip=10,
        contract_size=Decimal(100000),
    )
    for symbol, digits in (("EURUSD", 5), ("USDJPY", 3), ("GBPUSD", 5))
}


def quote(symbol: str = "EURUSD", bid: int = 108241, at: int = START) -> Quote:
    return Quote(symbol, bid, bid + 12, at, at + SECOND, STREAM)


def bar(minute: int, *, closed: bool, close: int = 108241) -> Bar:
    opened_at = START + minute * 60 * SECOND
    return Bar("EURUSD", "1m", opened_at, 108200, 108250, 108190, close, 31, closed, "simulator")


T = TypeVar("T")


class PausingShell(LedgerShell):
    """The real ledger, whose answers a test can hold back."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._may_answer = asyncio.Event()
        self._may_answer.set()
        self._answered = asyncio.Event()

    def hold(self) -> None:
        """Hold back every answer from now on."""
        self._may_answer.clear()
        self._answered.clear()

    async def has_read(self) -> None:
        """Wait until there is an answer that is held back."""
        await self._answered.wait()

    def go_on(self) -> None:
        """Let every answer go."""
        self._may_answer.set()

    async def read(self, question: Callable[[Ledger], T]) -> T:
        answer = await super().read(question)
        self._answered.set()
        await self._may_answer.wait()
        return answer


async def until(condition: Callable[[], bool]) -> None:
    """Wait for what nobody announces; the test's own timeout ends it."""
    while not condition():  # noqa: ASYNC110 - there is no event to wait for
        await asyncio.sleep(0)


class SmallMarket:
    """Prices that a test sets."""

    def __init__(self) -> None:
        self.quotes = {"EURUSD": quote()}
        self.series: dict[tuple[str, str], list[Bar]] = {
            ("EURUSD", "1m"): [bar(0, closed=True), bar(1, closed=False)]
        }
        self.open = True
        self.states = [
            SourceState(
                name="yahoo_stream",
                state=SourceCondition.LIVE,
                active=True,
                evidence=STREAM,
                symbols=("EURUSD",),
                last_quote_at=START + SECOND,
                used_minute=3,
                limit_minute=8,
            )
        ]

    def quote(self, symbol: str) -> Quote | None:
        return self.quotes.get(symbol)

    def bars(self, symbol: str, interval: str, limit: int) -> list[Bar]:
        return self.series.get((symbol, interval), [])[-limit:]

    async def past_bars(self, symbol: str, interval: str, begins: int, ends: int) -> list[Bar]:
        if symbol == "GBPUSD":  # nobody has it
            raise InputError("No configured source has a past of GBPUSD.")
        known = self.series.get((symbol, interval), [])
        return [one for one in known if one.closed and begins <= one.opened_at < ends]

    def symbols(self) -> tuple[str, ...]:
        return ("EURUSD", "USDJPY")

    def instruments(self) -> dict[str, Instrument]:
        return INSTRUMENTS

    def sources(self) -> list[SourceState]:
        return self.states

    def is_open(self) -> bool:
        return self.open

    def now(self) -> int:
        return START + 2 * SECOND


class SmallAccount:
    """Fills at once and at the sample price whatever a model that may execute sends."""

    def __init__(self, ledger: LedgerShell, market: SmallMarket) -> None:
        self.ledger = ledger
        self.publish: Callable[[Sequence[Recorded]], None] = lambda _: None
        self.fault: Exception | None = None
        self._market = market
        self._turn = asyncio.Lock()
        self._account: Account = samples.account()
        self._positions: dict[str, Position] = {}
        self._policies: dict[str, ModelPolicy] = {}
        self._waiting: set[str] = set()
        self.alerts: dict[str, PriceAlert] = {}

    async def record(self, *events: Event) -> None:
        """Commit events, then tell about them."""
        async with self._turn:
            first = self._account.seq + 1
            recorded = samples.recorded(list(events), first)
            await self.ledger.commit(recorded)
            for event in events:
                self._apply(event)
            self._account = msgspec.structs.replace(self._account, seq=recorded[-1].seq)
            self.publish(recorded)

    async def submit_any(
        self, body: bytes, door: str, place: str, defaults: HookDefaults
    ) -> SignalAnswer:
        given = {"model": defaults.model}
        if defaults.confidence is not None:
            given["confidence"] = defaults.confidence
        return await self.submit(body, door, place, given)

    async def submit(
        self, body: bytes, door: str, place: str = "", given: dict[str, str] | None = None
    ) -> SignalAnswer:
        if self.fault is not None:
            raise self.fault
        arrival = Arrival(
            account="paper",
            instruments=INSTRUMENTS,
            door=door,
            received_at=START + SECOND,
            lifetime_ns=300 * SECOND,
            place=place,
        )
        signal = read_signal(body, arrival) if given is None else read_any(body, arrival, given)
        if not isinstance(signal, Signal):
            await self.record(SignalUnreadable(signal))
            return SignalAnswer(SignalRecord(signal=signal, decision=None))
        earlier = await self._row(signal.id)
        if earlier is not None and isinstance(earlier.signal, Signal):
            other = reused(signal, earlier.signal)
            return SignalAnswer(
                earlier, duplicate=other is None, reused=None if other is None else other.refusal
            )
        await self.record(SignalReceived(signal))
        if self._market.quote(signal.symbol) is not None:
            await self.decide(signal)
        else:
            self._waiting.add(signal.id)
        row = await self._row(signal.id)
        assert row is not None
        return SignalAnswer(row)

    async def decide(self, signal: Signal) -> None:
        """Execute a signal, or refuse it when its model may not."""
        policy = self._policies.get(signal.model)
        if policy is None or not policy.auto_execute:
            await self.record(SignalDecided(signal.id, samples.refusal()))
            return
        first = self._account.seq + 1
        fill = samples.entry(first, signal.id, self._account.balance - Decimal("1.40"))
        decision = samples.execution(f"o-{first}", (f"p-{first + 3}",))
        await self.record(*fill, SignalDecided(signal.id, decision))

    async def decide_waiting(
        self, signal_id: str, *, execute: bool
    ) -> SignalRecord | Refused | None:
        row = await self._row(signal_id)
        if signal_id in self._waiting and row is not None and isinstance(row.signal, Signal):
            self._waiting.discard(signal_id)
            if execute:
                await self.decide(row.signal)
            else:
                await self.record(SignalDecided(signal_id, samples.refusal()))
        return await self._row(signal_id)

    async def carry_out(self, wish: Wish, symbol: str | None) -> tuple[Recorded, ...] | Refused:
        """Fill every order, close every position that is open, move any cash; refuse the rest."""
        del symbol
        if isinstance(wish, SetPriceAlert | RemovePriceAlert):
            return await self._alert(wish)
        seq = self._account.seq
        match wish:
            case ClosePosition():
                refused = await self._close(wish.position_id)
                if refused is not None:
                    return refused
            case PlaceAmount() | PlaceGroup():
                balance = self._account.balance - Decimal("1.40")
                await self.record(*samples.entry(seq + 1, None, balance))
            case MoveCash(amount=amount, comment=comment):
                balance = self._account.balance + amount
                await self.record(CashMoved(CashKind.DEPOSIT, amount, balance, comment))
            case _:
                return Refused(RefusalCode.UNKNOWN_POSITION, "Nothing of that kind is open.", "1")
        return tuple(await self.ledger.read(lambda one: one.events_since("paper", seq, 100)))

    async def _alert(
        self, wish: SetPriceAlert | RemovePriceAlert
    ) -> tuple[Recorded, ...] | Refused:
        """Set any alert, remove one that is known."""
        seq = self._account.seq
        if isinstance(wish, RemovePriceAlert):
            if wish.alert_id not in self.alerts:
                return Refused(RefusalCode.UNKNOWN_ALERT, "There is no such alert.", wish.alert_id)
            event: Event = PriceAlertRemoved(self.alerts.pop(wish.alert_id))
        else:
            alert = PriceAlert(
                id=f"a-{seq + 1}",
                account="paper",
                symbol=wish.symbol,
                digits=5,
                side=wish.side,
                price=wish.price,
                set_at=START,
                note=wish.note,
            )
            self.alerts[alert.id], event = alert, PriceAlertSet(alert)
        await self.record(event)
        return tuple(await self.ledger.read(lambda one: one.events_since("paper", seq, 100)))

    async def _close(self, position_id: str) -> Refused | None:
        position = self._positions.get(position_id)
        if position is None:
            return Refused(
                RefusalCode.UNKNOWN_POSITION, f'No position "{position_id}" is open.', position_id
            )
        if self._market.quote(position.symbol) is None:
            return Refused(RefusalCode.STALE_QUOTE, "The latest quote is 61 s old.", "61", "5")
        balance = self._account.balance + Decimal("198.60")
        first = self._account.seq + 1
        await self.record(*samples.exit_(first, position, Decimal("200.00"), balance))
        return None

    async def set_policy(self, policy: ModelPolicy) -> ModelPolicy:
        await self.record(ModelPolicySet(policy))
        return policy

    def waits_for(self, signal_id: str) -> Refused | None:
        if signal_id not in self._waiting:
            return None
        return Refused(RefusalCode.NO_QUOTE, "There is no quote yet.", "none", "a quote")

    def view(self) -> AccountView:
        latest = self._market.quote("EURUSD")
        profits = {
            one.id: None if latest is None else (latest.bid - one.open_price) * one.lots
            for one in self._positions.values()
        }
        floating = sum((one for one in profits.values() if one is not None), Decimal("0.00"))
        margin = sum((one.margin for one in self._positions.values()), Decimal("0.00"))
        equity = self._account.balance + floating
        valuation = Valuation(
            balance=self._account.balance,
            floating_profit=floating,
            equity=equity,
            margin=margin,
            free_margin=equity - margin,
            margin_level=(equity / margin * 100).quantize(Decimal("0.01")) if margin else None,
            profits=profits,
            complete=None not in profits.values(),
        )
        return AccountView(
            self._account,
            valuation,
            tuple(self._positions.values()),
            dict.fromkeys(self._positions, None if latest is None else latest.bid),
        )

    def headroom(self, stops: tuple[Iterable[str], Decimal]) -> Headroom:
        board = PriceBoard(read_profile("standard"))
        for symbol, latest in self._market.quotes.items():
            board.quotes[symbol] = latest
        state = AccountState(self._account, board)
        return headroom(state, board, read_limits("standard"), self._market.now(), stops)

    def policies(self) -> list[ModelPolicy]:
        return list(self._policies.values())

    def _apply(self, event: Event) -> None:
        match event:
            case PositionOpened(position):
                self._positions[position.id] = position
            case PositionClosed(position):
                del self._positions[position.id]
            case CashMoved():
                self._account = msgspec.structs.replace(self._account, balance=event.balance)
            case DealBooked(deal):
                self._account = msgspec.structs.replace(self._account, balance=deal.balance)
            case ModelPolicySet(policy):
                self._policies[policy.model] = policy
            case _:
                pass

    async def _row(self, id_: str) -> SignalRecord | None:
        def ask(ledger: Ledger) -> SignalRecord | None:
            return ledger.signals_named("paper", [id_]).get(id_)

        return await self.ledger.read(ask)
