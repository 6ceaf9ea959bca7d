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
        self._born: dict[Key, int] = {}
        self._asleep: dict[Key, tuple[Instant, bool]] = {}
        self._wakings: list[tuple[Instant, Key]] = []
        self._next = 0

    def __iter__(self) -> Iterator[Signal]:
        """Iterate over all, oldest first."""
        return iter(tuple(self._all.values()))

    def __len__(self) -> int:
        """Return how many wait."""
        return len(self._all)

    def find(self, account: str, signal_id: str) -> Signal | None:
        """Return a signal that waits, or None."""
        return self._all.get((account, signal_id))

    def put(self, signal: Signal, *, for_quote: bool, until: Instant | None = None) -> None:
        """Let a signal wait, or change what one waits for.

        Args:
            signal: undecided.
            for_quote: whether a quote may decide it; otherwise a person or its expiry does.
            until: when it is to be tried again, no quote before it; None: at once.
        """
        key = (signal.account, signal.id)
        if key not in self._all:
            heapq.heappush(self._expiries, (signal.expires_at, key))
            self._born[key] = self._next = self._next + 1
        self._all[key] = signal
        self._asleep.pop(key, None)
        awaited = self._by_symbol.setdefault(signal.symbol, {})
        if until is not None:
            self._asleep[key] = (until, for_quote)
            heapq.heappush(self._wakings, (until, key))
        if for_quote and until is None:
            awaited[key] = signal
        else:
            awaited.pop(key, None)

    def remove(self, signal: Signal) -> None:
        """Forget a signal that is decided."""
        key = (signal.account, signal.id)
        del self._all[key], self._born[key]
        self._by_symbol[signal.symbol].pop(key, None)
        self._asleep.pop(key, None)

    def for_quote(self, symbol: str) -> Iterable[Signal]:
        """Return the signals that a quote of a symbol may decide, oldest first."""
        awaited = self._by_symbol.get(symbol)
        if not awaited:
            return ()
        return tuple(awaited[key] for key in sorted(awaited, key=self._born.__getitem__))

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

    def woken(self, now: Instant) -> tuple[Signal, ...]:
        """Take the signals that slept until now, soonest first."""
        found = []
        while self.next_waking() <= now:
            _, key = heapq.heappop(self._wakings)
            self._wake(key)
            found.append(self._all[key])
        return tuple(found)

    def wake_all(self) -> None:
        """Let no signal sleep: what it slept for may have changed."""
        for key in list(self._asleep):
            self._wake(key)

    def next_waking(self) -> Instant:
        """Return when the first of them wakes; far away when none sleeps."""
        while self._wakings and not self._sleeps_until(*self._wakings[0]):
            heapq.heappop(self._wakings)
        return self._wakings[0][0] if self._wakings else NEVER

    def _sleeps_until(self, at: Instant, key: Key) -> bool:
        return key in self._asleep and self._asleep[key][0] == at

    def _wake(self, key: Key) -> None:
        _, for_quote = self._asleep.pop(key)
        if for_quote:
            signal = self._all[key]
            self._by_symbol[signal.symbol][key] = signal
