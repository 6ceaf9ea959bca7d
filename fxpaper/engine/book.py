"""The trigger book: everything that can happen on a quote of one symbol is a price level.

Theory of operation. A level waits on one of four edges: the bid falling to it, the bid rising to
it, the ask falling to it, the ask rising to it. For each edge only the level that comes first
matters, so the book keeps that one as a plain integer: a quote that crosses nothing costs four
comparisons, however many levels wait. Behind each integer lies a heap; a withdrawn level stays in
its heap until it comes to the top (lazy deletion), so adding and withdrawing are O(log n).
"""

from __future__ import annotations

import heapq
from enum import IntEnum
from typing import Generic, TypeVar

from fxpaper.domain.instrument import Points

Key = TypeVar("Key")

NEVER_BELOW = -1
NEVER_ABOVE = 1 << 62


class Edge(IntEnum):
    """Which side of a quote has to move where for a level to be crossed."""

    BID_FALLS = 0
    BID_RISES = 1
    ASK_FALLS = 2
    ASK_RISES = 3


_FALLING = (Edge.BID_FALLS, Edge.ASK_FALLS)


class TriggerBook(Generic[Key]):
    """The waiting levels of one symbol.

    A level is named by a key that the owner chooses. A quote crosses a level when it touches it:
    equality triggers (the rule of MetaTrader 5 and OANDA).
    """

    __slots__ = ("_count", "_heaps", "_levels", "ask_high", "ask_low", "bid_high", "bid_low")

    def __init__(self) -> None:
        self.bid_low: Points = NEVER_BELOW
        """The bid crosses something when it is at or below this."""
        self.bid_high: Points = NEVER_ABOVE
        """The bid crosses something when it is at or above this."""
        self.ask_low: Points = NEVER_BELOW
        """The ask crosses something when it is at or below this."""
        self.ask_high: Points = NEVER_ABOVE
        """The ask crosses something when it is at or above this."""
        self._heaps: tuple[list[tuple[Points, int]], ...] = ([], [], [], [])
        self._levels: dict[int, tuple[Edge, Key]] = {}
        self._count = 0

    def __len__(self) -> int:
        """Return how many levels wait."""
        return len(self._levels)

    def levels(self) -> list[Key]:
        """Return the keys of every level that waits."""
        return [key for _, key in self._levels.values()]

    def add(self, edge: Edge, price: Points, key: Key) -> int:
        """Let a level wait; returns the ticket to withdraw it with."""
        self._count += 1
        ticket = self._count
        self._levels[ticket] = (edge, key)
        heapq.heappush(self._heaps[edge], (-price if edge in _FALLING else price, ticket))
        self._renew(edge)
        return ticket

    def withdraw(self, ticket: int) -> None:
        """Forget a level; a ticket that is gone already is ignored."""
        level = self._levels.pop(ticket, None)
        if level is not None:
            self._renew(level[0])

    def crossed(self, bid: Points, ask: Points) -> list[Key]:
        """Return the keys of every level that a quote crosses, oldest level first."""
        tickets: list[int] = []
        for edge, price in (
            (Edge.BID_FALLS, -bid),
            (Edge.BID_RISES, bid),
            (Edge.ASK_FALLS, -ask),
            (Edge.ASK_RISES, ask),
        ):
            tickets.extend(self._reached(self._heaps[edge], price))
        return [self._levels[ticket][1] for ticket in sorted(tickets)]

    def _reached(self, heap: list[tuple[Points, int]], price: Points) -> list[int]:
        """Walk a heap from its top, only into branches whose parent is reached."""
        reached: list[int] = []
        branches = [0]
        while branches:
            index = branches.pop()
            if index >= len(heap) or heap[index][0] > price:
                continue
            if heap[index][1] in self._levels:
                reached.append(heap[index][1])
            branches += (2 * index + 1, 2 * index + 2)
        return reached

    def _renew(self, edge: Edge) -> None:
        heap = self._heaps[edge]
        while heap and heap[0][1] not in self._levels:
            heapq.heappop(heap)
        match edge:
            case Edge.BID_FALLS:
                self.bid_low = -heap[0][0] if heap else NEVER_BELOW
            case Edge.BID_RISES:
                self.bid_high = heap[0][0] if heap else NEVER_ABOVE
            case Edge.ASK_FALLS:
                self.ask_low = -heap[0][0] if heap else NEVER_BELOW
            case Edge.ASK_RISES:
                self.ask_high = heap[0][0] if heap else NEVER_ABOVE
