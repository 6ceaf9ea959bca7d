"""HTTP over one kept connection, with so little code that the server is what is measured."""

from __future__ import annotations

import asyncio
import re

from benchmarks.program.daemon import Daemon

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class KeepAlive(asyncio.Protocol):
    """Sends a request when the answer to the one before has come.

    Args:
        daemon: whom it asks.
    """

    def __init__(self, daemon: Daemon) -> None:
        self._head = (
            f"Host: 127.0.0.1:{daemon.port}\r\nAuthorization: Bearer {daemon.token}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        )
        self._bytes = b""
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what is written to."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Return status and body of an answer.

        Raises:
            ConnectionError: the daemon hung up.
        """
        self._answer = asyncio.get_running_loop().create_future()
        start = f"{method} /api/v1{path} HTTP/1.1\r\n{self._head}{len(body)}\r\n\r\n"
        self._transport.write(start.encode() + body)
        return await self._answer

    def data_received(self, data: bytes) -> None:
        """Take a part of an answer."""
        self._bytes += data
        head, end, body = self._bytes.partition(b"\r\n\r\n")
        if not end or self._answer is None:
            return
        length = _LENGTH.search(head)
        assert length is not None, head
        if len(body) >= int(length[1]):
            self._bytes = b""
            self._answer.set_result((int(head[9:12]), body))

    def connection_lost(self, exc: Exception | None) -> None:
        """Let nobody wait for an answer that cannot come."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(exc or ConnectionResetError("the daemon hung up"))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


async def connect(daemon: Daemon) -> KeepAlive:
    """Return an open connection."""
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(
        lambda: KeepAlive(daemon), "127.0.0.1", daemon.port
    )
    return connection
