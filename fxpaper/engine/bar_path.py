"""Trading on bars where there are no quotes: a bar becomes a path of prices.

Theory of operation. The path opens at the open, where gaps fill and what waits for a quote is
executed; goes to the extreme that is nearer to the open, then to the other one, then to the close,
and stops on the way at every level it meets. So a stop fills at its price, and nothing fills at
an extreme that nobody could have known: an order that is late and a time exit take the open or the
close. Bars are of the bid; the ask is a spread above it. What a bar leaves open is decided
in :mod:`fxpaper.engine.bar_doubts`.

The open is the first instant of the bar at which the market is open, the close the last one.
Bars of a finer interval, where they agree with the bar, are walked instead: what they prove is no
doubt. The steps of several symbols' bars are taken in time order.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from fxpaper.domain.bar import Bar
from fxpaper.domain.event import Recorded
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.bar_doubts import BarPolicy, Doubts, Prices
from fxpaper.engine.engine import Engine
from fxpaper.engine.levels import Role
from fxpaper.engine.sessions import open_within

EVIDENCE = Evidence("bars", Transport.FILE, Spread.MODELLED, Grade.C)
_FOLLOWING = {Role.TRAIL, Role.ORDER_TRAIL}
"""Levels at which the path does not stop: they would move with every point of it."""

Taker = Callable[[Quote], list[Recorded]]


class Bars(msgspec.Struct, frozen=True):
    """How bars are traded on.

    Args:
        spread: ask minus bid where a bar does not tell its own, in points.
        length_ns: of a bar, nanoseconds.
        policy: what is taken where a bar leaves two ways open.
        finer_ns: length of the finer bars, nanoseconds.
    """

    spread: Points
    length_ns: int
    policy: BarPolicy = BarPolicy.PESSIMISTIC
    finer_ns: int = 60 * NS_PER_SECOND


class Phase(IntEnum):
    """What a step of a path is; at one instant in this order."""

    OPEN = 0
    INSIDE = 1
    CLOSE = 2


class Step(NamedTuple):
    """A piece of a bar's path.

    Args:
        at: when, nanoseconds UTC.
        phase: what it is.
        symbol: whose bar.
        take: lets the engine live through it and returns what that caused.
    """

    at: Instant
    phase: Phase
    symbol: str
    take: Callable[[], list[Recorded]]

    @property
    def order(self) -> tuple[Instant, Phase]:
        """What steps of several bars are sorted by."""
        return self.at, self.phase


def agree(bar: Bar, finer: Sequence[Bar]) -> bool:
    """Tell whether bars of a finer interval tell the same of a bar as it does itself."""
    return (
        bool(finer)
        and (finer[0].open, finer[-1].close) == (bar.open, bar.close)
        and max(one.high for one in finer) == bar.high
        and min(one.low for one in finer) == bar.low
    )


def steps_of(
    engine: Engine, bar: Bar, how: Bars, finer: Sequence[Bar] = (), on_open: Taker | None = None
) -> Iterator[Step]:
    """Yield the steps of a bar's path, in time order; each must be taken before the next bar's.

    Args:
        engine: with its accounts.
        bar: closed; its prices are bids.
        how: spread and policy.
        finer: bars of a shorter interval that make up this one, oldest first; walked instead
            where they :func:`agree` with it.
        on_open: takes the open in place of the engine, a desk in front of it for instance.
    """
    if not agree(bar, finer):
        yield from _Walk(engine, bar, how, on_open or engine.on_quote).steps()
        return
    part = replace(how, length_ns=how.finer_ns)
    for one in finer:
        yield from _Walk(engine, one, part, on_open or engine.on_quote).steps()


def in_time_order(paths: Iterable[Iterator[Step]]) -> Iterator[Step]:
    """Yield the steps of several symbols' paths as they follow each other in time."""
    return heapq.merge(*paths, key=lambda step: step.order)


def play_bar(engine: Engine, bar: Bar, how: Bars, finer: Sequence[Bar] = ()) -> list[Recorded]:
    """Let an engine live through a bar and return what that caused."""
    return [caused for step in steps_of(engine, bar, how, finer) for caused in step.take()]


class _Walk:
    """One bar's path through an engine."""

    def __init__(self, engine: Engine, bar: Bar, how: Bars, on_open: Taker) -> None:
        self._engine = engine
        self._on_open = on_open
        self._prices = Prices(bar, how.spread if bar.spread is None else bar.spread)
        self._doubts = Doubts(engine.venue, self._prices, how.policy)
        self._begins, self._ends = bar.opened_at, bar.opened_at + how.length_ns
        if not engine.limits.around_the_clock:
            instrument = engine.board.instruments[bar.symbol]
            self._begins, self._ends = open_within(instrument, self._begins, self._ends)
        self._ahead: list[Points] = []
        self._caused: list[Recorded] = []

    def steps(self) -> Iterator[Step]:
        """Yield its steps."""
        symbol = self._prices.bar.symbol
        yield Step(self._begins, Phase.OPEN, symbol, self._open)
        yield Step(self._ends - 2, Phase.INSIDE, symbol, self._inside)
        yield Step(self._ends - 1, Phase.CLOSE, symbol, self._close)

    def _open(self) -> list[Recorded]:
        return self._on_open(self._quote(self._prices.bar.open, self._begins))

    def _inside(self) -> list[Recorded]:
        self._doubts.decide()
        first, second = self._prices.extremes
        close = self._prices.bar.close
        self._engine.venue.inside_bar = True
        self._go(first, self._ends - 2, [first, second, close])
        self._go(second, self._ends - 2, [second, close])
        self._engine.venue.inside_bar = False
        return self._told()

    def _close(self) -> list[Recorded]:
        close = self._prices.bar.close
        self._go(close, self._ends - 1, [close])
        self._doubts.end()
        return self._told()

    def _go(self, price: Points, at: Instant, ahead: list[Points]) -> None:
        """Move the bid to a price, stopping at every level on the way."""
        while True:
            stop = self._next(price)
            caused = self._engine.on_quote(self._quote(stop, at))
            self._caused += caused
            worst = self._doubts.follow(caused, stop, ahead)
            if worst != stop:
                self._go(worst, at, [worst, *ahead])
            elif stop == price:
                return

    def _next(self, price: Points) -> Points:
        """Return the bid of the first level between here and a price, or that price."""
        here = self._engine.board.quotes[self._prices.bar.symbol].bid
        book = self._engine.venue.books.by_symbol.get(self._prices.bar.symbol)
        levels = () if book is None else book.levels()
        met = {self._prices.bid_at(level) for level in levels if level.role not in _FOLLOWING}
        low, high = min(here, price), max(here, price)
        between = [bid for bid in met if low < bid < high]
        if not between:
            return price
        return max(between) if price < here else min(between)

    def _quote(self, bid: Points, at: Instant) -> Quote:
        ask = bid + self._prices.spread
        return Quote(self._prices.bar.symbol, bid, ask, at, at, EVIDENCE)

    def _told(self) -> list[Recorded]:
        caused, self._caused = self._caused, []
        return caused
