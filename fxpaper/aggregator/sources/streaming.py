"""What every stream of prices does alike: connect, subscribe, stay awake, and end with a reason."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from math import inf

import aiohttp

from fxpaper.aggregator.source import Finding, Span, Usage
from fxpaper.domain.bar import Bar
from fxpaper.domain.quote import Quote
from fxpaper.errors import TransientError

_CONNECT_SECONDS = 10.0
_PROBE_SECONDS = 15.0
_RAW = 500


@dataclass(frozen=True, slots=True)
class Line:
    """How to reach a stream over a WebSocket.

    Args:
        provider: its name for people.
        url: where it is; never shown, because some providers want the key in it.
        hello: what is sent first.
        headers: of the handshake.
        awake: what is sent again and again so that the provider keeps the line; empty for nothing.
        awake_seconds: between two of those.
        heartbeat: seconds between pings; a socket that leaves one unanswered is dead.
    """

    provider: str
    url: str
    hello: Sequence[str]
    headers: Mapping[str, str] = field(default_factory=dict)
    awake: str = ""
    awake_seconds: float = inf
    heartbeat: float = 15.0


class Stream(ABC):
    """The part of :class:`fxpaper.aggregator.source.Source` in which all streams are the same."""

    name: str
    polled = False
    raw = ""
    latest: Quote | None = None

    async def fetch(self, symbol: str) -> Quote:
        """Refuse: a stream cannot be asked.

        Raises:
            TransientError: always.
        """
        raise TransientError(
            f"{self.name} is a stream and cannot be asked for {symbol}; wait for its next quote."
        )

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return nothing: a stream has no past."""
        del symbol, span
        return []

    async def usage(self) -> Usage | None:
        """Return None: nothing is counted."""
        return None

    @abstractmethod
    def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come; see :class:`fxpaper.aggregator.source.Source`."""

    async def probe(self, symbol: str) -> Finding:
        """Connect, subscribe and wait a while for a first quote."""
        try:
            async with (
                asyncio.timeout(_PROBE_SECONDS),
                aclosing(self.quotes(frozenset({symbol}))) as quotes,
            ):
                quote = self.latest = await anext(quotes)
        except TimeoutError:
            return Finding(
                ok=True,
                text=f"The line is open, but {symbol} was not quoted for {_PROBE_SECONDS:g} s; at "
                "night and at the weekend that is normal.",
            )
        except StopAsyncIteration:
            return Finding(ok=False, text="The line was closed without a quote.")
        sides = quote.evidence.spread.value
        return Finding(
            ok=True, text=f"{symbol} streams, grade {quote.evidence.grade}, {sides} spread."
        )

    async def close(self) -> None:  # noqa: B027 - most streams hold nothing
        """Do nothing; the socket closes with the quotes."""


def shortened(text: str, key: str) -> str:
    """Return the beginning of a text without the key."""
    return text.replace(key, "***")[:_RAW]


async def texts(line: Line) -> AsyncGenerator[str, None]:
    """Connect, subscribe, and yield each text that comes; ends only by failing.

    Raises:
        TransientError: there is no connection, it was closed, or it is dead.
    """
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(sock_connect=_CONNECT_SECONDS)
            ) as session,
            session.ws_connect(
                line.url,
                headers=line.headers,
                heartbeat=line.heartbeat,
                timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
            ) as socket,
            aclosing(_listen(socket, line)) as heard,
        ):
            async for text in heard:
                yield text
    except aiohttp.WSServerHandshakeError as problem:
        raise TransientError(
            f"{line.provider}'s stream refused the connection: HTTP {problem.status} "
            f"{problem.message}"
        ) from None
    except aiohttp.ClientConnectorError as problem:
        raise TransientError(
            f"{line.provider}'s stream cannot be reached: {problem.os_error.strerror or problem}"
        ) from None
    except aiohttp.ClientError as problem:
        raise TransientError(
            f"{line.provider}'s stream cannot be reached: {type(problem).__name__}"
        ) from None
    except TimeoutError:
        raise TransientError(f"{line.provider}'s stream did not answer") from None


async def _listen(socket: aiohttp.ClientWebSocketResponse, line: Line) -> AsyncGenerator[str, None]:
    loop = asyncio.get_running_loop()
    for hello in line.hello:
        await socket.send_str(hello)
    again_at = loop.time() + line.awake_seconds
    while True:
        try:
            async with asyncio.timeout_at(again_at if line.awake else None):
                message = await socket.receive()
        except TimeoutError:
            await socket.send_str(line.awake)
            again_at = loop.time() + line.awake_seconds
            continue
        if message.type is aiohttp.WSMsgType.TEXT:
            yield message.data
        elif message.type is aiohttp.WSMsgType.ERROR:
            raise TransientError(f"{line.provider}'s stream is dead: {message.data}")
        elif message.type is not aiohttp.WSMsgType.BINARY:
            raise TransientError(f"{line.provider}'s stream was closed by the other side")
