"""Does something when asked, but never more often than it should."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fxpaper.clock import monotonic


class Pace:
    """Acts at once after a quiet time, and at most once per interval while asked without pause.

    Args:
        seconds: the interval.
        act: what to do.
    """

    def __init__(self, seconds: float, act: Callable[[], Awaitable[None]]) -> None:
        self._seconds = seconds
        self._act = act
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have it done soon, once, however often this is called before."""
        self._asked.set()

    async def run(self) -> None:
        """Act whenever asked, until cancelled."""
        while True:
            await self._asked.wait()
            self._asked.clear()
            again = monotonic() + self._seconds
            await self._act()
            await asyncio.sleep(again - monotonic())
