"""Scheduled news, and whether it keeps a signal from opening a position.

An event holds back the symbols one of whose two currencies it is about, from so long before its
time, that instant included, until so long after it, that instant not included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from enum import IntEnum

import msgspec

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import NS_PER_SECOND, Instant, as_datetime, format_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.refusal import RefusalCode, Refused

EVERY_CURRENCY = "ALL"
"""The currency of events that concern every symbol."""
_MINUTE = 60 * NS_PER_SECOND


class Impact(IntEnum):
    """How much an event is expected to move prices."""

    NONE = 0
    """A holiday, or something without a figure; holds nothing back."""
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class NewsEvent(msgspec.Struct, frozen=True, order=True):
    """Something that is published at a time known before.

    Args:
        at: when, nanoseconds UTC.
        currency: whose; ``ALL`` for everybody's.
        impact: how much it is expected to move prices.
        title: what it is, e.g. ``Non-Farm Payrolls``.
    """

    at: Instant
    currency: str
    impact: Impact
    title: str

    def concerns(self, instrument: Instrument) -> bool:
        """Tell whether it is about a currency of an instrument."""
        return self.currency in {instrument.base, instrument.quote, EVERY_CURRENCY}


class NewsRules(msgspec.Struct, frozen=True):
    """Which events hold a signal back, and for how long.

    Args:
        before_ns: as long before the event.
        after_ns: as long after it.
        impact: of at least so much.
    """

    before_ns: int
    after_ns: int
    impact: Impact


class Calendar:
    """Events in the order of their time.

    Args:
        events: in any order.
        untimed: how many more have no time, and so hold nothing back.
    """

    def __init__(self, events: Iterable[NewsEvent] = (), untimed: int = 0) -> None:
        self.events = tuple(sorted(events))
        self.untimed = untimed
        self._at = [event.at for event in self.events]

    @property
    def ends_at(self) -> Instant | None:
        """When the last event is; None without any."""
        return self._at[-1] if self._at else None

    def after(self, at: Instant) -> tuple[NewsEvent, ...]:
        """Return the events later than an instant."""
        return self.events[bisect_right(self._at, at) :]

    def holding(self, instrument: Instrument, rules: NewsRules, now: Instant) -> list[NewsEvent]:
        """Return the events that hold an instrument back now."""
        first = bisect_right(self._at, now - rules.after_ns)
        last = bisect_right(self._at, now + rules.before_ns)
        return [one for one in self.events[first:last] if _counts(one, instrument, rules)]

    def held_until(self, instrument: Instrument, rules: NewsRules, now: Instant) -> Instant:
        """Return the first instant from ``now`` on at which no event holds an instrument back."""
        until = now
        while holding := self.holding(instrument, rules, until):
            until = holding[-1].at + rules.after_ns
        return until

    def next_event(
        self, instrument: Instrument, rules: NewsRules, now: Instant
    ) -> NewsEvent | None:
        """Return the next event that will hold an instrument back."""
        return next((one for one in self.after(now) if _counts(one, instrument, rules)), None)


def outside_news(
    calendar: Calendar, instrument: Instrument, rules: NewsRules, now: Instant
) -> tuple[Check, Refused | None, Instant]:
    """Return the check of the news, the refusal around an event, and until when it holds.

    Args:
        calendar: of events.
        instrument: of the signal.
        rules: which events count, and how long.
        now: nanoseconds UTC.
    """
    spans = f"{rules.before_ns // _MINUTE} min before, {rules.after_ns // _MINUTE} min after"
    limit = f"{rules.impact.name.lower()} impact: {spans}"
    holding = calendar.holding(instrument, rules, now)
    if not holding:
        coming = calendar.next_event(instrument, rules, now)
        actual = "none known" if coming is None else _named(coming)
        return Check("news", actual, limit, passed=True), None, now
    event = holding[-1]
    until = calendar.held_until(instrument, rules, now)
    whose = "all" if event.currency == EVERY_CURRENCY else event.currency
    return (
        Check("news", _named(event), limit, passed=False),
        Refused(
            code=RefusalCode.NEWS_WINDOW,
            actual=_named(event),
            limit=f"from {format_instant(until)}",
            text=f"News: {event.currency} {event.title} at {as_datetime(event.at):%H:%M} UTC; "
            f"entries in {whose} symbols wait until {as_datetime(until):%H:%M} UTC.",
        ),
        until,
    )


def _counts(event: NewsEvent, instrument: Instrument, rules: NewsRules) -> bool:
    return event.impact >= rules.impact and event.concerns(instrument)


def _named(event: NewsEvent) -> str:
    return f"{event.currency} {event.title}, {format_instant(event.at)}"
