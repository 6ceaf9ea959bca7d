"""Recorded quotes through the same desk and engine, each signal taken at its own time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fxpaper.domain.event import Recorded
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import Signal, UnreadableSignal
from fxpaper.signals.desk import Desk
from fxpaper.signals.journal import reused


def replay(
    quotes: Iterable[Quote], signals: Iterable[Signal | UnreadableSignal], desk: Desk
) -> Iterator[Recorded]:
    """Yield what a desk makes of a recording, in time order.

    A signal sees every quote up to and including its own instant. Signals left waiting when the
    recording ends are refused at their expiry, as they would be in a market gone silent.

    Args:
        quotes: in time order.
        signals: in time order; unreadable ones are recorded where they stand.
        desk: with its account opened.
    """
    queue = iter(signals)
    upcoming = next(queue, None)
    seen: dict[str, Signal] = {}
    for quote in quotes:
        now = quote.received_at
        while upcoming is not None and _time_of(upcoming) < now:
            yield from _until(desk, _time_of(upcoming))
            yield from _take(desk, upcoming, seen)
            upcoming = next(queue, None)
        yield from _until(desk, now)
        yield from desk.on_quote(quote)
    while upcoming is not None:
        yield from _until(desk, _time_of(upcoming))
        yield from _take(desk, upcoming, seen)
        upcoming = next(queue, None)
    yield from desk.give_up()


def _until(desk: Desk, now: int) -> Iterator[Recorded]:
    """Let every timer up to ``now`` act at its own time."""
    timer = desk.next_timer()
    while timer <= now:
        yield from desk.on_time(timer)
        timer = desk.next_timer()


def _take(desk: Desk, signal: Signal | UnreadableSignal, seen: dict[str, Signal]) -> list[Recorded]:
    if isinstance(signal, UnreadableSignal):
        return desk.unreadable(signal, signal.received_at)
    earlier = seen.setdefault(signal.id, signal)
    if earlier is signal:
        return desk.receive(signal, signal.received_at)
    refused = reused(signal, earlier)
    return [] if refused is None else desk.unreadable(refused, signal.received_at)


def _time_of(signal: Signal | UnreadableSignal) -> int:
    return signal.received_at
