"""Recorded quotes as arrays, searched rather than walked.

Each symbol's prices lie in arrays of their own beside the place of each quote in the whole. Blocks
of them know their extremes, so a stretch that crosses nothing is passed over a block at a time: the
search looks closely at first, in growing windows, because the next hit is often near, and then at
extremes only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Evidence, Quote

_BLOCK = 2048
_FIRST_WINDOW = 128

Ints = npt.NDArray[np.int64]
Bounds = tuple[Points, Points, Points, Points]
"""The bid crosses at or below the first and at or above the second, the ask at the others."""


class SymbolTape:
    """The quotes of one symbol.

    Args:
        bid: in points.
        ask: in points.
        place: of each in the whole tape, rising.
    """

    def __init__(self, bid: Ints, ask: Ints, place: Ints) -> None:
        self.bid, self.ask, self.place = bid, ask, place
        self._extremes = [
            _per_block(np.minimum, bid),
            _per_block(np.maximum, bid),
            _per_block(np.minimum, ask),
            _per_block(np.maximum, ask),
        ]

    def next_crossing(self, start: int, bounds: Bounds) -> int:
        """Return the first quote from ``start`` on that crosses a bound; its length if none."""
        length, window = len(self.bid), _FIRST_WINDOW
        near = min((start // _BLOCK + 1) * _BLOCK, length)
        while start < near:
            stop = min(start + window, near)
            found = self._within(start, stop, bounds)
            if found < stop:
                return found
            start, window = stop, 4 * window
        block = self._next_block(start // _BLOCK, bounds) if start < length else None
        if block is None:
            return length
        return self._within(block * _BLOCK, min((block + 1) * _BLOCK, length), bounds)

    def before(self, place: int) -> int:
        """Return how many quotes come before a place in the whole tape."""
        return int(np.searchsorted(self.place, place))

    def _within(self, start: int, stop: int, bounds: Bounds) -> int:
        bid, ask = self.bid[start:stop], self.ask[start:stop]
        hits = (bid <= bounds[0]) | (bid >= bounds[1]) | (ask <= bounds[2]) | (ask >= bounds[3])
        first = int(hits.argmax())
        return start + first if hits[first] else stop

    def _next_block(self, start: int, bounds: Bounds) -> int | None:
        low, high, ask_low, ask_high = (extreme[start:] for extreme in self._extremes)
        hits = (low <= bounds[0]) | (high >= bounds[1]) | (ask_low <= bounds[2])
        hits |= ask_high >= bounds[3]
        first = int(hits.argmax())
        return start + first if hits[first] else None


class Tape:
    """Recorded quotes of several symbols in the order of their time.

    Args:
        symbols: canonical symbols.
        symbol: of each quote, as an index into ``symbols``.
        bid: in points.
        ask: in points.
        at: when each was quoted and received, nanoseconds UTC, never falling.
        evidence: of every quote.
    """

    def __init__(
        self,
        symbols: Sequence[str],
        symbol: npt.NDArray[np.integer],
        bid: Ints,
        ask: Ints,
        at: Ints,
        evidence: Evidence,
    ) -> None:
        self.symbols = tuple(symbols)
        self.at = at
        self._symbol, self._bid, self._ask = symbol, bid, ask
        self._evidence = evidence
        self.by_symbol = {name: self._part(number) for number, name in enumerate(self.symbols)}

    def __len__(self) -> int:
        """Return the number of quotes."""
        return len(self.at)

    def quote(self, place: int) -> Quote:
        """Return the quote at a place."""
        at = int(self.at[place])
        return Quote(
            self.symbols[int(self._symbol[place])],
            int(self._bid[place]),
            int(self._ask[place]),
            at,
            at,
            self._evidence,
        )

    def _part(self, number: int) -> SymbolTape:
        if len(self.symbols) == 1:
            return SymbolTape(self._bid, self._ask, np.arange(len(self.at), dtype=np.int64))
        place = np.flatnonzero(self._symbol == number).astype(np.int64)
        return SymbolTape(self._bid[place], self._ask[place], place)


def _per_block(reduce: np.ufunc, values: Ints) -> Ints:
    if not len(values):
        return values
    found: Ints = reduce.reduceat(values, np.arange(0, len(values), _BLOCK))
    return found
