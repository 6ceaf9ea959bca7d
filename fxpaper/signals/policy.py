"""Whether a signal may be acted on at all, before its price is looked at."""

from __future__ import annotations

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import ModelPolicy, Signal, SignalSide
from fxpaper.signals.rules import SignalRules
from fxpaper.signals.windows import within_hours


def decide(
    signal: Signal, policy: ModelPolicy, rules: SignalRules, now: Instant
) -> tuple[tuple[Check, ...], Refused | None]:
    """Return every check of a signal against its model's policy, and the first refusal.

    All checks are made even when one fails, so that the journal shows the whole picture. What a
    person can lift comes last: nobody is asked about a signal that would be refused anyway.
    """
    answers = [
        automatic(signal, policy, rules),
        _expiry(signal, now),
        _future(signal, rules, now),
    ]
    if signal.side is not SignalSide.CLOSE:
        answers.append(_confidence(signal, rules))
        if rules.trading_hours:
            hours = rules.trading_hours
            answers.append(within_hours(hours, signal.model, signal.symbol, now))
    refusals = [refused for _, refused in answers if refused is not None]
    refusals.sort(key=lambda one: one.code is RefusalCode.AUTO_EXECUTION_OFF)
    return tuple(check for check, _ in answers), refusals[0] if refusals else None


def opinion(
    signal: Signal, rules: SignalRules, now: Instant
) -> tuple[tuple[Check, ...], Refused | None]:
    """Return every check of a signal that only votes in an ensemble, and the first refusal.

    Whether its model is executed does not matter: the ensemble's signal is, or is not.
    """
    allowed = ModelPolicy(account=signal.account, model=signal.model, auto_execute=True)
    (_, *checks), refused = decide(signal, allowed, rules, now)
    return tuple(checks), refused


def automatic(
    signal: Signal, policy: ModelPolicy, rules: SignalRules
) -> tuple[Check, Refused | None]:
    """Ask whether a signal is executed without a person, or one has said so."""
    on = policy.auto_execute or signal.released
    how = "by a person" if signal.released else "on" if on else "off"
    check = Check("auto_execution", how, "on", on)
    if on:
        return check, None
    return check, Refused(
        code=RefusalCode.AUTO_EXECUTION_OFF,
        actual="off",
        limit="on",
        text=f'Automatic execution of model "{signal.model}" is off. Switch it on with '
        f'"fxpaper model on {signal.model}{rules.option}" or on the page, or execute this one: '
        f'"fxpaper signal execute {signal.id}{rules.option}".',
    )


def _confidence(signal: Signal, rules: SignalRules) -> tuple[Check, Refused | None]:
    enough = signal.confidence >= rules.min_confidence
    check = Check("confidence", str(signal.confidence), f"≥ {rules.min_confidence}", enough)
    if enough:
        return check, None
    return check, Refused(
        code=RefusalCode.CONFIDENCE_TOO_LOW,
        actual=str(signal.confidence),
        limit=str(rules.min_confidence),
        text=f"Confidence {signal.confidence} is below the minimum, {rules.min_confidence}.",
    )


def _expiry(signal: Signal, now: Instant) -> tuple[Check, Refused | None]:
    expires = format_instant(signal.expires_at)
    alive = now < signal.expires_at
    check = Check("expiry", format_instant(now), f"before {expires}", alive)
    if alive:
        return check, None
    age = (now - signal.at) / NS_PER_SECOND
    return check, Refused(
        code=RefusalCode.SIGNAL_EXPIRED,
        actual=f"{age:.0f} s old",
        limit=expires,
        text=f"The signal is of {format_instant(signal.at)} and expired at {expires}; "
        f"it is {age:.0f} s old.",
    )


def _future(signal: Signal, rules: SignalRules, now: Instant) -> tuple[Check, Refused | None]:
    ahead = (signal.at - now) / NS_PER_SECOND
    tolerance = rules.future_tolerance_ns / NS_PER_SECOND
    sane = ahead <= tolerance
    check = Check("ahead_of_clock", f"{max(ahead, 0):.1f} s", f"≤ {tolerance:.1f} s", sane)
    if sane:
        return check, None
    return check, Refused(
        code=RefusalCode.SIGNAL_FROM_FUTURE,
        actual=format_instant(signal.at),
        limit=format_instant(now + rules.future_tolerance_ns),
        text=f"The signal's time {format_instant(signal.at)} lies {ahead:.0f} s in the future "
        f"(it is {format_instant(now)}). Check the sender's clock and time zone.",
    )
