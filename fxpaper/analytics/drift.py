"""How far a live account's deals are from what its shadow did on paper with the same orders."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.money import to_decimal
from fxpaper.domain.order import Side
from fxpaper.domain.position import Position


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """Live less paper, of one position. Points and money are positive where live was worse.

    Args:
        position_id: the live one.
        symbol: canonical symbol.
        side: buy is long.
        lots: that the live one was opened with.
        entry: points that live paid more, on average over its fills.
        exit: points that live left for less; None until both are closed.
        spread: points that the spread was wider when live was filled than when paper was.
        slippage: points that live was filled worse than the quote of that moment.
        swap: that live paid more, account currency; None until both are closed.
        commission: that live paid more, account currency; None until both are closed.
        net: that live brought less, account currency; None until both are closed.
    """

    position_id: str
    symbol: str
    side: Side
    lots: Decimal
    entry: Decimal
    exit: Decimal | None
    spread: Decimal
    slippage: Decimal
    swap: Decimal | None
    commission: Decimal | None
    net: Decimal | None


def drift(
    position: Position, live: Sequence[Deal], paper: Sequence[Deal], *, both_closed: bool
) -> Drift | None:
    """Return how far two accounts' deals of one order are apart; None before both have filled.

    Args:
        position: the live one.
        live: its deals.
        paper: those of its twin.
        both_closed: whether neither is open any more.
    """
    ends = [(_of(deals, Entry.IN), _of(deals, Entry.OUT)) for deals in (live, paper)]
    (live_in, live_out), (paper_in, paper_out) = ends
    if not live_in or not paper_in:
        return None
    sign = 1 if position.side is Side.BUY else -1
    closed = both_closed and live_out and paper_out
    return Drift(
        position_id=position.id,
        symbol=position.symbol,
        side=position.side,
        lots=sum((deal.lots for deal in live_in), Decimal(0)),
        entry=_points(sign * (_price(live_in) - _price(paper_in))),
        exit=_points(sign * (_price(paper_out) - _price(live_out))) if closed else None,
        spread=_points(_spread(live_in) - _spread(paper_in)),
        slippage=_points(_slippage(live_in)),
        swap=_money(paper, "swap") - _money(live, "swap") if closed else None,
        commission=_money(paper, "commission") - _money(live, "commission") if closed else None,
        net=_net(paper) - _net(live) if closed else None,
    )


def together(rows: Iterable[Drift]) -> dict[str, Decimal | int | None]:
    """Return the mean of the points, by lots, and the sum of the money; None for no mean."""
    known = list(rows)
    closed = [row for row in known if row.net is not None]
    return {
        "pairs": len(known),
        "entry": _mean([(row.entry, row.lots) for row in known]),
        "exit": _mean([(row.exit, row.lots) for row in closed if row.exit is not None]),
        "spread": _mean([(row.spread, row.lots) for row in known]),
        "slippage": _mean([(row.slippage, row.lots) for row in known]),
        "swap": sum((row.swap for row in closed if row.swap is not None), Decimal(0)),
        "net": sum((row.net for row in closed if row.net is not None), Decimal(0)),
    }


def _of(deals: Sequence[Deal], entry: Entry) -> list[Deal]:
    return [deal for deal in deals if deal.entry is entry]


def _weighed(deals: Sequence[Deal], values: Sequence[int]) -> Fraction:
    lots = sum(Fraction(deal.lots) for deal in deals)
    pairs = zip(deals, values, strict=True)
    return sum((Fraction(deal.lots) * value for deal, value in pairs), Fraction(0)) / lots


def _price(deals: Sequence[Deal]) -> Fraction:
    return _weighed(deals, [deal.price for deal in deals])


def _spread(deals: Sequence[Deal]) -> Fraction:
    return _weighed(deals, [deal.quote.spread for deal in deals])


def _slippage(deals: Sequence[Deal]) -> Fraction:
    """Return how much worse than the quotes of the moment deals were, in points."""
    return _weighed(
        deals,
        [
            deal.price - deal.quote.ask if deal.side is Side.BUY else deal.quote.bid - deal.price
            for deal in deals
        ],
    )


def _money(deals: Sequence[Deal], name: str) -> Decimal:
    return sum((getattr(deal, name) for deal in deals), Decimal(0))


def _net(deals: Sequence[Deal]) -> Decimal:
    return _money(deals, "profit") + _money(deals, "swap") + _money(deals, "commission")


def _points(points: Fraction) -> Decimal:
    return to_decimal(points, 1)


def _mean(weighed: Sequence[tuple[Decimal, Decimal]]) -> Decimal | None:
    lots = sum((weight for _, weight in weighed), Decimal(0))
    if not lots:
        return None
    return _points(
        sum((Fraction(a) * Fraction(w) for a, w in weighed), Fraction(0)) / Fraction(lots)
    )
