"""What only time cures: the rollover and news around now. Signals wait for the end of both."""

from __future__ import annotations

import msgspec

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.signals import news, windows
from fxpaper.signals.news import Calendar, Impact, NewsRules
from fxpaper.signals.rules import SignalRules

CURED_BY_TIME = {RefusalCode.ROLLOVER_WINDOW, RefusalCode.NEWS_WINDOW}
"""Refusals that end at an instant known before; a signal waits for it until it expires."""
_MINUTE = 60 * NS_PER_SECOND


class Pause(msgspec.Struct, frozen=True):
    """A stretch of time in which a signal opens nothing.

    Args:
        checks: of each window that is set.
        refused: why, when it is one; of two the one that ends later.
        until: when that one ends; another may begin there.
    """

    checks: tuple[Check, ...] = ()
    refused: Refused | None = None
    until: Instant = 0


def pause_at(
    rules: SignalRules, calendar: Calendar | None, instrument: Instrument, now: Instant
) -> Pause:
    """Return what holds a signal back at an instant, with the numbers that were looked at.

    Args:
        rules: that hold for the signal.
        calendar: of news; None where none is kept.
        instrument: of the signal.
        now: nanoseconds UTC.
    """
    answers = []
    if rules.rollover_window:
        answers.append(windows.outside_rollover(rules.rollover_window, instrument.symbol, now))
    if calendar is not None:
        answers.append(news.outside_news(calendar, instrument, news_rules(rules), now))
    held = [(until, refused) for _, refused, until in answers if refused is not None]
    checks = tuple(check for check, _, _ in answers)
    if not held:
        return Pause(checks)
    until, refused = max(held, key=lambda one: one[0])
    return Pause(checks, refused, until)


def news_rules(rules: SignalRules) -> NewsRules:
    """Return which events count by a signal's rules."""
    return NewsRules(
        before_ns=rules.news_before_minutes * _MINUTE,
        after_ns=rules.news_after_minutes * _MINUTE,
        impact=Impact[rules.news_impact.upper()],
    )
