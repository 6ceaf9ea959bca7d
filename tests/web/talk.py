"""What tests say and hear on sockets."""

from __future__ import annotations

from typing import Any

import aiohttp

from fxpaper.domain.quote import Quote
from tests.web.conftest import Daemon

Object = dict[str, Any]
Socket = aiohttp.ClientWebSocketResponse


def tick(daemon: Daemon, new: Quote) -> None:
    daemon.market.quotes[new.symbol] = new
    daemon.server.hub.on_quote(new)


async def ask(socket: Socket, **operation: Any) -> Object:
    """Send an operation and return the first answer."""
    await socket.send_json(operation)
    answer: Object = await socket.receive_json()
    return answer


async def closed(socket: Socket) -> int | None:
    """Read until the server closes; return its code."""
    async for _ in socket:
        pass
    return socket.close_code


async def is_silent(socket: Socket) -> bool:
    """Tell whether nothing more was sent: the answer to a question comes next."""
    answer = await ask(socket, op="subscribe", id="ping", stream="none")
    return bool(answer["type"] == "error" and answer["id"] == "ping")
