"""One signal, judged: policy, quote, levels, sizing, risk gate, broker; every number kept."""

from __future__ import annotations

from msgspec.structs import replace

from fxpaper.domain.approval import Check
from fxpaper.domain.command import ClosePosition
from fxpaper.domain.event import (
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, ModelPolicy, Signal, SignalSide, SignalStatus
from fxpaper.engine.engine import Engine
from fxpaper.execution.broker import Broker
from fxpaper.signals import policy as policies
from fxpaper.signals import standing
from fxpaper.signals.news import Calendar
from fxpaper.signals.pauses import CURED_BY_TIME, Pause, pause_at
from fxpaper.signals.preparation import Attempt, Preparation
from fxpaper.signals.rules import Conflict, RuleBook, SignalRules
from fxpaper.signals.sizing.sizer import Past
from fxpaper.signals.track import Track, cooldown

CURED_BY_A_QUOTE = {
    RefusalCode.NO_QUOTE,
    RefusalCode.STALE_QUOTE,
    RefusalCode.GRADE_TOO_LOW,
    RefusalCode.NO_CONVERSION,
    RefusalCode.SPREAD_TOO_WIDE,
    RefusalCode.ENTRY_GONE,
    RefusalCode.REWARD_TOO_SMALL,
}
"""Refusals that the next quote may lift; a signal waits on them until it expires."""
_CURED_IN_TIME = {*CURED_BY_A_QUOTE, *CURED_BY_TIME, RefusalCode.AUTO_EXECUTION_OFF}
"""Those, and what time or a person may lift."""
_CURED_BY_CLOSING = {
    RefusalCode.OPEN_RISK_TOO_HIGH,
    RefusalCode.LEG_RISK_TOO_HIGH,
    RefusalCode.SYMBOL_RISK_TOO_HIGH,
    RefusalCode.MODEL_RISK_TOO_HIGH,
    RefusalCode.THEME_RISK_TOO_HIGH,
    RefusalCode.TOO_MANY_POSITIONS,
    RefusalCode.INSUFFICIENT_MARGIN,
}
"""Refusals that closing what stands against a signal may lift."""


class Judgement:
    """Judges signals one at a time.

    Args:
        engine: holds the accounts and the latest quotes.
        broker: executes what is approved.
        rules: by which signals become orders.
        track: of what has closed.
        past: what is known of models and prices.
    """

    def __init__(
        self, engine: Engine, broker: Broker, rules: RuleBook, track: Track, past: Past
    ) -> None:
        self._engine = engine
        self._broker = broker
        self._rules = rules
        self._track = track
        self._preparation = Preparation(engine, rules, past)
        self.calendar: Calendar | None = None
        """News to mind; None where none is kept."""

    def judge(
        self, signal: Signal, policy: ModelPolicy, now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        """Return what a signal caused and the decision; None while it has to wait."""
        rules = self._rules.of(signal.model, signal.symbol)
        checks, refused = policies.decide(signal, policy, rules, now)
        quote = self._engine.board.quotes.get(signal.symbol)
        if refused is not None:
            if refused.code is RefusalCode.AUTO_EXECUTION_OFF:
                return [], None
            if refused.code is RefusalCode.SIGNAL_EXPIRED:
                refused = self._after_waiting(signal, policy, refused, now)
            return [], _refuse(refused, checks, quote, now)
        blocked = self._engine.untradeable(signal.symbol, now)
        if blocked is not None:
            if blocked.code in CURED_BY_A_QUOTE:
                return [], None
            return [], _refuse(blocked, checks, quote, now)
        checks += (self._freshness(self._engine.board.quotes[signal.symbol], now),)
        if signal.side is SignalSide.CLOSE:
            return self._close(signal, checks, now)
        return self._open(signal, Side(signal.side), checks, now)

    def in_the_way(self, signal: Signal, policy: ModelPolicy, now: Instant) -> Refused | None:
        """Return what keeps a signal from being executed now; None when nothing does."""
        _, off = policies.automatic(signal, policy)
        if off is not None:
            return off
        paused = self.pause(signal, min(now, signal.expires_at - 1)).refused
        blocked = paused or self._engine.untradeable(signal.symbol, now)
        if blocked is not None or signal.side is SignalSide.CLOSE:
            return blocked
        outcome = self._preparation.attempt(signal, Side(signal.side), now).outcome
        return outcome if isinstance(outcome, Refused) else None

    def pause(self, signal: Signal, now: Instant) -> Pause:
        """Return whether a signal has to let a stretch of time pass before it opens anything."""
        if signal.side is SignalSide.CLOSE:
            return Pause()
        rules = self._rules.of(signal.model, signal.symbol)
        instrument = self._engine.board.instruments[signal.symbol]
        return pause_at(rules, self.calendar, instrument, now)

    def _open(
        self, signal: Signal, side: Side, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        rules = self._rules.of(signal.model, signal.symbol)
        quote = self._engine.board.quotes[signal.symbol]
        asked, refused = self._against_what_is_open(signal, side, rules, now)
        if refused is not None:
            return [], _refuse(refused, checks + asked, quote, now)
        checks += asked
        state = self._engine.state.accounts[signal.account]
        clearing = rules.conflict in {Conflict.CLOSE, Conflict.REVERSE}
        against = standing.opposite(signal, side, state, rules) if clearing else ()
        if against and rules.conflict is Conflict.CLOSE:
            return self._close_these(signal, against, checks, now)
        pause = self.pause(signal, now)
        checks += pause.checks
        if pause.refused is not None and self._is_worth_waiting_for(signal, side, now):
            return [], None
        if against:
            return self._reverse(signal, side, against, checks, now)
        return self._submit(signal, self._preparation.attempt(signal, side, now), checks, now)

    def _is_worth_waiting_for(self, signal: Signal, side: Side, now: Instant) -> bool:
        """Tell whether a signal might be executed later, when a pause is over."""
        outcome = self._preparation.attempt(signal, side, now).outcome
        return not isinstance(outcome, Refused) or outcome.code in CURED_BY_A_QUOTE

    def _against_what_is_open(
        self, signal: Signal, side: Side, rules: SignalRules, now: Instant
    ) -> tuple[tuple[Check, ...], Refused | None]:
        """Ask what the account has open, and what the model has lost lately."""
        state = self._engine.state.accounts[signal.account]
        losses = self._track.losses(signal.account, signal.model, signal.symbol)
        paused = cooldown(signal, losses, rules, now)
        answers = [*standing.checks(signal, side, state, rules), *filter(None, [paused])]
        refusals = [refused for _, refused in answers if refused is not None]
        return tuple(check for check, _ in answers), refusals[0] if refusals else None

    def _submit(
        self, signal: Signal, attempt: Attempt, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        checks += attempt.checks
        quote, outcome = self._engine.board.quotes[signal.symbol], attempt.outcome
        if not isinstance(outcome, Refused):
            answer = self._broker.submit(outcome, now)
            if not isinstance(answer, Refused):
                own = [one for one in answer if one.account == signal.account]
                return answer, _executed(own, checks, attempt.sizing, quote, now)
            outcome = answer
        if outcome.code in CURED_BY_A_QUOTE and now < signal.expires_at:
            return [], None
        return [], _refuse(outcome, checks, quote, now, attempt.sizing)

    def _reverse(
        self,
        signal: Signal,
        side: Side,
        against: tuple[Position, ...],
        checks: tuple[Check, ...],
        now: Instant,
    ) -> tuple[list[Recorded], Decision | None]:
        """Close what stands against a signal and execute it, or, where it cannot be, neither.

        Only when closing has changed the account so that the order is not approved any more is
        the one done without the other, and the decision says why.
        """
        attempt = self._preparation.attempt(signal, side, now)
        outcome = attempt.outcome
        if isinstance(outcome, Refused) and outcome.code not in _CURED_BY_CLOSING:
            return self._submit(signal, attempt, checks, now)
        events, closed = self._close_these(signal, against, checks, now)
        if closed.status is SignalStatus.REFUSED:
            return events, closed
        opened, decision = self._submit(
            signal, self._preparation.attempt(signal, side, now), checks, now
        )
        if decision is None or decision.status is SignalStatus.REFUSED:
            refusal = None if decision is None else decision.refusal
            kept = closed.checks if decision is None else decision.checks
            return events, replace(closed, refusal=refusal, checks=kept)
        both = closed.position_ids + decision.position_ids
        return events + opened, replace(decision, position_ids=tuple(dict.fromkeys(both)))

    def _close(
        self, signal: Signal, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision]:
        """Close the positions that the same model has open on the symbol."""
        positions = tuple(
            position
            for position in self._engine.state.accounts[signal.account].positions.values()
            if (position.symbol, position.model) == (signal.symbol, signal.model)
        )
        if not positions:
            quote = self._engine.board.quotes[signal.symbol]
            return [], _refuse(_nothing_to_close(signal), checks, quote, now)
        return self._close_these(signal, positions, checks, now)

    def _close_these(
        self,
        signal: Signal,
        positions: tuple[Position, ...],
        checks: tuple[Check, ...],
        now: Instant,
    ) -> tuple[list[Recorded], Decision]:
        quote = self._engine.board.quotes[signal.symbol]
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

    def _after_waiting(
        self, signal: Signal, policy: ModelPolicy, expired: Refused, now: Instant
    ) -> Refused:
        """Name what a signal waited for in vain rather than that its time ran out."""
        in_time = signal.received_at < signal.expires_at
        waited = self.in_the_way(signal, policy, now) if in_time else None
        if waited is None or waited.code not in _CURED_IN_TIME:
            return expired
        ended = format_instant(signal.expires_at)
        return replace(waited, text=f"{waited.text} The signal waited until it expired, {ended}.")

    def _freshness(self, quote: Quote, now: Instant) -> Check:
        limits = self._engine.limits
        age = (now - quote.quoted_at) / NS_PER_SECOND
        limit = limits.age_limit(quote.evidence.transport) / NS_PER_SECOND
        return Check("quote_age", f"{max(age, 0):.1f} s", f"≤ {limit:.1f} s", passed=True)


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


def dismissed(engine: Engine, signal: Signal, now: Instant) -> Decision:
    """Return the decision on a signal that a person does not want executed."""
    refused = Refused(RefusalCode.DISMISSED, "A person has dismissed it.")
    return _refuse(refused, (), engine.board.quotes.get(signal.symbol), now)


def _nothing_to_close(signal: Signal) -> Refused:
    return Refused(
        code=RefusalCode.NOTHING_TO_CLOSE,
        actual="0 positions",
        limit="1 position",
        text=f'Model "{signal.model}" has no open position in {signal.symbol} to close.',
    )
