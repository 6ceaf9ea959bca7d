"""One signal, judged: policy, quote, levels, sizing, risk gate, broker; every number kept."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from fxpaper.domain.approval import Check
from fxpaper.domain.command import ClosePosition
from fxpaper.domain.event import (
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
from fxpaper.signals.decisions import executed, nothing_to_close, refuse
from fxpaper.signals.news import Calendar
from fxpaper.signals.pauses import CURED_BY_TIME, Pause, pause_at
from fxpaper.signals.preparation import Attempt, Preparation
from fxpaper.signals.rules import Conflict, RuleBook
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
_CURED_IN_TIME = {
    *CURED_BY_A_QUOTE,
    *CURED_BY_TIME,
    RefusalCode.AUTO_EXECUTION_OFF,
    RefusalCode.ALREADY_ASKED,
}
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
_CURED_LATER = CURED_BY_A_QUOTE | _CURED_BY_CLOSING
"""Refusals that may be lifted by the time that a pause is over."""


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
            return [], refuse(refused, checks, quote, now)
        blocked = self._engine.untradeable(signal.symbol, now)
        if blocked is not None:
            if blocked.code in CURED_BY_A_QUOTE:
                return [], None
            return [], refuse(blocked, checks, quote, now)
        checks += (self._freshness(self._engine.board.quotes[signal.symbol], now),)
        if signal.side is SignalSide.CLOSE:
            return self._close(signal, checks, now)
        return self._open(signal, Side(signal.side), checks, now)

    def in_the_way(self, signal: Signal, policy: ModelPolicy, now: Instant) -> Refused | None:
        """Return what keeps a signal from being executed now; None when nothing does."""
        rules = self._rules.of(signal.model, signal.symbol)
        _, off = policies.automatic(signal, policy, rules)
        if off is not None:
            return off
        paused = self.pause(signal, min(now, signal.expires_at - 1)).refused
        blocked = paused or self._engine.untradeable(signal.symbol, now)
        state = self._engine.state.accounts[signal.account]
        if blocked is None:
            blocked = standing.on_its_way(signal, state, self._rules)
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
        pause = self.pause(signal, now)
        checks += pause.checks
        if pause.refused is None:
            return self._open_now(signal, side, checks, now)
        attempt = self._preparation.attempt(signal, side, now)
        outcome = attempt.outcome
        hopeless = isinstance(outcome, Refused) and outcome.code not in _CURED_LATER
        return self._submit(signal, attempt, checks, now) if hopeless else ([], None)

    def _open_now(
        self, signal: Signal, side: Side, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        rules = self._rules.of(signal.model, signal.symbol)
        state = self._engine.state.accounts[signal.account]
        quote = self._engine.board.quotes[signal.symbol]
        asked, refused = _together(standing.conflicts(signal, side, state, rules))
        checks += asked
        if refused is not None:
            return [], refuse(refused, checks, quote, now)
        if standing.is_on_its_way(signal, side, state, rules):
            return [], None
        clearing = rules.conflict in {Conflict.CLOSE, Conflict.REVERSE}
        against = standing.opposite(signal, side, state, rules) if clearing else ()
        if against and rules.conflict is Conflict.CLOSE:
            return self._close_these(signal, against, checks, now)
        losses = self._track.losses(signal.account, signal.model, signal.symbol)
        asked, refused = _together(
            (
                *standing.entries(signal, side, state, rules),
                *cooldown(signal, losses, rules, now),
            )
        )
        checks += asked
        if refused is not None:
            return [], refuse(refused, checks, quote, now)
        if against:
            return self._reverse(signal, side, against, checks, now)
        return self._submit(signal, self._preparation.attempt(signal, side, now), checks, now)

    def _submit(
        self, signal: Signal, attempt: Attempt, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        checks += attempt.checks
        quote, outcome = self._engine.board.quotes[signal.symbol], attempt.outcome
        if not isinstance(outcome, Refused):
            answer = self._broker.submit(outcome, now)
            if not isinstance(answer, Refused):
                own = [one for one in answer if one.account == signal.account]
                return answer, executed(own, checks, attempt.sizing, quote, now)
            outcome = answer
        if outcome.code in CURED_BY_A_QUOTE and now < signal.expires_at:
            return [], None
        return [], refuse(outcome, checks, quote, now, attempt.sizing)

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
        the one done without the other, and the decision says why. Where closing takes time the
        signal waits for it.
        """
        attempt = self._preparation.attempt(signal, side, now)
        outcome = attempt.outcome
        if isinstance(outcome, Refused) and outcome.code not in _CURED_BY_CLOSING:
            return self._submit(signal, attempt, checks, now)
        events, closed = self._close_these(signal, against, checks, now)
        if closed.refusal is not None:
            return events, closed
        held = self._engine.state.accounts[signal.account].positions
        if any(position.id in held for position in against):
            return events, None
        again = self._preparation.attempt(signal, side, now)
        opened, decision = self._submit(signal, again, checks, now)
        if decision is None or decision.status is SignalStatus.REFUSED:
            refusal = None if decision is None else decision.refusal
            kept = closed.checks if decision is None else decision.checks
            return events, replace(closed, refusal=refusal, checks=kept)
        both = closed.position_ids + decision.position_ids
        return events + opened, replace(decision, position_ids=tuple(dict.fromkeys(both)))

    def _close(
        self, signal: Signal, checks: tuple[Check, ...], now: Instant
    ) -> tuple[list[Recorded], Decision | None]:
        """Close the positions that the same model has open on the symbol."""
        state = self._engine.state.accounts[signal.account]
        if standing.is_changing(signal, state):
            return [], None
        positions = standing.own(signal, state)
        if not positions:
            quote = self._engine.board.quotes[signal.symbol]
            return [], refuse(nothing_to_close(signal), checks, quote, now)
        return self._close_these(signal, positions, checks, now)

    def _close_these(
        self,
        signal: Signal,
        positions: tuple[Position, ...],
        checks: tuple[Check, ...],
        now: Instant,
    ) -> tuple[list[Recorded], Decision]:
        """Close positions; when one cannot be closed, those before it are, and it is told."""
        quote = self._engine.board.quotes[signal.symbol]
        events: list[Recorded] = []
        closed: list[str] = []
        refused: Refused | None = None
        for position in positions:
            command = ClosePosition(
                account=signal.account,
                position_id=position.id,
                reason=DealReason.SIGNAL,
                signal_id=signal.id,
            )
            answer = self._broker.carry_out(command, now)
            if isinstance(answer, Refused):
                refused = answer
                break
            events += answer
            closed.append(position.id)
        if refused is not None and not closed:
            return events, refuse(refused, checks, quote, now)
        return events, Decision(
            status=SignalStatus.EXECUTED,
            at=now,
            checks=checks,
            quote=quote,
            refusal=refused,
            position_ids=tuple(closed),
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


def _together(
    answers: Iterable[tuple[Check, Refused | None]],
) -> tuple[tuple[Check, ...], Refused | None]:
    """Return every check, and the first refusal."""
    known = list(answers)
    refusals = [refused for _, refused in known if refused is not None]
    return tuple(check for check, _ in known), refusals[0] if refusals else None
