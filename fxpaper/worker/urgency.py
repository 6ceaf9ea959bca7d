"""How much a fresh price of a symbol matters to the accounts."""

from __future__ import annotations

from fxpaper.aggregator.planner import Urgency
from fxpaper.domain.instrument import Points
from fxpaper.engine.book import NEVER_ABOVE, NEVER_BELOW
from fxpaper.engine.engine import Engine

NEAR_PIPS = 15
"""A level no further than this from the market is near."""


def urgency_of(engine: Engine, symbol: str) -> Urgency:
    """Return whether a symbol is near a level, has a position, or is only watched."""
    distance = _nearest(engine, symbol)
    if distance is not None and distance <= NEAR_PIPS * engine.board.instruments[symbol].pip:
        return Urgency.NEAR_LEVEL
    at_risk = any(
        position.symbol == symbol
        for state in engine.state.accounts.values()
        for position in state.positions.values()
    )
    return Urgency.AT_RISK if at_risk else Urgency.WATCHED


def _nearest(engine: Engine, symbol: str) -> Points | None:
    """Return how far the market is from the first level that waits, or None without one."""
    book, quote = engine.venue.books.by_symbol.get(symbol), engine.board.quotes.get(symbol)
    if book is None or quote is None:
        return None
    distances = [
        price - level if below else level - price
        for level, price, below in (
            (book.bid_low, quote.bid, True),
            (book.bid_high, quote.bid, False),
            (book.ask_low, quote.ask, True),
            (book.ask_high, quote.ask, False),
        )
        if level not in {NEVER_ABOVE, NEVER_BELOW}
    ]
    return min(distances, default=None)
