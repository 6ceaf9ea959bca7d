"""Crosses worked out from two pairs: EURGBP from EURUSD and GBPUSD. They say so in their source.

A cross is sold by selling through both pairs and bought by buying through both, so its spread
holds both spreads; bids are rounded down and asks up. It is one grade worse than its worse leg and
as old as its older one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

import msgspec

from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport

_BRIDGES = ("USD", "EUR", "GBP", "JPY")
_GRADES = list(Grade)


class Leg(msgspec.Struct, frozen=True):
    """One of the two pairs.

    Args:
        symbol: of the pair.
        inverted: whether its price is divided by instead of multiplied with.
    """

    symbol: str
    inverted: bool


class Triangle(msgspec.Struct, frozen=True):
    """How a cross is worked out.

    Args:
        symbol: of the cross.
        legs: from its base to a third currency, and from there to its quote.
    """

    symbol: str
    legs: tuple[Leg, Leg]

    @property
    def name(self) -> str:
        """What its quotes give as their source: ``EURUSD/GBPUSD``."""
        first, second = self.legs
        shown = f"1/{first.symbol}" if first.inverted else first.symbol
        return f"{shown}{'/' if second.inverted else '*'}{second.symbol}"


class Crosses:
    """The symbols that no source quotes but that can be worked out.

    Args:
        symbols: that are wanted.
        instruments: the known ones.
        quoted: tells whether some source quotes a symbol.
    """

    def __init__(
        self,
        symbols: Iterable[str],
        instruments: Mapping[str, Instrument],
        quoted: Callable[[str], bool],
    ) -> None:
        self._instruments = instruments
        self._through: dict[str, list[Triangle]] = {}
        for symbol in symbols:
            if symbol not in instruments or quoted(symbol):
                continue
            triangle = find_triangle(symbol, instruments, quoted)
            if triangle is not None:
                for leg in triangle.legs:
                    self._through.setdefault(leg.symbol, []).append(triangle)

    @property
    def legs(self) -> tuple[str, ...]:
        """Pairs whose quotes are needed."""
        return tuple(self._through)

    def worked_out(self, symbol: str, latest: Callable[[str], Quote | None]) -> list[Quote]:
        """Return the crosses that a new quote of a pair changes."""
        found = (
            quote_of(triangle, self._instruments, latest)
            for triangle in self._through.get(symbol, ())
        )
        return [quote for quote in found if quote is not None]


def find_triangle(
    symbol: str, instruments: Mapping[str, Instrument], quoted: Callable[[str], bool]
) -> Triangle | None:
    """Return how a cross can be worked out from pairs that are quoted, or None.

    Args:
        symbol: of the cross.
        instruments: the known ones.
        quoted: tells whether some source quotes a symbol.
    """
    cross = instruments[symbol]
    pairs = {
        (one.base, one.quote): one.symbol
        for one in instruments.values()
        if one.symbol != symbol and quoted(one.symbol)
    }
    for bridge in _BRIDGES:
        first = _leg(pairs, cross.base, bridge)
        second = _leg(pairs, bridge, cross.quote)
        if first is not None and second is not None:
            return Triangle(symbol, (first, second))
    return None


def quote_of(
    triangle: Triangle, instruments: Mapping[str, Instrument], latest: Callable[[str], Quote | None]
) -> Quote | None:
    """Return a cross's quote from the latest ones of its legs, or None without both."""
    quotes: list[Quote] = []
    bid = ask = Fraction(1)
    for leg in triangle.legs:
        quote = latest(leg.symbol)
        if quote is None or quote.bid <= 0:
            return None
        scale = 10 ** instruments[leg.symbol].digits
        low, high = Fraction(quote.bid, scale), Fraction(quote.ask, scale)
        bid *= 1 / high if leg.inverted else low
        ask *= 1 / low if leg.inverted else high
        quotes.append(quote)
    scale = 10 ** instruments[triangle.symbol].digits
    return Quote(
        triangle.symbol,
        bid.numerator * scale // bid.denominator,
        -(-ask.numerator * scale // ask.denominator),
        min(quote.quoted_at for quote in quotes),
        max(quote.received_at for quote in quotes),
        _evidence(triangle.name, [quote.evidence for quote in quotes]),
    )


def _leg(pairs: Mapping[tuple[str, str], str], base: str, quote: str) -> Leg | None:
    if (base, quote) in pairs:
        return Leg(pairs[base, quote], inverted=False)
    if (quote, base) in pairs:
        return Leg(pairs[quote, base], inverted=True)
    return None


def _evidence(name: str, legs: Iterable[Evidence]) -> Evidence:
    legs = list(legs)
    worst = max(_GRADES.index(leg.grade) for leg in legs)
    transports = {leg.transport for leg in legs}
    transport = next(
        one
        for one in (Transport.SIMULATED, Transport.FILE, Transport.REST, Transport.STREAM)
        if one in transports
    )
    return Evidence(name, transport, Spread.MODELLED, _GRADES[min(worst + 1, len(_GRADES) - 1)])
