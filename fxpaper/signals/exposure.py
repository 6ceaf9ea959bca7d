"""What an account has at risk already: what it would lose if every stop-loss were hit now.

Counted from each entry to its present stop-loss, so a stop at break-even or beyond it adds nothing.
What has no stop-loss counts with its margin. Waiting orders count as if they were filled. Gains of
one position never pay for another's risk.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.money import to_decimal
from fxpaper.domain.order import Order, Side
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.matching import market_price
from fxpaper.engine.opening import margin_of
from fxpaper.engine.profit import point_worth
from fxpaper.engine.state import AccountState
from fxpaper.signals.rules import Theme


class Kind(StrEnum):
    """What a part of the risk has in common; the names of their checks."""

    LEG = "leg_risk"
    """A currency that is bought, or sold."""
    SYMBOL = "symbol_risk"
    MODEL = "model_risk"
    THEME = "theme_risk"


Part = tuple[Kind, str]
"""What a part has in common, and its name: ``(Kind.LEG, "long EUR")``."""


class AtRisk(msgspec.Struct, frozen=True):
    """What is at risk, account currency.

    Args:
        total: of everything open and waiting.
        parts: of everything that has something in common.
        count: how many positions are open and may open.
    """

    total: Decimal
    parts: dict[Part, Decimal]
    count: int


def at_risk(state: AccountState, board: PriceBoard, themes: Iterable[Theme] = ()) -> AtRisk:
    """Return what an account has at risk at the latest quotes."""
    factors: dict[str, Fraction] = {}
    total, parts, count = Fraction(0), defaultdict[Part, Fraction](Fraction), 0
    for item in _items(state, board):
        instrument = board.instruments[item.symbol]
        if item.symbol not in factors:
            factors[item.symbol] = _factor(instrument, state.account.currency, board)
        risk = _risk(item, factors[item.symbol])
        count += 1
        total += risk
        for part in parts_of(instrument, item.side, item.model, themes):
            parts[part] += risk
    money = {part: to_decimal(risk, 2) for part, risk in parts.items()}
    return AtRisk(to_decimal(total, 2), money, count)


def parts_of(
    instrument: Instrument, side: Side, model: str | None, themes: Iterable[Theme]
) -> Iterator[Part]:
    """Yield which parts of the risk a position belongs to."""
    bought, sold = (
        (instrument.base, instrument.quote)
        if side is Side.BUY
        else (instrument.quote, instrument.base)
    )
    yield Kind.LEG, f"long {bought}"
    yield Kind.LEG, f"short {sold}"
    yield Kind.SYMBOL, instrument.symbol
    if model is not None:
        yield Kind.MODEL, model
    for theme in themes:
        if theme.covers(instrument.symbol):
            yield Kind.THEME, theme.name


class _Item(msgspec.Struct, frozen=True):
    """Something that is open or may open."""

    symbol: str
    side: Side
    lots: Decimal
    entry: Points
    stop_loss: Points | None
    margin: Decimal
    model: str | None


def _items(state: AccountState, board: PriceBoard) -> Iterator[_Item]:
    yield from map(_of_position, state.positions.values())
    yield from _of_orders(state, board)


def _of_position(position: Position) -> _Item:
    return _Item(
        position.symbol,
        position.side,
        position.lots,
        position.open_price,
        position.stop_loss,
        position.margin,
        position.model,
    )


def _of_orders(state: AccountState, board: PriceBoard) -> Iterator[_Item]:
    """Yield what may open; an order on its way to the market counts as if it were there."""
    for order in state.orders.values():
        entry = order.limit or order.price or _market(order, board)
        if order.closes is None and order.reverses is None and entry is not None:
            yield _Item(
                order.symbol,
                order.side,
                order.lots,
                entry,
                order.stop_loss,
                _margin(order, entry, state, board),
                order.model,
            )


def _margin(order: Order, entry: Points, state: AccountState, board: PriceBoard) -> Decimal:
    """Return the margin that an order without a stop-loss would hold; 0 while it is unknown."""
    if order.stop_loss is not None:
        return Decimal(0)
    return to_decimal(margin_of(order, order.lots, entry, state, board) or Fraction(0), 2)


def _market(order: Order, board: PriceBoard) -> Points | None:
    quote = board.quotes.get(order.symbol)
    return None if quote is None else market_price(order.side, quote)


def _risk(item: _Item, factor: Fraction) -> Fraction:
    if item.stop_loss is None:
        return Fraction(item.margin)
    points = item.entry - item.stop_loss
    distance = points if item.side is Side.BUY else -points
    return max(distance, 0) * Fraction(item.lots) * factor


def _factor(instrument: Instrument, currency: str, board: PriceBoard) -> Fraction:
    """Return what a point of a lot is worth; without a quote, as if the currencies were equal."""
    rate = board.rate(instrument.quote, currency, owed=True)
    return point_worth(instrument) * (Fraction(1) if rate is None else rate)
