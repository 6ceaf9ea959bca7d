"""What a bar does not tell about the positions that live through it, and what is taken instead.

Prices are known to have been at the open, at both extremes and at the close, not in which order.
Three things follow for a position. A bar that reaches both its stop-loss and a take-profit does not
tell which came first. A position that is entered inside the bar may have met its stop-loss before
it existed. A stop that the bar itself has moved may have been reached where it stood before.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from fxpaper.domain.bar import Bar
from fxpaper.domain.event import (
    OrderChanged,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import OrderState, Side, TriggerSide
from fxpaper.domain.position import Position
from fxpaper.engine.book import Edge
from fxpaper.engine.levels import Level, Owner, Role, levels_of_position
from fxpaper.engine.venue import Doubt, Venue

_TAKES_PROFIT = frozenset({Role.TAKE_PROFIT, Role.RUNG})
_STOPS = frozenset({Role.STOP_LOSS})
_ORDERS = frozenset({Role.ORDER, Role.ORDER_TRAIL})
_FALLS = {Edge.BID_FALLS, Edge.ASK_FALLS}
_OF_THE_ASK = {Edge.ASK_FALLS, Edge.ASK_RISES}


class BarPolicy(StrEnum):
    """What is taken where a bar leaves two ways open."""

    PESSIMISTIC = "pessimistic"
    """The stop-loss."""
    ADAPTIVE = "adaptive"
    """What the path brings that goes to the extreme nearer to the open first."""
    OPTIMISTIC = "optimistic"
    """The take-profit, or no exit."""


class Prices(msgspec.Struct, frozen=True):
    """Bids of a bar, in points, with the spread that makes asks of them.

    Args:
        bar: whose.
        spread: ask minus bid.
    """

    bar: Bar
    spread: Points

    @property
    def high_first(self) -> bool:
        """Whether the path goes to the high before the low: the nearer to the open is first."""
        return self.bar.high - self.bar.open < self.bar.open - self.bar.low

    @property
    def extremes(self) -> tuple[Points, Points]:
        """High and low in the order of the path."""
        high, low = self.bar.high, self.bar.low
        return (high, low) if self.high_first else (low, high)

    def bid_at(self, level: Level) -> Points:
        """Return the bid at which a level is met."""
        if level.trigger is TriggerSide.MID:
            half, odd = divmod(self.spread, 2)
            return level.price - half - (odd if level.edge in _FALLS else 0)
        return level.price - (self.spread if level.edge in _OF_THE_ASK else 0)

    def reach(self, level: Level) -> bool:
        """Tell whether some price of the bar meets a level."""
        at = self.bid_at(level)
        return self.bar.low <= at if level.edge in _FALLS else self.bar.high >= at

    def end_beyond(self, level: Level) -> bool:
        """Tell whether the close meets a level."""
        at = self.bid_at(level)
        return self.bar.close <= at if level.edge in _FALLS else self.bar.close >= at

    def last(self, position: Position) -> Points:
        """Return the price at which a position could be closed when the bar ends."""
        return self.bar.close + (0 if position.side is Side.BUY else self.spread)


class Doubts:
    """Decides, for every position of one symbol, what one bar leaves open."""

    def __init__(self, venue: Venue, prices: Prices, policy: BarPolicy) -> None:
        self._venue = venue
        self._prices = prices
        self._policy = policy
        self._seen: dict[Owner, Position] = {}
        self._held: set[Owner] = set()
        self._suspended: dict[Owner, frozenset[Role]] = {}

    def decide(self) -> None:
        """Decide for every position that is open before the path leaves the open."""
        for account, state in self._venue.state.accounts.items():
            for position in list(state.positions.values()):
                if position.symbol == self._prices.bar.symbol:
                    self._decide(position)
            self._held |= {
                Owner(account, order.id)
                for order in state.orders.values()
                if order.state is OrderState.HELD
            }

    def follow(self, caused: Sequence[Recorded], here: Points, ahead: Sequence[Points]) -> Points:
        """Let what a price inside the bar has caused raise new doubts.

        Args:
            caused: by that price.
            here: the bid.
            ahead: bids that the path still goes to.

        Returns where the path must go next so that the worst comes true: ``here`` mostly, or the
        bid that reaches the stop-loss of a position which has just been entered.
        """
        worst = here
        for recorded in caused:
            match recorded.event:
                case PositionOpened(position) | PositionChanged(position):
                    if position.symbol == self._prices.bar.symbol:
                        worst = self._changed(position, here, ahead, worst)
                case PositionClosed(position):
                    self._seen.pop(Owner(position.account, position.id), None)
                case OrderChanged(order):
                    owner = Owner(order.account, order.id)
                    if owner in self._held and order.state is OrderState.PLACED:
                        self._suspend(owner, _ORDERS)
                case _:
                    pass
        return worst

    def end(self) -> None:
        """Let every level count again; the bar is over."""
        for owner in [*self._suspended]:
            self._suspend(owner, frozenset())
        for owner in [*self._venue.doubts]:
            if owner in self._seen or not self._is_open(owner):
                del self._venue.doubts[owner]

    def _decide(self, position: Position) -> None:
        owner = Owner(position.account, position.id)
        self._seen[owner] = position
        stop, take = self._stop(position), self._first_profit(position)
        if stop is None or take is None or not self._prices.reach(stop):
            return
        self._venue.doubts[owner] = Doubt(stop=stop.price, other=take.price)
        self._suspend(owner, _TAKES_PROFIT if self._stops_first(position) else _STOPS)

    def _stops_first(self, position: Position) -> bool:
        match self._policy:
            case BarPolicy.PESSIMISTIC:
                return True
            case BarPolicy.OPTIMISTIC:
                return False
            case BarPolicy.ADAPTIVE:
                return (position.side is Side.SELL) == self._prices.high_first

    def _changed(
        self, position: Position, here: Points, ahead: Sequence[Points], worst: Points
    ) -> Points:
        owner = Owner(position.account, position.id)
        before = self._seen.get(owner)
        self._seen[owner] = position
        if before is None or position.lots > before.lots:
            return self._entered(position, here, ahead, worst)
        if position.lots < before.lots and self._suspended.get(owner) == _STOPS:
            self._suspend(owner, frozenset())
        elif position.stop_loss != before.stop_loss:
            self._raise(position)
        return worst

    def _entered(
        self, position: Position, here: Points, ahead: Sequence[Points], worst: Points
    ) -> Points:
        owner, stop = Owner(position.account, position.id), self._stop(position)
        self._suspend(owner, _TAKES_PROFIT)
        if stop is None or self._comes_after(stop, here) or not self._raise(position):
            return worst
        at = self._prices.bid_at(stop)
        falls = stop.edge in _FALLS
        if self._policy is BarPolicy.OPTIMISTIC:
            self._suspend(owner, _TAKES_PROFIT | _STOPS)
        elif self._policy is BarPolicy.PESSIMISTIC:
            comes = min(ahead) <= at if falls else max(ahead) >= at
            return worst if comes else (min(worst, at) if falls else max(worst, at))
        return worst

    def _comes_after(self, stop: Level, here: Points) -> bool:
        """Tell whether the path passes a stop surely after an entry: both lie on one side."""
        opens = self._prices.bar.open
        return opens > here if stop.edge in _FALLS else opens < here

    def _raise(self, position: Position) -> bool:
        """Doubt a stop that the bar reaches but does not end beyond; tell whether it does."""
        stop = self._stop(position)
        if stop is None or not self._prices.reach(stop) or self._prices.end_beyond(stop):
            return False
        doubt = Doubt(stop=stop.price, other=self._prices.last(position))
        self._venue.doubts.setdefault(Owner(position.account, position.id), doubt)
        return True

    def _stop(self, position: Position) -> Level | None:
        levels = levels_of_position(position)
        return next((level for level in levels if level.role is Role.STOP_LOSS), None)

    def _first_profit(self, position: Position) -> Level | None:
        """Return the take-profit that the bar reaches first, or None."""
        reached = [
            level
            for level in levels_of_position(position)
            if level.role in _TAKES_PROFIT and self._prices.reach(level)
        ]
        long = position.side is Side.BUY
        return min(reached, key=lambda x: x.price if long else -x.price, default=None)

    def _suspend(self, owner: Owner, roles: frozenset[Role]) -> None:
        """Let some levels of a position or order not count; none suspended: all count."""
        for kept in (self._suspended, self._venue.suspended):
            if roles:
                kept[owner] = roles
            else:
                kept.pop(owner, None)
        state = self._venue.state.accounts[owner.account]
        position, order = state.positions.get(owner.id), state.orders.get(owner.id)
        if position is not None:
            self._venue.watch_position(position)
        if order is not None:
            self._venue.watch_order(order)

    def _is_open(self, owner: Owner) -> bool:
        return owner.id in self._venue.state.accounts[owner.account].positions
