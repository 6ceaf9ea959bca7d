"""What one account's positions of one symbol float at, remembered until a quote that matters moves.

Amounts are whole minor units (cents) of the account's currency: each position's profit is rounded
half-even by itself, exactly as the ledger would post it, and the sum is a sum of integers. A quote
that has not moved costs a comparison of two prices and two rates, however many positions are open;
a position that comes or goes costs its own profit.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.instrument import Points
from fxpaper.domain.money import currency_digits, from_minor, half_even
from fxpaper.domain.order import Side
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.profit import gross_profit

_Key = tuple[Points, Points, Fraction, Fraction]


class Holding:
    """The open positions of one symbol.

    Args:
        symbol: of all of them.
        currency: of the account.
    """

    __slots__ = ("_currency", "_floating", "_key", "_minor", "_symbol", "_units", "floating")

    def __init__(self, symbol: str, currency: str) -> None:
        self._symbol = symbol
        self._currency = currency
        self._minor = 10 ** currency_digits(currency)
        self._units: dict[str, tuple[Position, int, int]] = {}
        self._key: _Key | None = None
        self._floating: dict[str, int] = {}
        self.floating = 0
        """Sum of the profits, minor units, at the quotes of the latest :meth:`revalue`."""

    def __len__(self) -> int:
        """Return how many positions are open."""
        return len(self._units)

    def add(self, position: Position, board: PriceBoard) -> None:
        """Take in a position that has opened."""
        instrument = board.instruments[self._symbol]
        unit = gross_profit(instrument, Side.BUY, position.lots, 0, 1)
        self._units[position.id] = (position, *unit.as_integer_ratio())
        self._remember(position.id)

    def remove(self, position_id: str) -> None:
        """Forget a position that has closed."""
        del self._units[position_id]
        self.floating -= self._floating.pop(position_id, 0)

    def revalue(self, board: PriceBoard) -> bool:
        """Bring the profits up to the latest quotes; False when some quote is not known yet."""
        quote = board.quotes.get(self._symbol)
        source = board.instruments[self._symbol].quote
        gain = board.rate(source, self._currency, owed=False)
        loss = board.rate(source, self._currency, owed=True)
        if quote is None or gain is None or loss is None:
            return False
        key = (quote.bid, quote.ask, gain, loss)
        if key != self._key:
            self._key = key
            self._floating.clear()
            self.floating = 0
            for position_id in self._units:
                self._remember(position_id)
        return True

    def profit(self, position_id: str) -> Decimal:
        """Return a position's profit at the quotes of the latest :meth:`revalue`."""
        return from_minor(self._floating[position_id], self._currency)

    def _remember(self, position_id: str) -> None:
        if self._key is None:
            return
        position, numerator, denominator = self._units[position_id]
        bid, ask, gain, loss = self._key
        bought = position.side is Side.BUY
        points = bid - position.open_price if bought else position.open_price - ask
        rate = loss if points < 0 else gain
        amount = half_even(
            points * numerator * rate.numerator * self._minor, denominator * rate.denominator
        )
        self._floating[position_id] = amount
        self.floating += amount
