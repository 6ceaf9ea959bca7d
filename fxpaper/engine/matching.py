"""Which side of the quote triggers, and what price is paid.

The rules are those on which MetaTrader 5 and OANDA agree. A buyer trades at the ask, a seller at
the bid. A stop becomes a market order where the market is, so a gap fills beyond the stop. A limit
fills at its own price: a gap in one's favour is not credited, because a broker may not pass it on.

A long position's stop-loss is a sell stop and its take-profit a sell limit; a short position's are
a buy stop and a buy limit. A level may be triggered by another side of the quote (OANDA's
``triggerCondition``); it still fills on the default side.
"""

from __future__ import annotations

from enum import StrEnum

from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side, TriggerSide
from fxpaper.domain.quote import Quote
from fxpaper.engine.book import Edge


class LevelKind(StrEnum):
    """How a resting level fills."""

    STOP = "stop"
    LIMIT = "limit"


_RISES = {(Side.BUY, LevelKind.STOP), (Side.SELL, LevelKind.LIMIT)}


def edge_of(side: Side, kind: LevelKind, trigger: TriggerSide = TriggerSide.DEFAULT) -> Edge:
    """Return the edge on which a level that buys or sells waits.

    The mid price reaches a level only when the ask has risen, or the bid has fallen, to it, so a
    level triggered by the mid waits there and :func:`confirms` looks again.
    """
    rises = (side, kind) in _RISES
    match trigger:
        case TriggerSide.BID:
            on_ask = False
        case TriggerSide.ASK:
            on_ask = True
        case TriggerSide.MID:
            on_ask = rises
        case TriggerSide.DEFAULT | TriggerSide.DOUBLE_TOUCH:
            on_ask = side is Side.BUY
    if on_ask:
        return Edge.ASK_RISES if rises else Edge.ASK_FALLS
    return Edge.BID_RISES if rises else Edge.BID_FALLS


def confirms(trigger: TriggerSide, edge: Edge, price: Points, quote: Quote) -> bool:
    """Tell whether a quote that crossed a level's edge really reaches it."""
    if trigger is not TriggerSide.MID:
        return True
    twice = quote.bid + quote.ask
    return twice >= 2 * price if edge is Edge.ASK_RISES else twice <= 2 * price


def market_price(side: Side, quote: Quote) -> Points:
    """Return what a market order pays: the ask for a buyer, the bid for a seller."""
    return quote.ask if side is Side.BUY else quote.bid


def level_price(side: Side, kind: LevelKind, price: Points, quote: Quote) -> Points:
    """Return what a triggered level pays on the quote that triggered it.

    Args:
        side: of the deal that the level makes; a long position's levels sell.
        kind: stop or limit.
        price: the level, in points.
        quote: the quote that crossed it.
    """
    if kind is LevelKind.LIMIT:
        return price
    market = market_price(side, quote)
    return max(price, market) if side is Side.BUY else min(price, market)


def is_worse(side: Side, price: Points, bound: Points) -> bool:
    """Tell whether a deal at ``price`` pays more, or gets less, than ``bound``."""
    return price > bound if side is Side.BUY else price < bound
