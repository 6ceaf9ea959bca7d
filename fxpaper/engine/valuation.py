"""What an account is worth at the latest quotes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.account import Valuation
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import from_minor, to_decimal
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.matching import market_price
from fxpaper.engine.state import AccountState


def close_price(position: Position, board: PriceBoard) -> Points | None:
    """Return what a position would close at now, in points; None before the first quote."""
    quote = board.quotes.get(position.symbol)
    return None if quote is None else market_price(position.side.opposite, quote)


def equity(state: AccountState, board: PriceBoard) -> Decimal:
    """Return balance plus floating profit, accrued swap included, at the latest quotes.

    A symbol whose profit is unknown, for want of a quote, counts as zero.
    """
    floating, worth = 0, state.account.balance
    for holding in state.holdings.values():
        worth += holding.swap
        if holding.revalue(board):
            floating += holding.floating
    return worth + from_minor(floating, state.account.currency)


def margin_level(equity: Decimal, margin: Decimal) -> Decimal | None:
    """Return equity over margin in per cent; None without margin."""
    return to_decimal(Fraction(equity) / Fraction(margin) * 100, 2) if margin else None


def value(state: AccountState, board: PriceBoard) -> Valuation:
    """Return balance, equity and margin of an account at the latest quotes.

    A position whose profit is unknown counts as zero and makes the valuation incomplete.
    """
    worth, margin = equity(state, board), state.margin
    known = {symbol for symbol, holding in state.holdings.items() if holding.revalue(board)}
    profits = {
        position.id: state.holdings[position.symbol].profit(position.id)
        if position.symbol in known
        else None
        for position in state.positions.values()
    }
    return Valuation(
        balance=state.account.balance,
        floating_profit=worth - state.account.balance,
        equity=worth,
        margin=margin,
        free_margin=worth - margin,
        margin_level=margin_level(worth, margin),
        profits=profits,
        complete=len(known) == len(state.holdings),
    )
