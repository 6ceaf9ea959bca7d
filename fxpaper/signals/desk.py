"""The desk: where signals meet quotes. Pure, so live trading and replay are the same code.

Theory of operation. A readable signal is recorded first and decided next. Deciding needs a quote
fit to trade on; while there is none the signal waits, and every quote of its symbol is another
chance, until it expires. Whatever happens ends in a recorded decision with every number that was
looked at. What a signal causes is recorded before its decision, so the decision names it.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

import msgspec
from msgspec.structs import replace

from fxpaper.domain.account import TradingState
from fxpaper.domain.command import Command, PlaceGroup, PlaceOrder, ReversePosition, SetTrading
from fxpaper.domain.event import (
    LimitReached,
    ModelPolicySet,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.limits import OnBreach
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import ModelPolicy, Signal, UnreadableSignal
from fxpaper.domain.terminal import TerminalSaid
from fxpaper.engine.amounts import AmountKind, lots_of
from fxpaper.engine.engine import Engine
from fxpaper.engine.matching import market_price
from fxpaper.engine.timers import NEVER
from fxpaper.execution.broker import TerminalBroker
from fxpaper.execution.gated import GatedBroker
from fxpaper.execution.paper import PaperBroker
from fxpaper.signals.judgement import Judgement
from fxpaper.signals.risk import by_hand
from fxpaper.signals.rules import RuleBook

STATES = {OnBreach.REDUCE: TradingState.HALTED, OnBreach.FLATTEN: TradingState.HALTED}
"""What an account may still do once a floor was reached; signals are refused in any case."""


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


class Desk:
    """Takes signals, quotes and the time; returns what they caused.

    Args:
        engine: holds the accounts and the latest quotes.
        rules: by which signals become orders.
        terminal: carries a live account's orders out; None where there are paper accounts only.
    """

    def __init__(
        self, engine: Engine, rules: RuleBook, terminal: TerminalBroker | None = None
    ) -> None:
        self.engine = engine
        self.rules = rules
        self.terminal = terminal
        self._broker = GatedBroker(terminal or PaperBroker(engine), engine.state)
        self._judgement = Judgement(engine, self._broker, rules)
        self._policies: dict[tuple[str, str], ModelPolicy] = {}
        self._waiting: dict[tuple[str, str], Signal] = {}

    def restore(self, waiting: Iterable[Signal], policies: Iterable[ModelPolicy]) -> None:
        """Take over undecided signals and policies as the ledger knows them."""
        self._waiting = {(signal.account, signal.id): signal for signal in waiting}
        self._policies = {(policy.account, policy.model): policy for policy in policies}

    @property
    def waiting(self) -> tuple[Signal, ...]:
        """Signals without a decision, oldest first."""
        return tuple(self._waiting.values())

    def waits_for(self, account: str, signal_id: str, now: Instant) -> Refused | None:
        """Return what an undecided signal waits for; None when it is decided."""
        signal = self._waiting.get((account, signal_id))
        return None if signal is None else self._judgement.in_the_way(signal, now)

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
        """Change what a model may do from now on."""
        self._policies[policy.account, policy.model] = policy
        return [self.engine.state.record(policy.account, now, ModelPolicySet(policy))]

    def receive(self, signal: Signal, now: Instant) -> list[Recorded]:
        """Take a signal whose id is new; decide it when a fit quote is at hand."""
        events = [self.engine.state.record(signal.account, now, SignalReceived(signal))]
        self._waiting[signal.account, signal.id] = signal
        return events + self._try(signal, now)

    def unreadable(self, signal: UnreadableSignal, now: Instant) -> list[Recorded]:
        """Keep a record of something that could not be read as a signal."""
        return [self.engine.state.record(signal.account, now, SignalUnreadable(signal))]

    def on_quote(self, quote: Quote) -> list[Recorded]:
        """Take the next quote: triggers first, then the signals that wait for it."""
        events = self._stopped(self.engine.on_quote(quote), quote.received_at)
        if self._waiting:
            for signal in self.waiting:
                if signal.symbol == quote.symbol:
                    events += self._try(signal, quote.received_at)
        return events

    def on_time(self, now: Instant) -> list[Recorded]:
        """Let what is due by ``now`` act, and refuse the signals that have waited too long."""
        events = self._stopped(self.engine.advance(now), now)
        for signal in self.waiting:
            if now >= signal.expires_at:
                events += self._try(signal, now)
        return events

    def hear(self, said: TerminalSaid, now: Instant) -> list[Recorded]:
        """Take what a live account's terminal said."""
        if self.terminal is None:
            return []
        events = self.terminal.hear(said, now)
        for account in {one.account for one in events}:
            events += self.engine.review(account, now)
        return self._stopped(events, now)

    def next_timer(self) -> Instant:
        """Return when :meth:`on_time` has something to do next; far away when never."""
        expiries = (signal.expires_at for signal in self._waiting.values())
        return min(self.engine.next_timer(), min(expiries, default=NEVER))

    def awaits(self, symbol: str) -> bool:
        """Tell whether a signal waits for the next quote of a symbol."""
        return any(signal.symbol == symbol for signal in self._waiting.values())

    def give_up(self) -> list[Recorded]:
        """Refuse every signal that waits, at its expiry, as in a market gone silent."""
        events: list[Recorded] = []
        for signal in sorted(self.waiting, key=lambda signal: signal.expires_at):
            events += self._try(signal, signal.expires_at)
        return events

    def carry_out(self, wish: Command | PlaceAmount, now: Instant) -> list[Recorded] | Refused:
        """Carry out what a person wants, or say why not; a refusal changes nothing."""
        command = self._sized(wish, now) if isinstance(wish, PlaceAmount) else wish
        if isinstance(command, Refused):
            return command
        if isinstance(command, PlaceOrder | PlaceGroup | ReversePosition):
            answer = self._broker.submit(by_hand(command), now)
        else:
            answer = self._broker.carry_out(command, now)
        return answer if isinstance(answer, Refused) else self._stopped(answer, now)

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

    def _stopped(self, events: list[Recorded], now: Instant) -> list[Recorded]:
        """Return events with what the account's limits do about a floor that was reached."""
        limits = self.engine.account_limits
        state = None if limits is None else STATES.get(limits.on_breach)
        if state is None:
            return events
        reached = {
            one.account: one.event.limit for one in events if isinstance(one.event, LimitReached)
        }
        for account, limit in reached.items():
            if self.engine.state.accounts[account].account.trading is TradingState.ACTIVE:
                command = SetTrading(account=account, state=state, reason=f"limit reached: {limit}")
                answer = self._broker.carry_out(command, now)
                events += [] if isinstance(answer, Refused) else answer
        return events

    def _try(self, signal: Signal, now: Instant) -> list[Recorded]:
        policy = self.policy(signal.account, signal.model)
        events, decision = self._judgement.judge(signal, policy, now)
        events = self._stopped(events, now)
        if decision is None:
            return events
        del self._waiting[signal.account, signal.id]
        decided = SignalDecided(signal.id, decision)
        return [*events, self.engine.state.record(signal.account, now, decided)]
