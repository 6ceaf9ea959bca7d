"""What a test hands signals in to, in place of an account."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace

from fxpaper.errors import TransientError

Handed = tuple[bytes, str, str]


class Desk:
    """Writes down what is handed in: body, door, place.

    Args:
        account: whose it is.
        failures: how many times nothing can be recorded at first.
    """

    def __init__(self, account: str = "paper", failures: int = 0) -> None:
        self.account = account
        self.asked: list[Handed] = []
        self.taken: list[Handed] = []
        self.times: list[int | None] = []
        self._failures = failures
        self._may = asyncio.Event()
        self._may.set()

    def stand_still(self) -> None:
        """Answer nobody from now on."""
        self._may.clear()

    def go_on(self) -> None:
        """Answer again."""
        self._may.set()

    async def submit(
        self, body: bytes, door: str, place: str, patience: float, at: int | None = None
    ) -> SimpleNamespace:
        del patience
        self.times.append(at)
        self.asked.append((body, door, place))
        await self._may.wait()
        if self._failures:
            self._failures -= 1
            raise TransientError("The disk is full.")
        self.taken.append((body, door, place))
        return SimpleNamespace(missing=())

    async def has_taken(self, count: int) -> list[Handed]:
        return await self._until(self.taken, count)

    async def was_asked(self, count: int) -> list[Handed]:
        return await self._until(self.asked, count)

    async def _until(self, found: list[Handed], count: int) -> list[Handed]:
        async with asyncio.timeout(8):
            while len(found) < count:  # noqa: ASYNC110 - a test looks from outside
                await asyncio.sleep(0.01)
        return found
