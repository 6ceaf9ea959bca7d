"""The client for notebooks and scripts: it waits for each answer.

It runs the asynchronous one in an event loop of its own, in a thread of its own, so that it works
where a loop runs already, as in Jupyter.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterator
from contextlib import suppress
from functools import wraps
from pathlib import Path
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from fxpaper.client.asynchronous import PATIENCE_SECONDS, AsyncClient
from fxpaper.client.objects import Event

P = ParamSpec("P")
T = TypeVar("T")


class _Loop:
    """An event loop in a thread; it ends with the program at the latest."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._loop.run_forever, name="fxpaper-client", daemon=True
        )
        self._thread.start()

    def result(self, awaited: Awaitable[T]) -> T:
        """Return what is awaited; an interrupted wait cancels it."""
        future = asyncio.run_coroutine_threadsafe(_awaiting(awaited), self._loop)
        try:
            return future.result()
        except BaseException:
            future.cancel()
            raise

    def end(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Close the streams that are open still, do a last thing, and stop."""
        self.result(self._loop.shutdown_asyncgens())
        self.result(last())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


async def _awaiting(awaited: Awaitable[T]) -> T:
    return await awaited


async def _next(stream: AsyncGenerator[Event, None]) -> Event | None:
    # Begun here and not by the caller: a stream belongs to the loop of the thread that begins it.
    return await anext(stream, None)


def _waiting(
    ask: Callable[Concatenate[AsyncClient, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[Client, P], T]:
    """Return a method that asks and waits for the answer."""

    @wraps(ask)
    def wait(client: Client, /, *args: P.args, **named: P.kwargs) -> T:
        return client._result(ask(client._there, *args, **named))  # noqa: SLF001 - its own

    return wait


class Client:
    """A daemon, as a notebook or a script sees it.

    Use it as ``with Client() as fx:``, or keep it for a whole notebook and :meth:`disconnect` at
    the end, if you like.

    Args:
        url: of the daemon, e.g. ``http://127.0.0.1:8765``; else ``FXPAPER_URL``, else the daemon
            of this machine, your own before the demo.
        token: of its API; else ``FXPAPER_TOKEN``, else read from the data directory.
        data_dir: of a daemon of this machine, when it is not the usual one.
        patience: for so many seconds a daemon that has answered before may be away, as during a
            restart; what can be asked twice without harm is asked again until then. An answer
            itself may take up to a minute.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        data_dir: Path | str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._there = AsyncClient(url, token, data_dir=data_dir, patience=patience)
        self._loop: _Loop | None = None
        self._end: Callable[[], Any] = _nothing

    def __enter__(self) -> Self:
        """Find the daemon.

        Raises:
            NoDaemonError: nobody answers.
        """
        try:
            self._result(self._there.__aenter__())
        except BaseException:
            self.disconnect()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        self.disconnect()

    def disconnect(self) -> None:
        """End the connection; asking again would open another."""
        self._end()
        self._loop, self._end = None, _nothing

    send = _waiting(AsyncClient.send)
    send_all = _waiting(AsyncClient.send_all)
    signals = _waiting(AsyncClient.signals)
    why = _waiting(AsyncClient.why)
    account = _waiting(AsyncClient.account)
    positions = _waiting(AsyncClient.positions)
    orders = _waiting(AsyncClient.orders)
    deals = _waiting(AsyncClient.deals)
    quote = _waiting(AsyncClient.quote)
    bars = _waiting(AsyncClient.bars)
    close = _waiting(AsyncClient.close)
    close_all = _waiting(AsyncClient.close_all)
    halt = _waiting(AsyncClient.halt)
    resume = _waiting(AsyncClient.resume)
    models = _waiting(AsyncClient.models)
    execute = _waiting(AsyncClient.execute)
    dismiss = _waiting(AsyncClient.dismiss)
    switch = _waiting(AsyncClient.switch)

    def events(self, from_seq: int | None = None, *, quiet: float | None = None) -> Iterator[Event]:
        """Iterate over what happens to the account, each event once and in order.

        Args:
            from_seq: the number of the first event; 1 is the account's first. None: from now on.
            quiet: end after so many seconds without an event; without it, it goes on until you
                stop. A connection that is cut is opened again and resumed by number.

        Raises:
            RefusedError: events so far back (more than 10,000) are not told.
        """
        stream = self._there.events(from_seq, quiet=quiet)
        try:
            while (event := self._result(_next(stream))) is not None:
                yield event
        finally:
            # An interrupted wait closes the stream by itself; so does disconnecting.
            with suppress(RuntimeError):
                if self._loop is not None:
                    self._loop.result(stream.aclose())

    def _result(self, awaited: Awaitable[T]) -> T:
        if self._loop is None:
            self._loop = _Loop()
            self._end = weakref.finalize(self, self._loop.end, self._there.disconnect)
        return self._loop.result(awaited)


def _nothing() -> None:
    """End what has not begun."""
