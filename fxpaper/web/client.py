"""One socket as the feeds see it: something to write frames to that may be slow.

Frames are complete and identical for every client, so they go straight to the transport; its
buffer is the only queue there is, and how full it is tells how slow the client is.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable

from fxpaper.clock import monotonic
from fxpaper.web.frames import close_frame

BEHIND_BYTES = 64 * 1024
"""With more than this unsent, quotes wait and are conflated."""
TOO_SLOW_BYTES = 4 * 1024 * 1024
"""With more than this unsent, the client is let go; more than any single frame."""
PATIENCE_SECONDS = 10.0
"""A client that is behind for longer than this is let go."""

SLOW_CONSUMER = 4008
PROTOCOL_BROKEN = 4009
INTERNAL = 1011
GOING_AWAY = 1001

_LINGER_SECONDS = 3.0
_AT_ONCE = 250


class Client:
    """One open socket.

    Args:
        transport: of the connection.
        drain: waits until the transport takes more; raises ``ConnectionError`` when it is gone.
    """

    def __init__(self, transport: asyncio.Transport, drain: Callable[[], Awaitable[None]]) -> None:
        self.dropped: int | None = None
        """The close code with which the server ended it; None while it did not."""
        self._transport = transport
        self._drain = drain
        self._behind_since: float | None = None

    @property
    def is_gone(self) -> bool:
        """Whether nothing that is sent will be taken any more."""
        return self.dropped is not None or self._transport.is_closing()

    @property
    def behind(self) -> bool:
        """Whether too much is unsent to add what can wait."""
        return self._transport.get_write_buffer_size() > BEHIND_BYTES

    def send(self, frame: bytes) -> None:
        """Write a frame; a client that has not taken megabytes of earlier ones is let go."""
        if self.is_gone:
            return
        transport = self._transport
        if transport.get_write_buffer_size() > TOO_SLOW_BYTES:
            self.drop(SLOW_CONSUMER, "slow consumer")
            return
        transport.write(frame)

    def hang_up(self) -> None:
        """Close the connection of a client that has agreed to it."""
        self._transport.close()

    async def drain(self) -> None:
        """Wait until the client has taken most of what was sent; let it go if it does not."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._drain()
        except TimeoutError:
            self.drop(SLOW_CONSUMER, "slow consumer")
        except ConnectionError:
            self._transport.abort()

    def check_patience(self) -> None:
        """Let the client go when it has been behind for too long; asked every few seconds."""
        if not self.behind:
            self._behind_since = None
        elif self._behind_since is None:
            self._behind_since = monotonic()
        elif monotonic() - self._behind_since > PATIENCE_SECONDS:
            self.drop(SLOW_CONSUMER, "slow consumer")

    def drop(self, code: int, reason: str) -> None:
        """Ask the client to close and say why; it is cut off if it does not within seconds."""
        if self.is_gone:
            return
        self.dropped = code
        self._transport.write(close_frame(code, reason))
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._transport.abort)


async def send_to_all(clients: Iterable[Client], frame: bytes) -> None:
    """Write one frame to many clients; lets others run in between."""
    for number, client in enumerate(list(clients), 1):
        client.send(frame)
        if number % _AT_ONCE == 0:
            await asyncio.sleep(0)
