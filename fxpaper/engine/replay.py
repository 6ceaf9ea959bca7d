"""Skipping through recorded quotes: the same events as feeding every quote, found by search.

Theory of operation. A quote that crosses no level, at which no timer is due and for which nobody
waits changes nothing but the latest prices. So the next quote that matters is searched for in the
arrays, the latest prices are set to those before it, and the engine runs only there. The levels
are the trigger books' own, so what is skipped is exactly what the engine would have passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote
from fxpaper.engine.engine import Engine
from fxpaper.engine.tape import Bounds, Tape
from fxpaper.engine.timers import NEVER


class Stage(Protocol):
    """What quotes and times are played to: an engine, or a desk in front of one."""

    @property
    def engine(self) -> Engine:
        """Whose books are searched for."""

    def on_quote(self, quote: Quote) -> list[Recorded]:
        """Take the next quote that matters."""

    def on_time(self, now: Instant) -> list[Recorded]:
        """Let what is due act."""

    def next_timer(self) -> Instant:
        """Return when something is due next."""

    def awaits(self, symbol: str) -> bool:
        """Tell whether the next quote of a symbol matters whatever its prices."""


class _Found:
    """The next crossing of a symbol, while its bounds stay."""

    __slots__ = ("bounds", "index")

    def __init__(self) -> None:
        self.bounds: Bounds | None = None
        self.index = -1


class Replay:
    """Plays a tape to a stage.

    Args:
        tape: recorded quotes.
        stage: what they are played to.
        every: whether no quote may be skipped, whatever the engine itself needs.
    """

    def __init__(self, tape: Tape, stage: Stage, *, every: bool = False) -> None:
        self.place = 0
        """Quotes before this one have been played."""
        self._tape = tape
        self._stage = stage
        self._found = {symbol: _Found() for symbol in tape.symbols}
        self._known = dict.fromkeys(tape.symbols, 0)
        self._every = every or stage.engine.needs_every_quote

    def play_until(self, stop: int) -> Iterator[list[Recorded]]:
        """Play the quotes before ``stop`` and yield what each that matters has caused."""
        stage, tape = self._stage, self._tape
        while True:
            timer = stage.next_timer()
            limit = stop
            if timer < NEVER:
                limit = min(stop, max(self.place, int(tape.at.searchsorted(timer))))
            hit = self._next_hit(limit)
            if hit < limit:
                self._catch_up(hit)
                self.place = hit + 1
                yield stage.on_quote(tape.quote(hit))
            elif limit < stop:
                self._catch_up(limit)
                self.place = limit
                yield stage.on_time(timer)
            else:
                self._catch_up(stop)
                self.place = max(stop, self.place)
                return

    def _next_hit(self, limit: int) -> int:
        """Return the place of the next quote before ``limit`` that matters, or ``limit``."""
        if self._every:
            return min(self.place, limit)
        for symbol in self._tape.symbols:
            limit = min(limit, self._next_of(symbol, limit))
        return limit

    def _next_of(self, symbol: str, limit: int) -> int:
        book = self._stage.engine.venue.books.by_symbol.get(symbol)
        part = self._tape.by_symbol[symbol]
        awaited = self._stage.awaits(symbol)
        if book is None and not awaited:
            return limit
        start = self._start(symbol)
        if start >= len(part.place):
            return limit
        if book is None or awaited:
            return int(part.place[start])
        bounds = (book.bid_low, book.bid_high, book.ask_low, book.ask_high)
        found = self._found[symbol]
        if found.bounds != bounds or found.index < start:
            found.bounds, found.index = bounds, part.next_crossing(start, bounds)
        place = int(part.place[found.index]) if found.index < len(part.place) else limit
        if book.wake_at < NEVER:
            first = max(int(self._tape.at.searchsorted(book.wake_at)), self.place)
            woken = part.before(first)
            if woken < len(part.place):
                place = min(place, int(part.place[woken]))
        return place

    def _start(self, symbol: str) -> int:
        if len(self._tape.symbols) == 1:
            return self.place
        return self._tape.by_symbol[symbol].before(self.place)

    def _catch_up(self, place: int) -> None:
        """Set the latest prices to those before a place."""
        quotes = self._stage.engine.board.quotes
        for symbol, part in self._tape.by_symbol.items():
            count = place if len(self._tape.symbols) == 1 else part.before(place)
            if count > self._known[symbol]:
                quotes[symbol] = self._tape.quote(int(part.place[count - 1]))
                self._known[symbol] = count
