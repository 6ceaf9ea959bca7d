"""The rollover: at 17:00 New York every open position earns or pays its swap.

A position that is open at that instant pays, however short it lives; the swap is kept with the
position, counts in equity, and is settled with the deal that closes it (MetaTrader 5's way).
"""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from fxpaper.domain.account import Mode
from fxpaper.domain.event import SwapAccrued
from fxpaper.domain.instant import Instant
from fxpaper.domain.money import post
from fxpaper.domain.position import Position
from fxpaper.engine.matching import market_price
from fxpaper.engine.sessions import next_rollover, trading_date
from fxpaper.engine.swap import nights, swap
from fxpaper.engine.timers import Timer, TimerKind
from fxpaper.engine.venue import Venue


def roll(venue: Venue, at: Instant) -> None:
    """Accrue what the rollover at ``at`` earns and costs, and await the next one."""
    waiting = False
    for state in venue.state.accounts.values():
        if state.account.mode is Mode.LIVE:
            continue
        for position in list(state.positions.values()):
            waiting = True
            if max(position.opened_at, position.rolled_at) < at:
                _accrue(venue, position, state.account.currency, at)
    if waiting:
        venue.timers.add(Timer(next_rollover(at), TimerKind.ROLLOVER))


def _accrue(venue: Venue, position: Position, currency: str, at: Instant) -> None:
    instrument = venue.board.instruments[position.symbol]
    count = nights(instrument, trading_date(at - 1))
    quote = venue.board.quotes.get(position.symbol)
    price = position.open_price
    if quote is not None:
        price = market_price(position.side.opposite, quote)
    amount, source = swap(instrument, position.side, position.lots, position.value, price, currency)
    if not amount or not count:
        return
    factor = _factor(venue, position, source, currency, owed=amount < 0)
    money = amount * count * factor
    posted = post(money, currency)
    rolled = replace(position, swap=position.swap + posted, rolled_at=at)
    event = SwapAccrued(position=rolled, amount=posted, nights=count, price=price)
    venue.record(position.account, at, event)


def _factor(
    venue: Venue, position: Position, source: str, currency: str, *, owed: bool
) -> Fraction:
    """Return the rate that converts a swap; without a quote, what the position last knew."""
    factor = venue.board.rate(source, currency, owed=owed)
    if factor is not None:
        return factor
    instrument, known = venue.board.instruments[position.symbol], Fraction(position.conversion)
    if source == instrument.base:
        return Fraction(position.open_price, 10**instrument.digits) * known
    return known
