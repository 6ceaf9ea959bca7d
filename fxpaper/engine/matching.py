"""Which side of the quote triggers, and what price is paid.

The rules are those on which MetaTrader 5 and OANDA agree. A buyer trades at the ask, a seller at
the bid. A stop becomes a market order where the market is, so a gap fills beyond the stop. A limit
fills at its own price: a gap in one's favour is not credited, because a broker may not pass it on.

A long position's stop-loss is a sell stop and its take-profit a sell limit; a short position's are
a buy stop and a buy limit.
"""

from __future__ import annotations

from enum import StrEnum

from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Quote
from fxpaper.engine.book import Edge


class LevelKind(StrEnum):
    """How a resting level fills."""

    STOP = "stop"
    LIMIT = "limit"


_EDGES = {
    (Side.BUY, LevelKind.LIMIT): Edge.ASK_FALLS,
    (Side.BUY, LevelKind.STOP): Edge.ASK_RISES,
    (Side.SELL, LevelKind.LIMIT): Edge.BID_RISES,
    (Side.SELL, LevelKind.STOP): Edge.BID_FALLS,
}


def edge_of(side: Side, kind: LevelKind) -> Edge:
    """Return the edge on which a level that buys or sells waits."""
    return _EDGES[side, kind]


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
