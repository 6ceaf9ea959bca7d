"""Where the result of a closed volume comes from: an exact account of every cost.

In lots times points of the quote currency, with ``side`` 1 for a long position and -1 for a short
one, everything telescopes::

    mid      = side * (mid decided at the close - mid decided at the entry)
    delay    = side * (mid filled - mid decided) at the entry, the reverse at the close
    spread   = half of ask minus bid at each end
    slippage = what is left between the mid and the price, at each end
    mid - delay - spread - slippage = side * (close price - entry price)

which is converted at the mid rate; what converting at the bid or the ask costs beyond that is the
last cost. Each cost is rounded once and ``mid`` takes the rest, so the sum is exact to the cent.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.deal import Attribution
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import post
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Quote


class Ends(msgspec.Struct, frozen=True, kw_only=True):
    """Both ends of a closed volume; values are lots times points.

    Args:
        side: of the position.
        lots: that close.
        entry_mid: bid plus ask when the entry was decided.
        entry_fill_mid: bid plus ask when it was filled.
        entry_spread: ask minus bid when it was filled.
        entry_value: paid.
        decided_mid: bid plus ask, in points, when the close was decided.
        quote: that the close was filled on.
        price: of the close, in points.
    """

    side: Side
    lots: Decimal
    entry_mid: Decimal
    entry_fill_mid: Decimal
    entry_spread: Decimal
    entry_value: Decimal
    decided_mid: Points
    quote: Quote
    price: Points


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """What the same volume brought and cost, account currency.

    Args:
        currency: of the account.
        worth: of one point of one lot, in quote currency.
        applied: rate that the profit was converted at.
        mid: the same rate between bid and ask.
        profit: posted.
        commission: of both ends, never positive.
        swap: settled.
    """

    currency: str
    worth: Fraction
    applied: Fraction
    mid: Fraction
    profit: Decimal
    commission: Decimal
    swap: Decimal


def attribution(ends: Ends, money: Money) -> Attribution:
    """Return where a result comes from; the parts add up to the net result to the cent."""
    sign = 1 if ends.side is Side.BUY else -1
    filled_mid = ends.quote.bid + ends.quote.ask
    lots = Fraction(ends.lots)
    entry_mid, entry_fill = Fraction(ends.entry_mid), Fraction(ends.entry_fill_mid)
    delay = sign * ((entry_fill - entry_mid) + lots * (ends.decided_mid - filled_mid)) / 2
    spread = (Fraction(ends.entry_spread) + lots * ends.quote.spread) / 2
    paid = sign * (Fraction(ends.entry_value) - entry_fill / 2)
    paid += sign * lots * (Fraction(filled_mid, 2) - ends.price)
    gross = sign * (lots * ends.price - Fraction(ends.entry_value)) * money.worth

    per_point = money.worth * money.mid

    def posted(points: Fraction) -> Decimal:
        return post(points * per_point, money.currency)

    costs = (posted(delay), posted(spread), posted(paid - spread))
    conversion = post(gross * (money.mid - money.applied), money.currency)
    return Attribution(
        mid=money.profit + sum(costs) + conversion,
        delay=costs[0],
        spread=costs[1],
        slippage=costs[2],
        commission=-money.commission,
        swap=-money.swap,
        conversion=conversion,
        net=money.profit + money.commission + money.swap,
    )
