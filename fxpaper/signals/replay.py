"""Recorded quotes through the same desk and engine, each signal taken at its own time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from msgspec.structs import replace

from fxpaper.domain.bar import Bar
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import Signal, UnreadableSignal
from fxpaper.engine.bar_path import Bars, Hooks, play_bar
from fxpaper.engine.replay import Replay
from fxpaper.engine.tape import Tape
from fxpaper.signals.desk import Desk
from fxpaper.signals.journal import reused

Signals = Iterable[Signal | UnreadableSignal]
FinerBars = Mapping[tuple[str, Instant], Sequence[Bar]]


def replay(
    tape: Tape, signals: Signals, desk: Desk, progress: Callable[[int], None]
) -> Iterator[Recorded]:
    """Yield what a desk makes of a tape, in time order, skipping what changes nothing.

    A signal sees every quote up to and including its own instant. Signals left waiting when the
    tape ends are refused at their expiry, as they would be in a market gone silent.

    Args:
        tape: recorded quotes.
        signals: in time order; unreadable ones are recorded where they stand.
        desk: with its account opened.
        progress: is told how many quotes are done.
    """
    player, seen = Replay(tape, desk), dict[str, Signal]()
    for signal in signals:
        stop = int(tape.at.searchsorted(signal.received_at, side="right"))
        for caused in player.play_until(max(stop, player.place)):
            progress(player.place)
            yield from caused
        yield from _until(desk, signal.received_at)
        yield from _take(desk, signal, seen)
    for caused in player.play_until(len(tape)):
        progress(player.place)
        yield from caused
    progress(len(tape))
    yield from desk.give_up()


def replay_bars(
    bars: Iterable[Bar], signals: Signals, desk: Desk, ways: Mapping[str, Bars], finer: FinerBars
) -> Iterator[Recorded]:
    """Yield what a desk makes of bars; a signal is taken at the open of the first bar after it.

    Args:
        bars: in time order.
        signals: as for :func:`replay`.
        desk: with its account opened.
        ways: how the bars of each symbol are traded on.
        finer: bars of a shorter interval inside each, by symbol and opening; may be empty.
    """
    waiting, seen = deque(signals), dict[str, Signal]()
    for bar in bars:
        yield from _until(desk, bar.opened_at)
        due: list[Signal | UnreadableSignal] = []
        while waiting and waiting[0].received_at <= bar.opened_at:
            due.append(replace(waiting.popleft(), received_at=bar.opened_at))

        def take(due: Sequence[Signal | UnreadableSignal] = due) -> list[Recorded]:
            return [event for signal in due for event in _take(desk, signal, seen)]

        hooks = Hooks(desk.on_quote, take)
        inside = finer.get((bar.symbol, bar.opened_at), ())
        yield from play_bar(desk.engine, bar, ways[bar.symbol], inside, hooks)
    for signal in waiting:
        yield from _take(desk, signal, seen)
    yield from desk.give_up()


def replay_every(quotes: Iterable[Quote], signals: Signals, desk: Desk) -> Iterator[Recorded]:
    """Yield what :func:`replay` yields, feeding every quote: slow, and what it is checked against.

    Args:
        quotes: in time order.
        signals: as for :func:`replay`.
        desk: with its account opened.
    """
    queue = iter(signals)
    upcoming = next(queue, None)
    seen: dict[str, Signal] = {}
    for quote in quotes:
        now = quote.received_at
        while upcoming is not None and upcoming.received_at < now:
            yield from _until(desk, upcoming.received_at)
            yield from _take(desk, upcoming, seen)
            upcoming = next(queue, None)
        yield from _until(desk, now)
        yield from desk.on_quote(quote)
    while upcoming is not None:
        yield from _until(desk, upcoming.received_at)
        yield from _take(desk, upcoming, seen)
        upcoming = next(queue, None)
    yield from desk.give_up()


def _until(desk: Desk, now: Instant) -> Iterator[Recorded]:
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
