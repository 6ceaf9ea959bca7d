"""The events of an account as they happen, over as many sockets as it takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import aiohttp

from fxpaper.client.following import Follower, GapError, Message
from fxpaper.client.line import Line, decode, refusal_of_socket
from fxpaper.client.objects import Event
from fxpaper.clock import monotonic

SILENCE_SECONDS = 12.0
"""A socket that says nothing for so long is lost; there are heartbeats in between."""

_PAUSE_SECONDS = 0.2


class _Quiet:
    """Measures how long nothing has happened.

    Args:
        limit: seconds that are too long; None when nothing is.
    """

    def __init__(self, limit: float | None) -> None:
        self._limit = limit
        self._since = monotonic()

    def ends(self) -> None:
        """Take note that something has happened."""
        self._since = monotonic()

    def left(self) -> float:
        """Return the seconds until it is too long, or until a socket counts as lost."""
        if self._limit is None:
            return SILENCE_SECONDS
        return min(SILENCE_SECONDS, max(0.0, self._since + self._limit - monotonic()))

    def is_over(self) -> bool:
        """Tell whether it has been too long."""
        return self._limit is not None and self.left() <= 0


async def follow(
    line: Line, from_seq: int | None, quiet: float | None
) -> AsyncGenerator[Event, None]:
    """Yield events, each once and in order, connecting again whenever the connection is cut.

    Args:
        line: to the daemon.
        from_seq: the number of the first one; None for those from now on.
        quiet: end after so many seconds without an event; None to go on for ever.

    Raises:
        NoDaemonError: the daemon is gone for longer than the line's patience.
        NotAllowedError: it does not know the token.
        RefusedError: the events that are wanted are not to be had.
    """
    follower, silence = Follower(from_seq), _Quiet(quiet)
    while not silence.is_over():
        socket = await line.connect()
        try:
            while (message := await _received(socket, silence.left())) is not None:
                said = follower.take(message)
                if isinstance(said, Event):
                    yield said
                    silence.ends()
                elif said is not None:
                    await socket.send_json(said)
        except (GapError, ConnectionError):
            pass  # connect again; the follower knows where it stopped
        finally:
            await socket.close()
        if not silence.is_over():
            await asyncio.sleep(_PAUSE_SECONDS)


async def _received(socket: aiohttp.ClientWebSocketResponse, seconds: float) -> Message | None:
    """Return the next message, or None when there is none within so many seconds or any more.

    Raises:
        NotAllowedError: the daemon does not know the token.
    """
    try:
        received = await socket.receive(timeout=seconds)
    except TimeoutError:
        return None
    if received.type is aiohttp.WSMsgType.TEXT:
        return decode(received.data.encode(), Message)
    refusal = refusal_of_socket(socket.close_code, str(received.extra or ""))
    if refusal is not None:
        raise refusal
    return None
