"""Trading on bars where there are no quotes: a bar becomes a path of prices.

Theory of operation. What
waits for a quote, an order that is late or a time exit, takes the open or the close and never an
extreme. The path opens at the open, where gaps fill; goes to the extreme that is nearer
to the open, then to the other one, then to the close, and stops on the way at every level it meets,
so a stop fills at its price and never at an extreme nobody could have known. Bars are of the bid;
the ask is a spread above it.

A bar does not tell which of two levels of one position came first. The policy decides, the exit is
marked ambiguous, and what the other order of things would have brought is kept beside it. An order
that fills inside a bar opens a position whose stop-loss counts at once, but whose take-profits
count from the next bar on. Bars of a finer interval, where there are any, are walked instead: what
they prove is not ambiguous.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import msgspec

from fxpaper.domain.bar import Bar
from fxpaper.domain.event import PositionOpened, Recorded
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Side
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.book import Edge
from fxpaper.engine.engine import Engine
from fxpaper.engine.levels import Owner, Role

EVIDENCE = Evidence("bars", Transport.FILE, Spread.MODELLED, Grade.C)
_TAKES_PROFIT = frozenset({Role.TAKE_PROFIT, Role.RUNG})
_STOPS = frozenset({Role.STOP_LOSS})
_OF_THE_ASK = {Edge.ASK_FALLS, Edge.ASK_RISES}


class BarPolicy(StrEnum):
    """Which of two levels inside one bar is taken to have come first."""

    PESSIMISTIC = "pessimistic"
    """The stop-loss."""
    ADAPTIVE = "adaptive"
    """The one on the side of the extreme that is nearer to the open."""
    OPTIMISTIC = "optimistic"
    """The take-profit."""


class Bars(msgspec.Struct, frozen=True):
    """How bars are traded on.

    Args:
        spread: ask minus bid, in points.
        length_ns: of a bar, nanoseconds.
        policy: which of two levels comes first.
    """

    spread: Points
    length_ns: int
    policy: BarPolicy = BarPolicy.PESSIMISTIC


class Hooks(msgspec.Struct, frozen=True):
    """Who takes part in a bar besides the engine.

    Args:
        on_quote: takes the prices in place of the engine, a desk in front of it for instance.
        opened: is called once the open is the latest price; what it causes is part of the bar.
    """

    on_quote: Callable[[Quote], list[Recorded]]
    opened: Callable[[], list[Recorded]]


def play_bar(
    engine: Engine, bar: Bar, how: Bars, finer: Sequence[Bar] = (), hooks: Hooks | None = None
) -> list[Recorded]:
    """Let an engine live through a bar and return what that caused.

    Args:
        engine: with its accounts.
        bar: closed; its prices are bids.
        how: spread and policy.
        finer: bars of a shorter interval that make up this one, oldest first, or none.
        hooks: who else takes part.
    """
    hooks = hooks or Hooks(engine.on_quote, list)
    if not finer:
        return _Walk(engine, bar, how, hooks).through()
    part = msgspec.structs.replace(how, length_ns=how.length_ns // len(finer))
    later = Hooks(hooks.on_quote, list)
    caused: list[Recorded] = []
    for number, one in enumerate(finer):
        caused += play_bar(engine, one, part, hooks=later if number else hooks)
    return caused


class _Walk:
    """One bar's path through an engine."""

    def __init__(self, engine: Engine, bar: Bar, how: Bars, hooks: Hooks) -> None:
        self._engine = engine
        self._hooks = hooks
        self._bar = bar
        self._how = how
        self._caused: list[Recorded] = []
        self._near_is_high = bar.high - bar.open < bar.open - bar.low

    def through(self) -> list[Recorded]:
        bar, ends = self._bar, self._bar.opened_at + self._how.length_ns
        venue = self._engine.venue
        extremes = (bar.high, bar.low) if self._near_is_high else (bar.low, bar.high)
        self._quote(bar.open, bar.opened_at)
        self._caused += self._hooks.opened()
        self._doubt()
        venue.inside_bar = True
        self._go(extremes[0], ends - 3)
        self._go(extremes[1], ends - 2)
        venue.inside_bar = False
        self._go(bar.close, ends - 1)
        for owner in [*venue.suspended]:
            self._let_go(owner)
        venue.doubts.clear()
        return self._caused

    def _doubt(self) -> None:
        """Decide for every position that this bar reaches both ends of."""
        venue, bar = self._engine.venue, self._bar
        for state in venue.state.accounts.values():
            for position in list(state.positions.values()):
                if position.symbol != bar.symbol:
                    continue
                take = self._reached_profit(position)
                if take is None or not self._reaches_stop(position):
                    continue
                stop_first = self._stop_first(position)
                other = take if stop_first else position.stop_loss
                owner = Owner(position.account, position.id)
                if other is not None:
                    venue.doubts[owner] = other
                self._suspend(owner, _TAKES_PROFIT if stop_first else _STOPS)

    def _stop_first(self, position: Position) -> bool:
        match self._how.policy:
            case BarPolicy.PESSIMISTIC:
                return True
            case BarPolicy.OPTIMISTIC:
                return False
            case BarPolicy.ADAPTIVE:
                return (position.side is Side.SELL) == self._near_is_high

    def _reaches_stop(self, position: Position) -> bool:
        stop, spread = position.stop_loss, self._how.spread
        if stop is None:
            return False
        if position.side is Side.BUY:
            return self._bar.low <= stop
        return self._bar.high + spread >= stop

    def _reached_profit(self, position: Position) -> Points | None:
        """Return the first take-profit that the bar reaches, in points, or None."""
        long, spread = position.side is Side.BUY, self._how.spread
        levels = [rung.price for rung in position.exits.ladder]
        levels += [] if position.take_profit is None else [position.take_profit]
        far = self._bar.high if long else self._bar.low + spread
        reached = [level for level in levels if (level <= far if long else level >= far)]
        return (min(reached) if long else max(reached)) if reached else None

    def _go(self, price: Points, at: Instant) -> None:
        """Move the bid to a price, stopping at every level on the way."""
        while True:
            here = self._engine.board.quotes[self._bar.symbol].bid
            stop = self._next_level(here, price)
            if stop is None:
                break
            self._quote(stop, at)
        self._quote(price, at)

    def _next_level(self, here: Points, price: Points) -> Points | None:
        """Return the bid at which the first level between two prices is met, or None."""
        book = self._engine.venue.books.by_symbol.get(self._bar.symbol)
        if book is None:
            return None
        spread, low, high = self._how.spread, min(here, price), max(here, price)
        met = {
            level.price - (spread if level.edge in _OF_THE_ASK else 0) for level in book.levels()
        }
        between = [one for one in met if low < one < high]
        if not between:
            return None
        return max(between) if price < here else min(between)

    def _quote(self, bid: Points, at: Instant) -> None:
        symbol = self._bar.symbol
        opens = at == self._bar.opened_at
        caused = (self._hooks.on_quote if opens else self._engine.on_quote)(
            Quote(symbol, bid, bid + self._how.spread, at, at, EVIDENCE)
        )
        self._caused += caused
        if opens:
            return
        for recorded in caused:
            if isinstance(recorded.event, PositionOpened):
                position = recorded.event.position
                self._suspend(Owner(position.account, position.id), _TAKES_PROFIT)
        for owner, roles in [*self._engine.venue.suspended.items()]:
            if roles == _STOPS and self._took_profit(caused, owner):
                self._let_go(owner)

    def _took_profit(self, caused: Sequence[Recorded], owner: Owner) -> bool:
        booked = (getattr(recorded.event, "deal", None) for recorded in caused)
        return any(
            deal is not None and (deal.account, deal.position_id) == (owner.account, owner.id)
            for deal in booked
        )

    def _suspend(self, owner: Owner, roles: frozenset[Role]) -> None:
        self._engine.venue.suspended[owner] = roles
        self._rewatch(owner)

    def _let_go(self, owner: Owner) -> None:
        self._engine.venue.suspended.pop(owner, None)
        self._rewatch(owner)

    def _rewatch(self, owner: Owner) -> None:
        state = self._engine.state.accounts[owner.account]
        position = state.positions.get(owner.id)
        if position is not None:
            self._engine.venue.watch_position(position)
