"""The price board: a broker's rules beside the latest quote of each symbol."""

from __future__ import annotations

from fractions import Fraction

from fxpaper.domain.instrument import BrokerProfile, Conversion, Instrument, Points
from fxpaper.domain.quote import Quote

PIVOT = "USD"
_MILLION = 1_000_000
_RECEIVED, _MID, _OWED = 0, 1, 2


class PriceBoard:
    """What is needed to turn points into money.

    Args:
        profile: the broker's rules.
    """

    __slots__ = ("_free", "instruments", "profile", "quotes")

    def __init__(self, profile: BrokerProfile) -> None:
        self.profile = profile
        self.instruments: dict[str, Instrument] = profile.instruments
        self._free = not (
            profile.commission_per_lot
            or profile.commission_per_million
            or profile.commission_percent
        )
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
        at = _MID if self.profile.conversion is Conversion.MID else _OWED if owed else _RECEIVED
        return self._rate(source, target, at)

    def mid_rate(self, source: str, target: str) -> Fraction | None:
        """Return how much ``target`` one unit of ``source`` is half-way between bid and ask."""
        return Fraction(1) if source == target else self._rate(source, target, _MID)

    def conversion_symbols(self, source: str, target: str) -> tuple[str, ...]:
        """Return the symbols whose quotes :meth:`rate` needs; empty when none would do."""
        return conversion_symbols(source, target, self.instruments)

    def commission(
        self, symbol: str, lots: Fraction, price: Points, currency: str
    ) -> Fraction | None:
        """Return the charge for one side of a deal, not negative, in ``currency``, exactly.

        Charges by lot, by million and by per cent add up. None when one of them is in another
        currency and no quote converts it.

        Args:
            symbol: of the deal.
            lots: volume.
            price: of the deal, in points.
            currency: of the account.
        """
        if self._free:
            return Fraction(0)
        profile, total = self.profile, Fraction(0)
        if profile.commission_per_lot:
            factor = self.rate(profile.commission_currency, currency, owed=True)
            if factor is None:
                return None
            total += Fraction(profile.commission_per_lot) * lots * factor
        share = Fraction(profile.commission_per_million) / _MILLION
        share += Fraction(profile.commission_percent) / 100
        if share:
            instrument = self.instruments[symbol]
            factor = self.rate(instrument.quote, currency, owed=True)
            if factor is None:
                return None
            total += share * lots * price * instrument.point_value * factor
        return total

    def _rate(self, source: str, target: str, at: int) -> Fraction | None:
        direct = self._pair_rate(source, target, at)
        if direct is not None or PIVOT in (source, target):
            return direct
        first = self._pair_rate(source, PIVOT, at)
        second = self._pair_rate(PIVOT, target, at)
        return None if first is None or second is None else first * second

    def _pair_rate(self, source: str, target: str, at: int) -> Fraction | None:
        quote = self.quotes.get(source + target)
        if quote is not None:
            twice = (2 * quote.bid, quote.bid + quote.ask, 2 * quote.ask)[at]
            return Fraction(twice, 2 * 10 ** self.instruments[quote.symbol].digits)
        quote = self.quotes.get(target + source)
        if quote is not None:
            twice = (2 * quote.ask, quote.bid + quote.ask, 2 * quote.bid)[at]
            return Fraction(2 * 10 ** self.instruments[quote.symbol].digits, twice)
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
    if PIVOT in (source, target):
        return ()
    return conversion_symbols(source, PIVOT, instruments) + conversion_symbols(
        PIVOT, target, instruments
    )
