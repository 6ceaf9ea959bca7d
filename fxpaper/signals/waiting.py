"""Signals that are not decided yet, found by what may decide them: a quote, or the time."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator

from fxpaper.domain.instant import Instant
from fxpaper.domain.signal import Signal
from fxpaper.engine.timers import NEVER

Key = tuple[str, str]
"""Account and id."""


class Waiting:
    """Undecided signals, oldest first.

    However many wait for a person, a quote looks only at those that it may decide.
    """

    def __init__(self) -> None:
        self._all: dict[Key, Signal] = {}
        self._by_symbol: dict[str, dict[Key, Signal]] = {}
        self._expiries: list[tuple[Instant, Key]] = []

    def __iter__(self) -> Iterator[Signal]:
        """Iterate over all, oldest first."""
        return iter(tuple(self._all.values()))

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._all)

    def find(self, account: str, signal_id: str) -> Signal | None:
        """Return a signal that waits, or None."""
        return self._all.get((account, signal_id))

    def put(self, signal: Signal, *, for_quote: bool) -> None:
        """Let a signal wait, or change what one waits for.

        Args:
            signal: undecided.
            for_quote: whether a quote may decide it; otherwise a person or its expiry does.
        """
        key = (signal.account, signal.id)
        if key not in self._all:
            heapq.heappush(self._expiries, (signal.expires_at, key))
        self._all[key] = signal
        awaited = self._by_symbol.setdefault(signal.symbol, {})
        if for_quote:
            awaited[key] = signal
        else:
            awaited.pop(key, None)

    def remove(self, signal: Signal) -> None:
        """Forget a signal that is decided."""
        key = (signal.account, signal.id)
        del self._all[key]
        self._by_symbol[signal.symbol].pop(key, None)

    def for_quote(self, symbol: str) -> Iterable[Signal]:
        """Return the signals that a quote of a symbol may decide, oldest first."""
        awaited = self._by_symbol.get(symbol)
        return tuple(awaited.values()) if awaited else ()

    def of_model(self, account: str, model: str) -> tuple[Signal, ...]:
        """Return the signals of a model, oldest first."""
        return tuple(
            one for one in self._all.values() if (one.account, one.model) == (account, model)
        )

    def expired(self, now: Instant) -> tuple[Signal, ...]:
        """Return the signals whose time is up, soonest first."""
        due = []
        while self._expiries and self._expiries[0][0] <= now:
            entry = heapq.heappop(self._expiries)
            if entry[1] in self._all:
                due.append(entry)
        for entry in due:
            heapq.heappush(self._expiries, entry)
        return tuple(self._all[key] for _, key in due)

    def next_expiry(self) -> Instant:
        """Return when the first of them expires; far away when none waits."""
        while self._expiries and self._expiries[0][1] not in self._all:
            heapq.heappop(self._expiries)
        return self._expiries[0][0] if self._expiries else NEVER
