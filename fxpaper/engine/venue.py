"""What the parts of the engine share, and the one door through which anything happens.

:meth:`Venue.record` numbers an event, lets it take effect, and lets the books, the timers and the
orders that depend on it follow, so that no part can forget to.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from fxpaper.domain.event import (
    Event,
    OrderChanged,
    OrderEnded,
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    Recorded,
    SwapAccrued,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import BrokerProfile, Points
from fxpaper.domain.limits import Limits
from fxpaper.domain.order import DealReason, Order
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.books import Books
from fxpaper.engine.costs import CostModel
from fxpaper.engine.gate import FillLimits, unfit
from fxpaper.engine.levels import Owner, Role, levels_of_order, levels_of_position
from fxpaper.engine.ranges import Ranges
from fxpaper.engine.sessions import next_rollover
from fxpaper.engine.state import State
from fxpaper.engine.timers import Timer, TimerKind, Timers

Reaction = Callable[["Venue", str, Instant, Event], None]
_STOPPED = {
    DealReason.STOP_LOSS,
    DealReason.STOP_ON_OPEN,
    DealReason.TRAILING_STOP,
    DealReason.BREAK_EVEN,
}


class Doubt(msgspec.Struct, frozen=True):
    """Two ways that a bar leaves open for a position.

    Args:
        stop: its stop-loss, in points.
        other: where it would be closed, or stand at the bar's end, had the stop not acted, in
            points.
    """

    stop: Points
    other: Points

    def otherwise(self, reason: DealReason) -> Points | None:
        """Return the price of the way not taken; None where the bar leaves no doubt of an exit."""
        if reason is DealReason.TAKE_PROFIT:
            return self.stop
        return self.other if reason in _STOPPED else None


class Venue:
    """The broker's side of everything: prices, rules, accounts, and what waits.

    Args:
        profile: the broker's rules.
        limits: what a quote must satisfy to be traded on.
        costs: how orders reach the market.
        ranges: how far prices have moved lately.
        react: is called after every event, for the orders that depend on it.
        account_limits: what accounts may lose, and by which days; None marks no days.
    """

    def __init__(
        self,
        profile: BrokerProfile,
        limits: FillLimits,
        costs: CostModel,
        ranges: Ranges,
        react: Reaction,
        account_limits: Limits | None = None,
    ) -> None:
        self.board = PriceBoard(profile)
        self.limits = limits
        self.costs = costs
        self.account_limits = account_limits
        self.ranges = ranges
        self.state = State(self.board)
        self.books = Books()
        self.timers = Timers()
        self.touched: dict[str, None] = {}
        """Accounts whose money or margin has moved since they were watched last."""
        self.unmarked: dict[str, Instant] = {}
        """Accounts whose day has begun, and when, but is not marked yet."""
        self.moved: dict[str, None] = {}
        """Symbols whose orders or positions have changed and have not met their quote since."""
        self.suspended: dict[Owner, frozenset[Role]] = {}
        """Levels of these positions and orders that do not count for the rest of a bar."""
        self.inside_bar = False
        """Whether prices are a bar's extremes, on which nothing that waits for a quote fills."""
        self.doubts: dict[Owner, Doubt] = {}
        """What a bar leaves open about the exits of these positions."""
        self._react = react
        self._caused: list[Recorded] = []

    def record(self, account: str, at: Instant, event: Event) -> None:
        """Let an event happen."""
        self._caused.append(self.state.record(account, at, event))
        self.touched[account] = None
        self.follow(event)
        self._react(self, account, at, event)

    def note(self, account: str, at: Instant, event: Event) -> None:
        """Let an event happen that touches neither money nor orders; nobody reacts to it."""
        self._caused.append(self.state.record(account, at, event))

    def take(self) -> list[Recorded]:
        """Return what has happened since the last call."""
        caused, self._caused = self._caused, []
        return caused

    def follow(self, event: Event) -> None:
        """Let the books and timers follow an event."""
        match event:
            case PositionOpened(position) | PositionChanged(position) | SwapAccrued(position):
                self.watch_position(position)
            case PositionClosed(position):
                self.books.renew(Owner(position.account, position.id), ())
            case OrderPlaced(order) | OrderChanged(order):
                self.watch_order(order)
            case OrderFilled(order) | OrderEnded(order):
                self.books.renew(Owner(order.account, order.id), ())
                self.books.wait(order, None)
            case _:
                pass

    def watch_position(self, position: Position) -> None:
        """Let a position's levels and timers wait, and those only."""
        owner = Owner(position.account, position.id)
        without = self.suspended.get(owner, frozenset())
        levels = (level for level in levels_of_position(position) if level.role not in without)
        self.books.renew(owner, levels)
        self.moved[position.symbol] = None
        rolled = max(position.opened_at, position.rolled_at)
        self.timers.add(Timer(next_rollover(rolled), TimerKind.ROLLOVER))
        if position.exits.close_at is not None:
            self.timers.add(self._timer(position.exits.close_at, TimerKind.CLOSE, position))

    def watch_order(self, order: Order) -> None:
        """Let an order's levels and timers wait, and those only."""
        owner = Owner(order.account, order.id)
        without = self.suspended.get(owner, frozenset())
        levels = (level for level in levels_of_order(order) if level.role not in without)
        self.books.renew(owner, levels)
        self.moved[order.symbol] = None
        self.books.wait(order, None if order.state.done else order.due_at)
        if order.expires_at is not None:
            self.timers.add(self._timer(order.expires_at, TimerKind.EXPIRE, order))

    def untradeable(self, symbol: str, now: Instant) -> Refused | None:
        """Return why a symbol cannot be traded at ``now``, or None when it can."""
        quote = self.board.quotes.get(symbol)
        if quote is None:
            return Refused(
                code=RefusalCode.NO_QUOTE,
                actual="no quote",
                text=f"No quote of {symbol} has arrived yet.",
            )
        return unfit(quote, self.board.instruments[symbol], now, self.limits)

    def measure(self, quote: Quote) -> Points:
        """Return what slippage is measured in, at a quote, in points."""
        return self.ranges.measure(self.costs.slippage, quote)

    def _timer(self, at: Instant, kind: TimerKind, what: Order | Position) -> Timer:
        return Timer(at, kind, int(what.id.partition("-")[2]), what.account, what.id)
