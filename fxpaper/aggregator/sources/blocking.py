"""A provider's SDK that blocks, in threads of its own so that it can only ever block itself."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from fxpaper.errors import TransientError

T = TypeVar("T")


class BlockingCalls:
    """Runs blocking calls of one provider.

    Args:
        provider: for messages.
        threads: how many calls may run at once.
        patience: seconds to wait for an answer. The thread itself cannot be stopped; it is
            taken up again when the SDK's own time limit lets it go.
    """

    def __init__(self, provider: str, threads: int, patience: float) -> None:
        self._provider = provider
        self._patience = patience
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=provider)

    async def call(self, function: Callable[[], T]) -> T:
        """Return what ``function`` returns.

        Raises:
            TransientError: it took too long.
        """
        running = asyncio.get_running_loop().run_in_executor(self._pool, function)
        try:
            async with asyncio.timeout(self._patience):
                return await running
        except TimeoutError:
            raise TransientError(
                f"{self._provider} did not answer within {self._patience:g} s"
            ) from None

    def close(self, last: Callable[[], None] | None = None) -> None:
        """Take no more calls; one that still runs is not waited for.

        Args:
            last: is called in a thread when that one is done, to close what the calls used.
        """
        if last is not None:
            self._pool.submit(last)
        self._pool.shutdown(wait=False)
