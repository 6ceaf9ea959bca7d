"""One signal, judged: policy, quote, levels, sizing, risk gate, broker; every number kept."""

from __future__ import annotations

from functools import partial

import msgspec
from msgspec.structs import replace

from fxpaper.domain.approval import Approved, Check
from fxpaper.domain.command import ClosePosition, PlaceOrder
from fxpaper.domain.event import (
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, ModelPolicy, Signal, SignalSide, SignalStatus
from fxpaper.engine.engine import Engine
from fxpaper.engine.matching import market_price
from fxpaper.engine.opening import no_conversion
from fxpaper.engine.stop_risk import loss_at_stop
from fxpaper.engine.stops import wrong_levels
from fxpaper.execution.broker import Broker
from fxpaper.signals import account_limits, risk, spread
from fxpaper.signals import policy as policies
from fxpaper.signals.levels import resolve
from fxpaper.signals.rules import RuleBook, SignalRules
from fxpaper.signals.sizing import Sized, lots_for_confidence

CURED_BY_A_QUOTE = {
    RefusalCode.NO_QUOTE,
    RefusalCode.STALE_QUOTE,
    RefusalCode.GRADE_TOO_LOW,
    RefusalCode.NO_CONVERSION,
    RefusalCode.SPREAD_TOO_WIDE,
}
"""Refusals that the next quote may lift; a signal waits on them until it expires."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """How far a signal got: an order ready for the broker, or why there is none.

    Args:
        checks: asked so far.
        sizing: numbers so far.
        outcome: the approved order, or the refusal.
    """

    checks: tuple[Check, ...] = ()
    sizing: dict[str, str] = {}
    outcome: Approved[PlaceOrder] | Refused


class Judgement:
    """Judges signals one at a time.

    Args:
        engine: holds the accounts and the latest quotes.
        broker: executes what is approved.
        rules: by which signals become orders.
    """

    def __init__(self, engine: Engine, broker: Broker, rules: RuleBook) -> None:
        self._engine = engine
        self._broker = broker
        self._rules = rules

    def judge(
        self, signal: Signal, policy: ModelPolicy, now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        """Return what a signal caused and the decision; None while it has to wait for a quote."""
        rules = self._rules.of(signal.model, signal.symbol)
        checks, refused = policies.decide(signal, policy, rules, now)
        quote = self._engine.board.quotes.get(signal.symbol)
        if refused is not None and refused.code is not RefusalCode.SIGNAL_EXPIRED:
            return [], _refuse(refused, checks, quote, now)
        if refused is not None:
            in_time = signal.received_at < signal.expires_at
            waited = self.in_the_way(signal, now) if in_time else None
            return [], _refuse(_after_waiting(signal, waited, refused), checks, quote, now)
        blocked = self._engine.untradeable(signal.symbol, now)
        if blocked is not None:
            if blocked.code in CURED_BY_A_QUOTE:
                return [], None
            return [], _refuse(blocked, checks, quote, now)
        checks += (self._freshness(self._engine.board.quotes[signal.symbol], now),)
        if signal.side is SignalSide.CLOSE:
            return self._close(signal, checks, now)
        return self._open(signal, Side(signal.side), checks, now)

    def in_the_way(self, signal: Signal, now: Instant) -> Refused | None:
        """Return what keeps a signal from being executed now; None when nothing does."""
        blocked = self._engine.untradeable(signal.symbol, now)
        if blocked is not None or signal.side is SignalSide.CLOSE:
            return blocked
        outcome = self._prepare(signal, Side(signal.side), now).outcome
        return outcome if isinstance(outcome, Refused) else None

    def _open(
        self, signal: Signal, side: Side, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        attempt = self._prepare(signal, side, now)
        checks += attempt.checks
        quote = self._engine.board.quotes[signal.symbol]
        outcome = attempt.outcome
        if not isinstance(outcome, Refused):
            answer = self._broker.submit(outcome, now)
            if not isinstance(answer, Refused):
                own = [one for one in answer if one.account == signal.account]
                return answer, _executed(own, checks, attempt.sizing, quote, now)
            outcome = answer
        if outcome.code in CURED_BY_A_QUOTE and now < signal.expires_at:
            return [], None
        return [], _refuse(outcome, checks, quote, now, attempt.sizing)

    def _prepare(self, signal: Signal, side: Side, now: Instant) -> Attempt:
        """Find the levels, size the order and pass it through the risk gate."""
        board, rules = self._engine.board, self._rules.of(signal.model, signal.symbol)
        instrument, quote = board.instruments[signal.symbol], board.quotes[signal.symbol]
        state = self._engine.state.accounts[signal.account]
        currency = state.account.currency
        entry = market_price(side, quote)
        levels = resolve(signal, side, entry, instrument, rules.default_stop_pips)
        if isinstance(levels, Refused):
            return Attempt(outcome=levels)
        order = PlaceOrder(
            account=signal.account,
            symbol=signal.symbol,
            side=side,
            lots=instrument.min_lots,
            stop_loss=levels.stop_loss,
            take_profit=levels.take_profit,
            signal_id=signal.id,
            model=signal.model,
        )
        closing = market_price(side.opposite, quote)
        unfit = wrong_levels(
            side, levels.stop_loss, _given(levels.take_profit), closing, instrument
        ) or self._too_far(order, quote, rules)
        if unfit is not None:
            found = Check(unfit.code, unfit.actual, unfit.limit, passed=False)
            return Attempt(checks=(found,), outcome=unfit)
        distance = abs(entry - levels.stop_loss)
        narrow, wide = spread.check(quote, distance, instrument, rules.max_spread_percent)
        if wide is not None:
            return Attempt(checks=(narrow,), outcome=wide)
        loss = loss_at_stop(board, signal.symbol, currency, side, (entry, levels.stop_loss))
        if loss is None:
            return Attempt(checks=(narrow,), outcome=no_conversion(instrument, currency, board))
        equity = self._engine.equity(signal.account)
        sized = lots_for_confidence(signal.confidence, equity, loss, instrument, rules, currency)
        if isinstance(sized, Refused):
            return Attempt(checks=(narrow,), outcome=sized)
        order = replace(order, lots=sized.lots)
        return self._gate(order, now, sized=sized, narrow=narrow, rules=rules)

    def _gate(
        self, order: PlaceOrder, now: Instant, *, sized: Sized, narrow: Check, rules: SignalRules
    ) -> Attempt:
        state = self._engine.state.accounts[order.account]
        equity = self._engine.equity(order.account)
        board, limits = self._engine.board, self._engine.account_limits
        asked = partial(account_limits.check, state, board, limits, now)
        checks, outcome = risk.check(order, state, board, equity, rules, asked)
        return Attempt(checks=(narrow, *checks), sizing=sized.numbers, outcome=outcome)

    def _too_far(self, order: PlaceOrder, quote: Quote, rules: SignalRules) -> Refused | None:
        digits = self._engine.board.instruments[order.symbol].digits
        for name, level in (("stop_loss", order.stop_loss), ("take_profit", order.take_profit)):
            if level is not None:
                refused = risk.too_far(level, name, quote, digits, rules.max_level_distance)
                if refused is not None:
                    return refused
        return None

    def _close(
        self, signal: Signal, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision]:
        """Close the positions that the same model has open on the symbol."""
        quote = self._engine.board.quotes[signal.symbol]
        positions = [
            position
            for position in self._engine.state.accounts[signal.account].positions.values()
            if (position.symbol, position.model) == (signal.symbol, signal.model)
        ]
        if not positions:
            return [], _refuse(_nothing_to_close(signal), checks, quote, now)
        events: list[Recorded] = []
        for position in positions:
            command = ClosePosition(
                account=signal.account,
                position_id=position.id,
                reason=DealReason.SIGNAL,
                signal_id=signal.id,
            )
            answer = self._broker.carry_out(command, now)
            if isinstance(answer, Refused):
                return events, _refuse(answer, checks, quote, now)
            events += answer
        return events, Decision(
            status=SignalStatus.EXECUTED,
            at=now,
            checks=checks,
            quote=quote,
            position_ids=tuple(position.id for position in positions),
        )

    def _freshness(self, quote: Quote, now: Instant) -> Check:
        limits = self._engine.limits
        age = (now - quote.quoted_at) / NS_PER_SECOND
        limit = limits.age_limit(quote.evidence.transport) / NS_PER_SECOND
        return Check("quote_age", f"{max(age, 0):.1f} s", f"≤ {limit:.1f} s", passed=True)


def _given(level: Points | None) -> tuple[Points, ...]:
    return () if level is None else (level,)


def _executed(
    events: list[Recorded],
    checks: tuple[Check, ...],
    sizing: dict[str, str],
    quote: Quote,
    now: Instant,
) -> Decision:
    orders = [e.event.order for e in events if isinstance(e.event, OrderPlaced | OrderFilled)]
    order = orders[-1]
    opened = [
        recorded.event.position.id
        for recorded in events
        if isinstance(recorded.event, PositionOpened | PositionChanged)
        and recorded.event.position.symbol == order.symbol
    ]
    return Decision(
        status=SignalStatus.EXECUTED,
        at=now,
        checks=checks,
        quote=quote,
        order_id=order.id,
        position_ids=tuple(dict.fromkeys(opened)),
        sizing=sizing,
        digits=order.digits,
        entry_price=order.fill_price,
        stop_loss=order.stop_loss,
        take_profit=order.take_profit,
        lots=order.lots,
    )


def _refuse(
    refused: Refused,
    checks: tuple[Check, ...],
    quote: Quote | None,
    now: Instant,
    sizing: dict[str, str] | None = None,
) -> Decision:
    return Decision(
        status=SignalStatus.REFUSED,
        at=now,
        checks=checks,
        quote=quote,
        refusal=refused,
        sizing=sizing or {},
    )


def _after_waiting(signal: Signal, blocked: Refused | None, expired: Refused) -> Refused:
    """Name what a signal waited for in vain rather than that its time ran out."""
    if blocked is None or blocked.code not in CURED_BY_A_QUOTE:
        return expired
    text = (
        f"{blocked.text} The signal waited until it expired, {format_instant(signal.expires_at)}."
    )
    return replace(blocked, text=text)


def _nothing_to_close(signal: Signal) -> Refused:
    return Refused(
        code=RefusalCode.NOTHING_TO_CLOSE,
        actual="0 positions",
        limit="1 position",
        text=f'Model "{signal.model}" has no open position in {signal.symbol} to close.',
    )
