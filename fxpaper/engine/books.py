"""The trigger books of all symbols, and whose levels wait in them."""

from __future__ import annotations

from collections.abc import Iterable

from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Order, TriggerSide
from fxpaper.domain.quote import Quote
from fxpaper.engine.book import TriggerBook
from fxpaper.engine.levels import Level, Owner
from fxpaper.engine.matching import confirms

NEVER = 1 << 62
ALWAYS = -1


class SymbolBook(TriggerBook[Level]):
    """The levels of one symbol, and the orders that wait for its next quote."""

    __slots__ = ("_due", "_touched", "wake_at")

    def __init__(self) -> None:
        super().__init__()
        self.wake_at: Instant = NEVER
        """A quote received from then on has something to do whatever its prices."""
        self._due: dict[Owner, Instant] = {}
        self._touched: set[Level] = set()

    def wait(self, owner: Owner, due_at: Instant | None) -> None:
        """Let an order wait for the first quote from ``due_at`` on; None: no longer."""
        if due_at is None:
            self._due.pop(owner, None)
        else:
            self._due[owner] = due_at
        self._renew_wake()

    def due(self, now: Instant) -> list[Owner]:
        """Return the orders that a quote received now executes, oldest first."""
        return [owner for owner, due_at in self._due.items() if due_at <= now]

    def reached(self, quote: Quote) -> list[Level]:
        """Return the levels that a quote really reaches, in the order in which they act.

        A level that wants a double touch is reached by the second of two quotes in a row.
        """
        levels = [
            level
            for level in self.crossed(quote.bid, quote.ask)
            if confirms(level.trigger, level.edge, level.price, quote)
        ]
        return sorted(levels, key=lambda level: level.rank)

    def touch(self, levels: Iterable[Level]) -> set[Level]:
        """Keep which levels want another touch; returns those of them touched just before."""
        before = self._touched
        self._touched = {x for x in levels if x.trigger is TriggerSide.DOUBLE_TOUCH}
        self._renew_wake()
        return before & self._touched

    def _renew_wake(self) -> None:
        self.wake_at = ALWAYS if self._touched else min(self._due.values(), default=NEVER)


class Books:
    """The books of all symbols."""

    def __init__(self) -> None:
        self.by_symbol: dict[str, SymbolBook] = {}
        self._standing: dict[Owner, dict[Level, int]] = {}

    def book(self, symbol: str) -> SymbolBook:
        """Return the book of a symbol."""
        found = self.by_symbol.get(symbol)
        if found is None:
            found = self.by_symbol[symbol] = SymbolBook()
        return found

    def renew(self, owner: Owner, levels: Iterable[Level]) -> None:
        """Let exactly these levels of an owner wait from now on."""
        wanted, standing = dict.fromkeys(levels), self._standing.get(owner, {})
        kept: dict[Level, int] = {}
        for level, ticket in standing.items():
            if level in wanted:
                kept[level] = ticket
            else:
                self.by_symbol[level.symbol].withdraw(ticket)
        for level in wanted:
            if level not in kept:
                kept[level] = self.book(level.symbol).add(level.edge, level.price, level)
        if kept:
            self._standing[owner] = kept
        else:
            self._standing.pop(owner, None)

    def stands(self, level: Level) -> bool:
        """Tell whether a level still waits."""
        return level in self._standing.get(level.owner, ())

    def wait(self, order: Order, due_at: Instant | None) -> None:
        """Let an order wait for a quote of its symbol; None: no longer."""
        if due_at is not None or order.symbol in self.by_symbol:
            self.book(order.symbol).wait(Owner(order.account, order.id), due_at)
