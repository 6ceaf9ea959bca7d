"""Margin calls, stop-outs and floors, watched without looking at every account on every quote.

Theory of operation. While each quote that an account's worth depends on stays inside a band, the
account's equity cannot have moved by more than its distance to the next thing that would happen to
it, so nothing can have happened. The edges of the bands are levels in the trigger book; crossing
one looks at that account alone, exactly, and sets new bands.

The distance is shared out evenly between the symbols. What a symbol can take away per point is
what its own positions lose per point, plus what its being a conversion rate does to the profits
that go through it; both are taken without sign, as if everything moved against the account at
once. A band is never wider than a tenth of the price, so that rates inside it differ from today's
by less than a ninth, which a margin of 1.3 covers, the products of two such changes included.
Floats serve here, because a band only has to be narrow enough; what happens is decided exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from fxpaper.domain.account import Mode
from fxpaper.domain.event import CashKind, CashMoved, MarginCalled, MarginRestored, StoppedOut
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.money import currency_digits
from fxpaper.domain.order import DealReason
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.engine import marking
from fxpaper.engine.board import PIVOT
from fxpaper.engine.book import Edge
from fxpaper.engine.closing import leave_at_market
from fxpaper.engine.levels import Level, Owner, Role
from fxpaper.engine.profit import point_worth
from fxpaper.engine.state import AccountState
from fxpaper.engine.valuation import equity, margin_level
from fxpaper.engine.venue import Venue

_SAFETY = 1.3
_WIDEST = 0.1


def review(venue: Venue, account: str, at: Instant, *, loaded: bool = False) -> None:
    """Look at an account: call, restore or stop it out if it is time, and watch it anew.

    One that is just ``loaded`` has its floors judged at the next thing that happens: ``at`` is not
    now.
    """
    state = venue.state.accounts[account]
    marking.mark(venue, account, at)
    if _has_margin(state):
        _judge(venue, state, at)
    if not state.margin and state.account.margin_called:
        worth = equity(state, venue.board)
        venue.record(account, at, MarginRestored(worth, state.margin, None))
    if not loaded:
        marking.judge(venue, state, at)
    venue.books.renew(Owner(account), _bands(venue, state))
    venue.touched.pop(account, None)


def _judge(venue: Venue, state: AccountState, at: Instant) -> None:
    if not marking.known(venue, state):
        return
    account, profile = state.account, venue.board.profile
    worth, margin = equity(state, venue.board), state.margin
    called = worth * 100 <= profile.margin_call * margin
    level = margin_level(worth, margin) or Decimal(0)
    if called and not account.margin_called:
        venue.record(account.id, at, MarginCalled(worth, margin, level))
    elif account.margin_called and not called:
        venue.record(account.id, at, MarginRestored(worth, margin, level))
    if worth * 100 <= profile.stop_out * margin:
        _stop_out(venue, state, at)


def _stop_out(venue: Venue, state: AccountState, at: Instant) -> None:
    """Close the position with the largest loss, again and again, until the level is above."""
    name, limit = state.account.id, venue.board.profile.stop_out
    if _worst(venue, state, at) is None:
        return
    worth = equity(state, venue.board)
    level = margin_level(worth, state.margin) or Decimal(0)
    venue.record(name, at, StoppedOut(worth, state.margin, level))
    while state.margin and equity(state, venue.board) * 100 <= limit * state.margin:
        worst = _worst(venue, state, at)
        if worst is None:
            return
        leave_at_market(venue, worst, at, DealReason.STOP_OUT)
    balance = state.account.balance
    protected = venue.board.profile.negative_balance_protection
    if not state.positions and balance < 0 and protected:
        moved = CashMoved(CashKind.NEGATIVE_BALANCE, -balance, balance - balance)
        venue.record(name, at, moved)


def _worst(venue: Venue, state: AccountState, at: Instant) -> Position | None:
    """Return the position with the largest loss among those that can be traded."""
    tradeable = [
        position
        for position in state.positions.values()
        if venue.untradeable(position.symbol, at) is None
        and state.holdings[position.symbol].revalue(venue.board)
    ]
    return min(
        tradeable,
        key=lambda p: state.holdings[p.symbol].profit(p.id) + p.swap,
        default=None,
    )


def _has_margin(state: AccountState) -> bool:
    """Tell whether an account's margin is watched here; a live account's broker does it."""
    return bool(state.margin) and state.account.mode is not Mode.LIVE


def _bands(venue: Venue, state: AccountState) -> Iterator[Level]:
    """Yield the levels between which nothing can happen to an account."""
    floors = [float(floor) for _, floor in marking.unreached(venue, state)]
    waits = state.account.id in venue.unmarked
    if not (_has_margin(state) or (state.holdings and (floors or waits))):
        return
    owner, quotes = Owner(state.account.id), venue.board.quotes
    symbols = dict.fromkeys(_symbols(venue, state))
    if not marking.known(venue, state):
        for symbol in symbols:
            if symbol not in quotes:
                yield Level(owner, Role.WATCH, symbol, Edge.ASK_RISES, 0)
        return
    slack = _slack(venue, state, floors)
    for symbol in symbols:
        if symbol not in quotes:
            yield Level(owner, Role.WATCH, symbol, Edge.ASK_RISES, 0)
            continue
        width = 0
        if slack > 0:
            per_point = _per_point(venue, state, symbol) * _SAFETY * len(symbols)
            widest = int(quotes[symbol].bid * _WIDEST)
            width = min(int(slack / per_point), widest) if per_point else widest
        yield from _edges(owner, quotes[symbol], width, unsettled=slack <= 0)


def _edges(owner: Owner, quote: Quote, width: Points, *, unsettled: bool) -> Iterator[Level]:
    name = quote.symbol
    if unsettled:
        yield Level(owner, Role.WATCH, name, Edge.ASK_RISES, 0)
        return
    yield Level(owner, Role.WATCH, name, Edge.BID_FALLS, quote.bid - width - 1)
    yield Level(owner, Role.WATCH, name, Edge.BID_RISES, quote.bid + width + 1)
    yield Level(owner, Role.WATCH, name, Edge.ASK_FALLS, quote.ask - width - 1)
    yield Level(owner, Role.WATCH, name, Edge.ASK_RISES, quote.ask + width + 1)


def _slack(venue: Venue, state: AccountState, floors: list[float]) -> float:
    """Return by how much equity can move before something happens; 0 when it is due already."""
    worth = float(equity(state, venue.board))
    distances = [worth - floor for floor in floors]
    if _has_margin(state):
        distances += _to_margin(venue, state, worth)
    rounding = (len(state.positions) + 1) / 10.0 ** currency_digits(state.account.currency)
    return min(distances) - rounding


def _to_margin(venue: Venue, state: AccountState, worth: float) -> tuple[float, float]:
    """Return how far equity is from the stop-out or a margin call, and from its end."""
    profile, margin = venue.board.profile, float(state.margin)
    call, stop = (float(level) / 100 * margin for level in (profile.margin_call, profile.stop_out))
    called = state.account.margin_called
    below = worth - max(call, stop) if not called else worth - stop
    above = call - worth if called else below
    return below, above


def _symbols(venue: Venue, state: AccountState) -> Iterator[str]:
    """Yield every symbol that an account's worth depends on."""
    for symbol in state.holdings:
        yield symbol
        source = venue.board.instruments[symbol].quote
        yield from _converting(venue, source, state.account.currency)


def _converting(venue: Venue, source: str, currency: str) -> tuple[str, ...]:
    """Return the symbols that rates go through, as the board finds them; unquoted ones too.

    While the pair of the two has no quote the rate goes through the dollar, and jumps when it has.
    """
    board = venue.board
    direct = board.conversion_symbols(source, currency)
    if all(symbol in board.quotes for symbol in direct):
        return direct
    first = board.conversion_symbols(source, PIVOT)
    return tuple(dict.fromkeys((*direct, *first, *board.conversion_symbols(PIVOT, currency))))


def _per_point(venue: Venue, state: AccountState, symbol: str) -> float:
    """Return how much equity can move per point of a symbol, everything taken without sign."""
    board, currency = venue.board, state.account.currency
    minor = 10.0 ** currency_digits(currency)
    total = 0.0
    for held, holding in state.holdings.items():
        instrument = board.instruments[held]
        rate = board.rate(instrument.quote, currency, owed=True)
        if held == symbol and rate is not None:
            total += float(holding.lots) * float(point_worth(instrument)) * float(rate)
        if symbol in _converting(venue, instrument.quote, currency):
            total += holding.moved / minor / board.quotes[symbol].bid
    return total
