"""How far the mid price of each symbol has moved lately: what volatility-scaled slippage asks.

Two deques per symbol keep the candidates for the highest and the lowest price of the window
(each quote is appended once and dropped once), so a quote costs a few comparisons; without such
slippage nothing is kept at all.
"""

from __future__ import annotations

from collections import deque

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote
from fxpaper.engine.costs import Slippage, SlippageKind


class Ranges:
    """Ranges over a sliding window.

    Args:
        slippage: tells the window, and whether any range is needed.
    """

    def __init__(self, slippage: Slippage) -> None:
        self.needed = slippage.kind is SlippageKind.RANGE
        self._window = slippage.window_ns
        self._highs: dict[str, deque[tuple[Instant, Points]]] = {}
        self._lows: dict[str, deque[tuple[Instant, Points]]] = {}

    def add(self, quote: Quote) -> None:
        """Take the next quote of a symbol."""
        twice, at = quote.bid + quote.ask, quote.received_at
        highs = self._highs.setdefault(quote.symbol, deque())
        lows = self._lows.setdefault(quote.symbol, deque())
        while highs and highs[-1][1] <= twice:
            highs.pop()
        while lows and lows[-1][1] >= twice:
            lows.pop()
        for kept in (highs, lows):
            kept.append((at, twice))
            while kept[0][0] < at - self._window:
                kept.popleft()

    def measure(self, slippage: Slippage, quote: Quote) -> Points:
        """Return what a slippage is parts of at a quote, in points; 1 for a fixed one."""
        match slippage.kind:
            case SlippageKind.SPREAD:
                return quote.spread
            case SlippageKind.RANGE:
                return self._range(quote.symbol)
            case SlippageKind.NONE | SlippageKind.FIXED:
                return 1

    def _range(self, symbol: str) -> Points:
        highs, lows = self._highs.get(symbol), self._lows.get(symbol)
        return (highs[0][1] - lows[0][1]) // 2 if highs and lows else 0
