"""The account's day is marked, and its equity held against the floors that the mark makes.

A day begins at the end of the one before, after that instant's swap: what the night costs belongs
to the day that ends. Where a position's profit is not known then, the mark is taken at the first
instant at which it is, and the event says so.
"""

from __future__ import annotations

from decimal import Decimal

from fxpaper.domain.account import SHADOW
from fxpaper.domain.event import DayBegan, LimitReached
from fxpaper.domain.instant import Instant
from fxpaper.domain.limits import Limits
from fxpaper.engine.days import clock_of, next_end
from fxpaper.engine.floors import floors
from fxpaper.engine.state import AccountState
from fxpaper.engine.timers import Timer, TimerKind
from fxpaper.engine.valuation import equity
from fxpaper.engine.venue import Venue


def await_end(venue: Venue, state: AccountState) -> None:
    """Let the end of an account's day wait."""
    if venue.account_limits is not None:
        ends = next_end(venue.account_limits, state.today.mark.at)
        venue.timers.add(Timer(ends, TimerKind.DAY))


def begin(venue: Venue, at: Instant, now: Instant) -> None:
    """Begin the day of every account whose last one ends at ``at``, and await the next end.

    Days that began and ended before ``now`` while nobody looked are not made up for.
    """
    limits = venue.account_limits
    if limits is None:
        return
    if next_end(limits, at) <= now:
        venue.timers.add(Timer(next_end(limits, at), TimerKind.DAY))
        return
    for name, state in venue.state.accounts.items():
        if next_end(limits, state.today.mark.at) <= at:
            venue.unmarked[name] = at
            mark(venue, name, at)
    venue.timers.add(Timer(next_end(limits, at), TimerKind.DAY))


def mark(venue: Venue, account: str, at: Instant) -> None:
    """Begin the day of an account that has not begun yet, once its equity is known."""
    began, limits = venue.unmarked.get(account), venue.account_limits
    if began is None or limits is None:
        return
    state = venue.state.accounts[account]
    if not known(venue, state):
        venue.touched[account] = None
        return
    del venue.unmarked[account]
    day, worth, before = clock_of(limits).day(at), equity(state, venue.board), state.today.mark
    event = DayBegan(
        day=day.isoformat(),
        balance=state.account.balance,
        equity=worth,
        peak=max(before.peak, worth),
        initial=before.initial,
        late=at != began,
    )
    venue.record(account, at, event)


def judge(venue: Venue, state: AccountState, at: Instant) -> None:
    """Record each floor that an account's equity has reached, once a day."""
    for limit, floor in unreached(venue, state):
        worth = equity(state, venue.board)
        if worth <= floor and known(venue, state):
            venue.record(state.account.id, at, LimitReached(limit, worth, floor))


def unreached(venue: Venue, state: AccountState) -> list[tuple[str, Decimal]]:
    """Return the floors that an account's equity has not reached today, by limit."""
    limits: Limits | None = venue.account_limits
    account = state.account
    if limits is None or account.id.endswith(SHADOW) or account.id in venue.unmarked:
        return []
    return [
        (one.limit, one.amount)
        for one in floors(limits, state.today.mark, account.currency)
        if one.limit not in state.today.reached
    ]


def known(venue: Venue, state: AccountState) -> bool:
    """Tell whether the profit of everything open is known."""
    return all(holding.revalue(venue.board) for holding in state.holdings.values())
