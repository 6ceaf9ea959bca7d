"""What an account may lose yet before a limit stops it, in money and in lots."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.limits import Limits
from fxpaper.domain.money import currency_digits, floor_to_step
from fxpaper.domain.order import Side
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.days import clock_of, next_end
from fxpaper.engine.floors import Floor, floors
from fxpaper.engine.matching import market_price
from fxpaper.engine.state import AccountState
from fxpaper.engine.stop_risk import loss_at_stop
from fxpaper.engine.valuation import equity
from fxpaper.signals.account_limits import at_stops


class Headroom(msgspec.Struct, frozen=True, kw_only=True):
    """How far an account is from its limits.

    Args:
        limits: of the account.
        equity: at the latest quotes, account currency.
        complete: False while some position's profit is unknown and counts as nothing.
        at_stops: equity if everything at risk were lost, account currency.
        floors: that equity has to stay above.
        reached: limits whose floor equity has reached today.
        day: the date that the trading day is called by.
        day_ends_at: nanoseconds UTC.
        lots: by symbol, the largest order that keeps equity above every floor if its stop-loss is
            hit; None where nothing limits it or a quote is missing.
        losses: closed trades that lost in a row.
        orders_minute: of signals, in the 60 seconds before now.
        orders_day: of signals, today.
    """

    limits: Limits
    equity: Decimal
    complete: bool
    at_stops: Decimal
    floors: tuple[Floor, ...]
    reached: frozenset[str]
    day: str
    day_ends_at: Instant
    lots: dict[str, Decimal | None]
    losses: int
    orders_minute: int
    orders_day: int


def headroom(
    state: AccountState,
    board: PriceBoard,
    limits: Limits,
    now: Instant,
    stops: tuple[Iterable[str], Decimal],
) -> Headroom:
    """Return how far an account is from its limits at the latest quotes.

    Args:
        state: of the account.
        board: the broker's rules and the latest quotes.
        limits: of the account.
        now: nanoseconds UTC.
        stops: symbols to work out lots for, and how far the stop-loss would be from the entry, in
            pips.
    """
    (symbols, pips), mark, currency = stops, state.today.mark, state.account.currency
    found = tuple(floors(limits, mark, currency))
    lost = at_stops(state, board)
    left = min((lost - floor.amount for floor in found), default=None)
    return Headroom(
        limits=limits,
        equity=equity(state, board),
        complete=all(holding.revalue(board) for holding in state.holdings.values()),
        at_stops=lost,
        floors=found,
        reached=frozenset(state.today.reached),
        day=clock_of(limits).day(mark.at).isoformat(),
        day_ends_at=next_end(limits, mark.at),
        lots={symbol: _lots(symbol, pips, left, currency, board) for symbol in symbols},
        losses=state.today.losses,
        orders_minute=state.today.orders_within_a_minute(now),
        orders_day=state.today.orders,
    )


def _lots(
    symbol: str, pips: Decimal, left: Decimal | None, currency: str, board: PriceBoard
) -> Decimal | None:
    """Return the lots whose loss leaves at least one cent of ``left``, on the worse side."""
    instrument, quote = board.instruments[symbol], board.quotes.get(symbol)
    if left is None or quote is None:
        return None
    distance = max(int(pips * instrument.pip), 1)
    worst = Fraction(0)
    for side, away in ((Side.BUY, -distance), (Side.SELL, distance)):
        entry = market_price(side, quote)
        loss = loss_at_stop(board, symbol, currency, side, (entry, entry + away))
        if loss is None:
            return None
        worst = max(worst, loss)
    least = Fraction(1, 10 ** currency_digits(currency))
    spare = max(Fraction(left) - least, Fraction(0))
    lots = min(floor_to_step(spare / worst, instrument.lot_step), instrument.max_lots)
    return lots if lots >= instrument.min_lots else lots - lots
