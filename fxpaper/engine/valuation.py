"""What an account is worth at the latest quotes."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.account import Valuation
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.position import Position
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.matching import market_price
from fxpaper.engine.profit import gross_profit
from fxpaper.engine.state import AccountState


def close_price(position: Position, board: PriceBoard) -> Points | None:
    """Return what a position would close at now, in points; None before the first quote."""
    quote = board.quotes.get(position.symbol)
    return None if quote is None else market_price(position.side.opposite, quote)


def floating_profit(position: Position, currency: str, board: PriceBoard) -> Decimal | None:
    """Return what closing a position now would bring, in ``currency``; None without quotes."""
    price = close_price(position, board)
    if price is None:
        return None
    instrument = board.instruments[position.symbol]
    gross = gross_profit(instrument, position.side, position.lots, position.open_price, price)
    factor = board.rate(instrument.quote, currency, owed=gross < 0)
    return None if factor is None else post(gross * factor, currency)


def value(state: AccountState, board: PriceBoard) -> Valuation:
    """Return balance, equity and margin of an account at the latest quotes.

    A position whose profit is unknown counts as zero and makes the valuation incomplete.
    """
    account = state.account
    zero = post(Fraction(0), account.currency)
    profits = {
        position.id: floating_profit(position, account.currency, board)
        for position in state.positions.values()
    }
    floating = sum((profit for profit in profits.values() if profit is not None), zero)
    margin = sum((position.margin for position in state.positions.values()), zero)
    equity = account.balance + floating
    level = to_decimal(Fraction(equity) / Fraction(margin) * 100, 2) if margin else None
    return Valuation(
        balance=account.balance,
        floating_profit=floating,
        equity=equity,
        margin=margin,
        free_margin=equity - margin,
        margin_level=level,
        profits=profits,
        complete=None not in profits.values(),
    )
