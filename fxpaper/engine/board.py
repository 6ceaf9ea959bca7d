"""The price board: a broker's rules beside the latest quote of each symbol."""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.instrument import BrokerProfile, Instrument
from fxpaper.domain.quote import Quote

_PIVOT = "USD"


class PriceBoard:
    """What is needed to turn points into money.

    Args:
        profile: the broker's rules.
    """

    __slots__ = ("instruments", "profile", "quotes")

    def __init__(self, profile: BrokerProfile) -> None:
        self.profile = profile
        self.instruments: dict[str, Instrument] = profile.instruments
        self.quotes: dict[str, Quote] = {}
        """Latest quote of each symbol, fit to trade on or not."""

    def rate(self, source: str, target: str, *, owed: bool) -> Fraction | None:
        """Return how much ``target`` one unit of ``source`` is, exactly; None without a quote.

        What is received is sold at the bid; what is owed is bought at the ask (the two directions
        of OANDA's ``gainQuoteHomeConversionFactor`` and ``lossQuoteHomeConversionFactor``). Uses
        the pair of the two currencies, in either direction, or else goes through the US dollar.

        Args:
            source: currency of the amount.
            target: currency it becomes.
            owed: True for a loss, a margin or a charge; False for a profit.
        """
        if source == target:
            return Fraction(1)
        direct = self._pair_rate(source, target, owed=owed)
        if direct is not None or _PIVOT in (source, target):
            return direct
        first = self._pair_rate(source, _PIVOT, owed=owed)
        second = self._pair_rate(_PIVOT, target, owed=owed)
        return None if first is None or second is None else first * second

    def conversion_symbols(self, source: str, target: str) -> tuple[str, ...]:
        """Return the symbols whose quotes :meth:`rate` needs; empty when none would do."""
        return conversion_symbols(source, target, self.instruments)

    def commission(self, lots: Fraction, currency: str) -> Fraction | None:
        """Return the charge for one side of a deal, not negative, in ``currency``, exactly.

        None when it is charged in another currency and no quote converts it.
        """
        charge = Fraction(self.profile.commission_per_lot) * lots
        if charge == 0:
            return charge
        factor = self.rate(self.profile.commission_currency, currency, owed=True)
        return None if factor is None else charge * factor

    def _pair_rate(self, source: str, target: str, *, owed: bool) -> Fraction | None:
        quote = self.quotes.get(source + target)
        if quote is not None:
            points = quote.ask if owed else quote.bid
            return Fraction(points, 10 ** self.instruments[quote.symbol].digits)
        quote = self.quotes.get(target + source)
        if quote is not None:
            points = quote.bid if owed else quote.ask
            return Fraction(10 ** self.instruments[quote.symbol].digits, points)
        return None


def conversion_symbols(
    source: str, target: str, instruments: dict[str, Instrument]
) -> tuple[str, ...]:
    """Return the symbols that convert ``source`` to ``target``; empty when none would do."""
    if source == target:
        return ()
    for symbol in (source + target, target + source):
        if symbol in instruments:
            return (symbol,)
    if _PIVOT in (source, target):
        return ()
    return conversion_symbols(source, _PIVOT, instruments) + conversion_symbols(
        _PIVOT, target, instruments
    )
