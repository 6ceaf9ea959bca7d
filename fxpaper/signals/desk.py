"""The desk: where signals meet quotes. Pure, so live trading and replay are the same code.

Theory of operation. A readable signal is recorded first and decided next. Deciding needs a quote
fit to trade on; while there is none the signal waits, and every quote of its symbol is another
chance, until it expires. Whatever happens ends in a recorded decision with every number that was
looked at. What a signal causes is recorded before its decision, so the decision names it. A signal
of an ensemble's member goes to the council, which may answer with a signal of the ensemble; that
one is received and judged like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from fxpaper.domain.account import TradingState
from fxpaper.domain.command import (
    Command,
    PlaceGroup,
    PlaceOrder,
    RemovePriceAlert,
    ReversePosition,
    SetPriceAlert,
    SetTrading,
)
from fxpaper.domain.event import (
    LimitReached,
    ModelPolicySet,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalReleased,
    SignalUnreadable,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.limits import OnBreach
from fxpaper.domain.outcome import Outcome
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import ModelPolicy, Signal, SignalStatus, UnreadableSignal
from fxpaper.domain.sizing import SizingMode
from fxpaper.domain.terminal import TerminalSaid
from fxpaper.engine.amounts import AmountKind, lots_of
from fxpaper.engine.engine import Engine
from fxpaper.engine.matching import market_price
from fxpaper.engine.timers import NEVER
from fxpaper.execution.broker import TerminalBroker
from fxpaper.execution.gated import GatedBroker
from fxpaper.execution.paper import PaperBroker
from fxpaper.signals.council import Council, Turn
from fxpaper.signals.decisions import dismissed
from fxpaper.signals.judgement import Judgement
from fxpaper.signals.news import Calendar
from fxpaper.signals.risk import by_hand
from fxpaper.signals.rules import RuleBook
from fxpaper.signals.sizing.sizer import Past
from fxpaper.signals.track import Track
from fxpaper.signals.waiting import Waiting

STATES = {OnBreach.REDUCE: TradingState.REDUCING, OnBreach.FLATTEN: TradingState.FLATTEN}
"""What an account may still do once a floor was reached; signals are refused in any case."""


_STRICTER = tuple(TradingState)
"""Each lets less happen than the one before it."""


class PlaceAmount(msgspec.Struct, frozen=True):
    """An order whose volume is an amount, worked out when it is placed.

    Args:
        order: all but its lots.
        kind: what the amount is in.
        amount: positive.
    """

    order: PlaceOrder
    kind: AmountKind
    amount: Decimal


class DecideSignal(msgspec.Struct, frozen=True):
    """What a person wants of a signal that waits for one.

    Args:
        account: whose.
        signal_id: which.
        execute: whether it is to be executed; otherwise it is dismissed.
    """

    account: str
    signal_id: str
    execute: bool


Wish = Command | PlaceAmount | DecideSignal
"""What a person may want."""


class Desk:
    """Takes signals, quotes and the time; returns what they caused.

    Args:
        engine: holds the accounts and the latest quotes.
        rules: by which signals become orders.
        terminal: carries a live account's orders out; None where there are paper accounts only.
        past: what is known of models and prices; nothing yet unless it is given.
    """

    def __init__(
        self,
        engine: Engine,
        rules: RuleBook,
        terminal: TerminalBroker | None = None,
        past: Past | None = None,
    ) -> None:
        self.engine = engine
        self.rules = rules
        self.terminal = terminal
        self._broker = GatedBroker(
            terminal or PaperBroker(engine), engine.state, rules.common.option
        )
        self.past = Past() if past is None else past
        self.measures_days = rules.may_use(SizingMode.VOLATILITY)
        """Whether every quote matters, because somebody asks how far prices move in a day."""
        self._track = Track(self.past.calibrations)
        self._judgement = Judgement(engine, self._broker, rules, self._track, self.past)
        self._council = Council(rules, engine.board)
        self._policies: dict[tuple[str, str], ModelPolicy] = {}
        self._waiting = Waiting()

    def restore(self, waiting: Iterable[Signal], policies: Iterable[ModelPolicy]) -> None:
        """Take over undecided signals and policies as the ledger knows them."""
        self._policies = {(policy.account, policy.model): policy for policy in policies}
        undecided = tuple(waiting)
        self._council.restore(undecided)
        for signal in undecided:
            if not self._council.concerns(signal):
                self._await(signal)

    def remember(
        self, account: str, outcomes: Iterable[Outcome], stated: Mapping[str, Decimal]
    ) -> None:
        """Take over what an account's positions came to; see :meth:`Track.restore`."""
        self._track.restore(account, outcomes, stated)

    def use_calendar(self, calendar: Calendar | None) -> None:
        """Mind these news from now on; signals that sleep are tried on the next quote."""
        self._judgement.calendar = calendar
        self._waiting.wake_all()

    @property
    def waiting(self) -> tuple[Signal, ...]:
        """Signals without a decision; ensembles' opinions come last."""
        return (*self._waiting, *self._council.opinions)

    def waits_for(self, account: str, signal_id: str, now: Instant) -> Refused | None:
        """Return what an undecided signal waits for; None when it is decided."""
        signal = self._waiting.find(account, signal_id)
        if signal is None:
            return self._council.waits_for(account, signal_id)
        return self._judgement.in_the_way(signal, self.policy(account, signal.model), now)

    def policy(self, account: str, model: str) -> ModelPolicy:
        """Return what a model may do; an unknown one is not executed unless the rules say so."""
        known = self._policies.get((account, model))
        return known or ModelPolicy(
            account=account, model=model, auto_execute=self.rules.common.auto_execute_unknown
        )

    def policies(self, account: str) -> list[ModelPolicy]:
        """Return every policy somebody has set on an account."""
        return [policy for policy in self._policies.values() if policy.account == account]

    def set_policy(self, policy: ModelPolicy, now: Instant) -> list[Recorded]:
        """Change what a model may do from now on; what waits of it is judged anew."""
        self._policies[policy.account, policy.model] = policy
        events = [self.engine.state.record(policy.account, now, ModelPolicySet(policy))]
        for signal in self._waiting.of_model(policy.account, policy.model):
            events += self._try(signal, now)
        return events

    def receive(self, signal: Signal, now: Instant) -> list[Recorded]:
        """Take a signal whose id is new; decide it when a fit quote is at hand."""
        if self._council.concerns(signal):
            return self._hear_opinion(signal, now)
        events = [self.engine.state.record(signal.account, now, SignalReceived(signal))]
        self._await(signal)
        return events + self._try(signal, now)

    def unreadable(self, signal: UnreadableSignal, now: Instant) -> list[Recorded]:
        """Keep a record of something that could not be read as a signal."""
        return [self.engine.state.record(signal.account, now, SignalUnreadable(signal))]

    def on_quote(self, quote: Quote) -> list[Recorded]:
        """Take the next quote: triggers first, then the signals that wait for it."""
        if self.measures_days:
            self.past.volatility.on_quote(quote)
        events = self.engine.on_quote(quote)
        if events:
            events = self._noted(events, quote.received_at)
        if self._broker.flattening:
            events += self._noted(
                self._broker.flatten(quote.received_at, quote.symbol), quote.received_at
            )
        at = quote.received_at
        for signal in (*self._waiting.woken(at), *self._waiting.for_quote(quote.symbol)):
            events += self._try_if_waiting(signal, at)
        return events

    def on_time(self, now: Instant) -> list[Recorded]:
        """Let what is due by ``now`` act, and refuse the signals that have waited too long."""
        events = self._noted(self.engine.advance(now), now)
        if self._broker.flattening:
            events += self._noted(self._broker.flatten(now), now)
        return events + self._overdue(now)

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Take what a live account's terminal said."""
        if self.terminal is None:
            return []
        events = self.terminal.hear(said, now)
        for account in dict.fromkeys(one.account for one in events):
            events += self.engine.review(account, now)
        return self._noted(events, now)

    def next_timer(self) -> Instant:
        """Return when :meth:`on_time` has something to do next; far away when never."""
        return min(self.engine.next_timer(), self._next_due())

    def awaits(self, symbol: str) -> bool:
        """Tell whether a signal, or an account being closed, waits for a symbol's next quote."""
        if self._waiting.for_quote(symbol):
            return True
        accounts = self.engine.state.accounts
        return any(symbol in accounts[name].holdings for name in self._broker.flattening)

    def give_up(self) -> list[Recorded]:
        """Refuse every signal that waits, at its expiry, as in a market gone silent."""
        events: list[Recorded] = []
        while (due := self._next_due()) < NEVER:
            events += self._overdue(due)
        return events

    def carry_out(self, wish: Wish, now: Instant) -> list[Recorded] | Refused:
        """Carry out what a person wants, or say why not; a refusal changes nothing."""
        if isinstance(wish, DecideSignal):
            return self._decide(wish, now)
        command = self._sized(wish, now) if isinstance(wish, PlaceAmount) else wish
        if isinstance(command, Refused):
            return command
        if isinstance(command, PlaceOrder | PlaceGroup | ReversePosition):
            answer = self._broker.submit(by_hand(command), now)
        elif isinstance(command, SetPriceAlert):
            answer = self.engine.set_alert(command, now)
        elif isinstance(command, RemovePriceAlert):
            answer = self.engine.remove_alert(command, now)
        else:
            answer = self._broker.carry_out(command, now)
        return answer if isinstance(answer, Refused) else self._noted(answer, now)

    def _decide(self, wish: DecideSignal, now: Instant) -> list[Recorded] | Refused:
        """Execute a waiting signal as a person wants, by every other rule, or dismiss it."""
        signal = self._waiting.find(wish.account, wish.signal_id)
        if signal is None:
            return self._decide_opinion(wish, now)
        record = self.engine.state.record
        if not wish.execute:
            self._waiting.remove(signal)
            decided = SignalDecided(signal.id, dismissed(self.engine, signal, now))
            return [record(signal.account, now, decided)]
        if signal.released:
            return self._try(signal, now)
        released = replace(signal, released=True)
        events = [record(signal.account, now, SignalReleased(released))]
        self._await(released)
        return events + self._try(released, now)

    def _decide_opinion(self, wish: DecideSignal, now: Instant) -> list[Recorded] | Refused:
        """Dismiss an opinion; none is executed alone."""
        held = self._council.waits_for(wish.account, wish.signal_id)
        if held is not None and wish.execute:
            text = f"{held.text} A member's signal only votes; it is not executed alone."
            return Refused(RefusalCode.NO_AGREEMENT, text, held.actual, held.limit)
        signal = self._council.dismiss(wish.account, wish.signal_id)
        if signal is not None:
            decided = SignalDecided(signal.id, dismissed(self.engine, signal, now))
            return [self.engine.state.record(signal.account, now, decided)]
        return Refused(
            code=RefusalCode.UNKNOWN_SIGNAL,
            actual=wish.signal_id,
            text=f'No signal "{wish.signal_id}" waits in account {wish.account}.',
        )

    def _sized(self, wish: PlaceAmount, now: Instant) -> PlaceOrder | Refused:
        """Return the order that an amount stands for, at the prices of now."""
        order, board = wish.order, self.engine.board
        blocked = self.engine.untradeable(order.symbol, now)
        state = self.engine.state.accounts.get(order.account)
        if wish.kind is AmountKind.LOTS or state is None:
            return replace(order, lots=wish.amount)
        if blocked is not None:
            return blocked
        price = order.limit or order.price or market_price(order.side, board.quotes[order.symbol])
        lots = lots_of(wish.kind, wish.amount, order, price, state, board)
        return lots if isinstance(lots, Refused) else replace(order, lots=lots)

    def _next_due(self) -> Instant:
        """Return when something that waits expires or wakes, or an opinion ceases to count."""
        waiting = self._waiting
        return min(self._council.next_timer(), waiting.next_expiry(), waiting.next_waking())

    def _overdue(self, now: Instant) -> list[Recorded]:
        events = self._take_turns(self._council.settle(now), now)
        for signal in (*self._waiting.woken(now), *self._waiting.expired(now)):
            events += self._try_if_waiting(signal, now)
        return events

    def _hear_opinion(self, signal: Signal, now: Instant) -> list[Recorded]:
        events = self._take_turns(self._council.settle(now), now)
        events.append(self.engine.state.record(signal.account, now, SignalReceived(signal)))
        return events + self._take_turns(self._council.hear(signal, now), now)

    def _take_turns(self, turns: Iterable[Turn], now: Instant) -> list[Recorded]:
        """Record what came of opinions; the signal that they made comes before, as their effect."""
        events: list[Recorded] = []
        for turn in turns:
            made = turn.signal
            if made is not None:
                self._await(made)
                events.append(self.engine.state.record(made.account, now, SignalReceived(made)))
            for signal, decision in turn.decided:
                decided = SignalDecided(signal.id, decision)
                events.append(self.engine.state.record(signal.account, now, decided))
            if made is not None:
                events += self._try(made, now)
        return events

    def _await(self, signal: Signal, until: Instant | None = None) -> None:
        auto = self.policy(signal.account, signal.model).auto_execute
        self._waiting.put(signal, for_quote=auto or signal.released, until=until)

    def _noted(self, events: list[Recorded], now: Instant) -> list[Recorded]:
        """Take note of what has closed, and do what follows from a limit that was reached."""
        self._track.note(events)
        limits = self.engine.account_limits
        state = None if limits is None else STATES.get(limits.on_breach)
        if state is None:
            return events
        reached = {
            one.account: one.event.limit for one in events if isinstance(one.event, LimitReached)
        }
        for account, limit in reached.items():
            if _STRICTER.index(state) > _STRICTER.index(self._trading(account)):
                command = SetTrading(account=account, state=state, reason=f"limit reached: {limit}")
                answer = self._broker.carry_out(command, now)
                if not isinstance(answer, Refused):
                    self._track.note(answer)
                    events += answer
        return events

    def _trading(self, account: str) -> TradingState:
        return self.engine.state.accounts[account].account.trading

    def _try_if_waiting(self, signal: Signal, now: Instant) -> list[Recorded]:
        known = self._waiting.find(signal.account, signal.id)
        return [] if known is None else self._try(known, now)

    def _try(self, signal: Signal, now: Instant) -> list[Recorded]:
        policy = self.policy(signal.account, signal.model)
        events, decision = self._judgement.judge(signal, policy, now)
        if decision is not None and decision.status is SignalStatus.EXECUTED:
            self._track.executed(signal)
        events = self._noted(events, now)
        if decision is None:
            pause = self._judgement.pause(signal, now)
            self._await(signal, None if pause.refused is None else pause.until)
            return events
        self._waiting.remove(signal)
        decided = SignalDecided(signal.id, decision)
        return [*events, self.engine.state.record(signal.account, now, decided)]
