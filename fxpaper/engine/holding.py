"""What one account's positions of one symbol hold and float at.

Amounts are whole minor units (cents) of the account's currency: each position's profit is rounded
half-even by itself, exactly as the ledger would post it, and the sum is a sum of integers. It is
remembered until a quote that matters moves: one that has not moved costs a comparison of two
prices and two rates, however many positions are open, and a position that comes or goes costs its
own profit.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.money import currency_digits, from_minor, half_even, post
from fxpaper.domain.order import Side
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.margin import hedged_margin
from fxpaper.engine.profit import point_worth

_Key = tuple[Points, Points, Fraction, Fraction]
_SIDES = (Side.BUY, Side.SELL)


class _Open(NamedTuple):
    """A position as integers: lots and value over one denominator."""

    position: Position
    lots: int
    value: int
    denominator: int


class Holding:
    """The open positions of one symbol.

    Args:
        instrument: of all of them.
        currency: of the account.
    """

    __slots__ = (
        "_currency",
        "_floating",
        "_instrument",
        "_key",
        "_lots",
        "_margins",
        "_minor",
        "_open",
        "_worth",
        "floating",
        "margin",
        "moved",
        "swap",
    )

    def __init__(self, instrument: Instrument, currency: str) -> None:
        self._instrument = instrument
        self._currency = currency
        self._minor = 10 ** currency_digits(currency)
        self._worth = point_worth(instrument).as_integer_ratio()
        self._open: dict[str, _Open] = {}
        self._lots = {side: Decimal(0) for side in _SIDES}
        self._margins = {side: post(Fraction(0), currency) for side in _SIDES}
        self._key: _Key | None = None
        self._floating: dict[str, int] = {}
        self.floating = 0
        """Sum of the price profits, minor units, at the quotes of the latest :meth:`revalue`."""
        self.moved = 0
        """Sum of the same without their signs."""
        self.margin = post(Fraction(0), currency)
        """Held for all of them, account currency."""
        self.swap = post(Fraction(0), currency)
        """Accrued by all of them, account currency."""

    def __len__(self) -> int:
        """Return how many positions are open."""
        return len(self._open)

    @property
    def lots(self) -> Decimal:
        """Bought and sold together."""
        return self._lots[Side.BUY] + self._lots[Side.SELL]

    def put(self, position: Position) -> None:
        """Take in a position that has opened or changed."""
        if position.id in self._open:
            self._forget(position.id)
        lots, value = Fraction(position.lots), Fraction(position.value)
        denominator = lots.denominator * value.denominator
        self._open[position.id] = _Open(
            position,
            lots.numerator * value.denominator,
            value.numerator * lots.denominator,
            denominator,
        )
        self._lots[position.side] += position.lots
        self._margins[position.side] += position.margin
        self.swap += position.swap
        self.margin = self._held()
        self._remember(position.id)

    def remove(self, position_id: str) -> None:
        """Forget a position that has closed."""
        self._forget(position_id)
        self.margin = self._held()

    def margin_with(self, side: Side, lots: Decimal, margin: Decimal) -> Decimal:
        """Return what would be held with so much more, or less, on one side."""
        more = {s: (self._lots[s] + (lots if s is side else 0)) for s in _SIDES}
        held = {s: (self._margins[s] + (margin if s is side else 0)) for s in _SIDES}
        return self._margin_of(more, held)

    def revalue(self, board: PriceBoard) -> bool:
        """Bring the profits up to the latest quotes; False when some quote is not known yet."""
        instrument = self._instrument
        quote = board.quotes.get(instrument.symbol)
        gain = board.rate(instrument.quote, self._currency, owed=False)
        loss = board.rate(instrument.quote, self._currency, owed=True)
        if quote is None or gain is None or loss is None:
            return False
        key = (quote.bid, quote.ask, gain, loss)
        if key != self._key:
            self._key = key
            self._floating.clear()
            self.floating = self.moved = 0
            for position_id in self._open:
                self._remember(position_id)
        return True

    def profit(self, position_id: str) -> Decimal:
        """Return a position's price profit at the quotes of the latest :meth:`revalue`."""
        return from_minor(self._floating[position_id], self._currency)

    def _forget(self, position_id: str) -> None:
        position = self._open.pop(position_id).position
        self._lots[position.side] -= position.lots
        self._margins[position.side] -= position.margin
        self.swap -= position.swap
        amount = self._floating.pop(position_id, 0)
        self.floating -= amount
        self.moved -= abs(amount)

    def _remember(self, position_id: str) -> None:
        if self._key is None:
            return
        position, lots, value, denominator = self._open[position_id]
        bid, ask, gain, loss = self._key
        bought = position.side is Side.BUY
        points = bid * lots - value if bought else value - ask * lots
        rate = loss if points < 0 else gain
        worth, parts = self._worth
        amount = half_even(
            points * worth * rate.numerator * self._minor,
            denominator * parts * rate.denominator,
        )
        self._floating[position_id] = amount
        self.floating += amount
        self.moved += abs(amount)

    def _held(self) -> Decimal:
        return self._margin_of(self._lots, self._margins)

    def _margin_of(self, lots: dict[Side, Decimal], margins: dict[Side, Decimal]) -> Decimal:
        if not lots[Side.SELL]:
            return margins[Side.BUY]
        if not lots[Side.BUY]:
            return margins[Side.SELL]
        return post(
            hedged_margin(
                self._instrument,
                (lots[Side.BUY], lots[Side.SELL]),
                (margins[Side.BUY], margins[Side.SELL]),
            ),
            self._currency,
        )
