"""The ledger for asyncio: commits in one thread, reads in others, so that the loop never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fxpaper.domain.event import Recorded
from fxpaper.ledger.ledger import Ledger

T = TypeVar("T")

_READERS = 2


class LedgerShell:
    """Runs an open ledger's calls in threads.

    Args:
        ledger: open; this shell closes it.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._writer = ThreadPoolExecutor(1, "ledger-writer")
        self._readers = ThreadPoolExecutor(_READERS, "ledger-reader")

    @property
    def epoch(self) -> str:
        """The name of this log."""
        return self._ledger.epoch

    async def commit(self, events: Sequence[Recorded]) -> None:
        """Write events as :meth:`Ledger.commit` does, in the order of the calls.

        A commit that was asked for is carried out: one whose caller is cancelled ends before the
        cancellation goes on, so nobody is left guessing whether it still runs.
        """
        loop = asyncio.get_running_loop()
        written = loop.run_in_executor(self._writer, self._ledger.commit, events)
        try:
            await asyncio.shield(written)
        except asyncio.CancelledError:
            await asyncio.wait([written])
            raise

    async def read(self, question: Callable[[Ledger], T]) -> T:
        """Return the answer of a question, which sees the state of one commit throughout."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._ask, question)

    async def close(self) -> None:
        """Finish what was asked for, then let go of the ledger; nothing may follow."""
        await asyncio.to_thread(self._stop)

    def _ask(self, question: Callable[[Ledger], T]) -> T:
        with self._ledger.snapshot():
            return question(self._ledger)

    def _stop(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        self._ledger.close()
