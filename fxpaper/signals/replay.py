"""Recorded quotes through the same desk and engine, each signal taken at its own time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count, groupby

from msgspec.structs import replace

from fxpaper.domain.bar import Bar
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import Signal, UnreadableSignal
from fxpaper.engine.bar_path import Bars, Phase, Step, in_time_order, steps_of
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
    player, seen = Replay(tape, desk, every=desk.measures_days), dict[str, Signal]()
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
    recorded: Mapping[str, Sequence[Bar]],
    signals: Signals,
    desk: Desk,
    ways: Mapping[str, Bars],
    finer: FinerBars,
    progress: Callable[[int], None],
) -> Iterator[Recorded]:
    """Yield what a desk makes of bars, in time order.

    A signal is taken at the open of the first bar of its symbol at or after its own time.

    Args:
        recorded: bars of each symbol, in time order.
        signals: as for :func:`replay`.
        desk: with its account opened.
        ways: how the bars of each symbol are traded on.
        finer: bars of a shorter interval inside each, by symbol and opening; may be empty.
        progress: is told how many bars are done.
    """
    begun = count(1)

    def path(symbol: str) -> Iterator[Step]:
        for bar in recorded[symbol]:
            inside = finer.get((symbol, bar.opened_at), ())
            yield from steps_of(desk.engine, bar, ways[symbol], inside, desk.on_quote)
            if desk.measures_days:
                desk.past.volatility.on_bar(bar)
            progress(next(begun))

    waiting, seen = _Waiting(signals), dict[str, Signal]()
    steps = in_time_order(path(symbol) for symbol in recorded)
    for (at, phase), together in groupby(steps, key=lambda step: step.order):
        yield from _until(desk, at)
        opened: list[str] = []
        for step in together:
            yield from step.take()
            opened.append(step.symbol)
        for signal in waiting.due(opened, at) if phase is Phase.OPEN else ():
            yield from _take(desk, replace(signal, received_at=at), seen)
    for signal in waiting.rest():
        yield from _take(desk, signal, seen)
    yield from desk.give_up()


class _Waiting:
    """Signals in time order that wait for a bar of their symbol."""

    def __init__(self, signals: Signals) -> None:
        self._by_symbol: dict[str, deque[Signal | UnreadableSignal]] = {}
        for signal in signals:
            symbol = "" if isinstance(signal, UnreadableSignal) else signal.symbol
            self._by_symbol.setdefault(symbol, deque()).append(signal)

    def due(self, symbols: Iterable[str], at: Instant) -> list[Signal | UnreadableSignal]:
        """Take the signals that a bar of one of these symbols lets decide, oldest first."""
        found: list[Signal | UnreadableSignal] = []
        for symbol in ("", *symbols):
            queue = self._by_symbol.get(symbol, deque())
            while queue and queue[0].received_at <= at:
                found.append(queue.popleft())
        return sorted(found, key=lambda signal: signal.received_at)

    def rest(self) -> list[Signal | UnreadableSignal]:
        """Return the signals that no bar came for, oldest first."""
        left = [signal for queue in self._by_symbol.values() for signal in queue]
        return sorted(left, key=lambda signal: signal.received_at)


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
