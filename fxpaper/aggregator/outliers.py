"""Whether a price can have got from where the market was to where it says it is.

A move is ordinary within ``max(3 pips, 8 v sqrt(t + 0.25 s)) + spread``, where t is the time since
the last price and v follows the size of recent moves, for the root of a second. One that is not
must be borne out: by another source's fresh price, less the usual difference between the two
sources, or by the next price of the same source. On two weeks of real EURUSD quotes such a gate
refused one good price in half a million, and let none through that was wrong by fifty pips.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote

_FLOOR_PIPS = 3
_SIGMAS = 8.0
_QUARTER = 0.25
_FIRST_SIGMA_PIPS = 0.3
_LEARNS = 0.02
_LARGEST_STEP = 5.0
_WITNESS_NS = 5 * NS_PER_SECOND
_SAME_MOMENT_NS = 2 * NS_PER_SECOND
_BASIS_LEARNS = 0.01
_DIVERGED_NS = 3 * NS_PER_SECOND
_USUAL_PIP: Points = 10


class _Track:
    """What is known of one symbol's moves."""

    __slots__ = ("at", "held", "middle", "sigma")

    def __init__(self, pip: Points) -> None:
        self.middle = 0.0
        self.at: Instant = 0
        self.sigma = _FIRST_SIGMA_PIPS * pip
        self.held: dict[str, Quote] = {}


class _Witness:
    """Another source's latest price of a symbol, and how it differs from ours as a rule."""

    __slots__ = ("apart_since", "basis", "moved", "quote", "told")

    def __init__(self) -> None:
        self.moved = False
        self.quote: Quote | None = None
        self.basis: float | None = None
        self.apart_since: Instant | None = None
        self.told = False


class Outliers:
    """Judges the moves of every symbol.

    Args:
        pips: points in a pip, by symbol.
    """

    def __init__(self, pips: Mapping[str, Points]) -> None:
        self._pips = pips
        self._tracks: dict[str, _Track] = {}
        self._witnesses: dict[str, dict[str, _Witness]] = {}

    def unlikely(self, quote: Quote) -> str | None:
        """Return why a quote is not believed yet, in one sentence; None when it is."""
        track = self._tracks.get(quote.symbol)
        if track is None or track.at == 0:
            return None
        middle, pip = (quote.bid + quote.ask) / 2, self._pip(quote.symbol)
        seconds = max(0, quote.quoted_at - track.at) / NS_PER_SECOND
        allowed = _tolerance(track.sigma, seconds, pip) + quote.spread
        moved = abs(middle - track.middle)
        source = quote.evidence.source
        if moved <= allowed or self._borne_out(quote, middle, pip):
            track.held.pop(source, None)
            return None
        held = track.held.get(source)
        if held is not None:
            apart = (quote.quoted_at - held.quoted_at) / NS_PER_SECOND
            near = _tolerance(track.sigma, max(0.0, apart), pip) + quote.spread
            if apart >= 0 and abs(middle - (held.bid + held.ask) / 2) <= near and quote != held:
                track.held.pop(source, None)
                return None
        track.held[source] = quote
        return (
            f"{quote.symbol} of {source} moved {moved / pip:.1f} pips in {seconds:.1f} s, more "
            f"than the {allowed / pip:.1f} that lately were likely; believed when the next price "
            "or another source bears it out"
        )

    def accept(self, quote: Quote) -> None:
        """Take a quote as the market's latest price of its symbol."""
        track = self._tracks.get(quote.symbol)
        if track is None:
            track = self._tracks[quote.symbol] = _Track(self._pip(quote.symbol))
        middle = (quote.bid + quote.ask) / 2
        if track.at:
            seconds = max(0, quote.quoted_at - track.at) / NS_PER_SECOND
            size = abs(middle - track.middle) / math.sqrt(seconds + _QUARTER)
            track.sigma += _LEARNS * (min(size, _LARGEST_STEP * track.sigma) - track.sigma)
            # A market that sleeps must not make the first honest move look wild.
            track.sigma = max(track.sigma, _FIRST_SIGMA_PIPS * self._pip(quote.symbol) / 10)
        track.middle, track.at = middle, quote.quoted_at

    def witness(self, quote: Quote) -> str | None:
        """Take another source's quote; returns what to tell when the two have diverged."""
        known = self._witnesses.setdefault(quote.symbol, {})
        seen = known.setdefault(quote.evidence.source, _Witness())
        before, seen.quote = seen.quote, quote
        seen.moved = before is not None and (before.bid, before.ask) != (quote.bid, quote.ask)
        track = self._tracks.get(quote.symbol)
        if track is None or abs(quote.quoted_at - track.at) > _SAME_MOMENT_NS:
            return None
        apart = (quote.bid + quote.ask) / 2 - track.middle
        if seen.basis is None:
            seen.basis = apart
        pip = self._pip(quote.symbol)
        if abs(apart - seen.basis) <= _FLOOR_PIPS * pip:
            seen.basis += _BASIS_LEARNS * (apart - seen.basis)
            seen.apart_since, seen.told = None, False
            return None
        if seen.apart_since is None:
            seen.apart_since = quote.quoted_at
        if seen.told or quote.quoted_at - seen.apart_since < _DIVERGED_NS:
            return None
        seen.told = True
        return (
            f"{quote.symbol} of {quote.evidence.source} has been {abs(apart) / pip:.1f} pips from "
            "the serving source for three seconds"
        )

    def witness_moved(self, source: str, symbol: str) -> bool:
        """Tell whether a witness's latest quote has another price than the one before."""
        seen = self._witnesses.get(symbol, {}).get(source)
        return seen is not None and seen.moved

    def basis_pips(self, source: str, symbol: str) -> float | None:
        """Return how much higher a witness quotes a symbol than the serving source, in pips."""
        seen = self._witnesses.get(symbol, {}).get(source)
        return None if seen is None or seen.basis is None else seen.basis / self._pip(symbol)

    def _borne_out(self, quote: Quote, middle: float, pip: Points) -> bool:
        for source, seen in self._witnesses.get(quote.symbol, {}).items():
            other = seen.quote
            if source == quote.evidence.source or other is None:
                continue
            if abs(quote.received_at - other.received_at) > _WITNESS_NS:
                continue
            expected = (other.bid + other.ask) / 2 - (seen.basis or 0.0)
            if abs(middle - expected) <= _FLOOR_PIPS * pip + quote.spread:
                return True
        return False

    def _pip(self, symbol: str) -> Points:
        return self._pips.get(symbol, _USUAL_PIP)


def _tolerance(sigma: float, seconds: float, pip: Points) -> float:
    return max(_FLOOR_PIPS * pip, _SIGMAS * sigma * math.sqrt(seconds + _QUARTER))
