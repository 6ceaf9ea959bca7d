"""Texts that another program sends over ZeroMQ."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import zmq
import zmq.asyncio

from fxpaper.aggregator.registry import Setup
from fxpaper.errors import ConfigurationError, TransientError

_SILENCE_SECONDS = 120.0
_HEARTBEAT_MS, _HEARTBEAT_PATIENCE_MS = 2000, 6000
_LARGEST_BYTES = 1 << 16


class BrokerNames:
    """Which symbol is ours, of a stream that tells nothing but a broker's name of it.

    Args:
        setup: with the names that a person has chosen.
    """

    def __init__(self, setup: Setup) -> None:
        self._known = {symbol: symbol for symbol in setup.instruments}
        self._known |= {theirs: ours for ours, theirs in setup.broker_names.items()}

    def canonical(self, name: str) -> str | None:
        """Return our name of a broker's symbol, or None; suffixes are not guessed."""
        return self._known.get(name) or self._known.get(name.upper())


async def zmq_texts(name: str, address: str, *, subscribes: bool) -> AsyncGenerator[str, None]:
    """Connect and yield each text that comes; ends only by failing.

    Args:
        name: of the source, for messages.
        address: ``127.0.0.1:32770``.
        subscribes: whether the other side publishes to everybody, else it pushes to one listener.

    Raises:
        TransientError: nothing has come for two minutes; nobody may be there at all.
        ConfigurationError: the address is none.
    """
    context = zmq.asyncio.Context()
    socket = context.socket(zmq.SUB if subscribes else zmq.PULL)
    try:
        if subscribes:
            socket.setsockopt(zmq.SUBSCRIBE, b"")
        socket.setsockopt(zmq.LINGER, 0)
        socket.setsockopt(zmq.MAXMSGSIZE, _LARGEST_BYTES)
        socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_PATIENCE_MS)
        try:
            socket.connect(f"tcp://{address}")
        except zmq.ZMQError as problem:
            raise ConfigurationError(
                f'{name}: "{address}" is no address ({problem.strerror}); write one like '
                "127.0.0.1:32770."
            ) from None
        while True:
            try:
                async with asyncio.timeout(_SILENCE_SECONDS):
                    frames = await socket.recv_multipart()
            except TimeoutError:
                raise TransientError(
                    f"{name}: nothing has come from {address} for {_SILENCE_SECONDS:g} s"
                ) from None
            yield b" ".join(frames).decode("utf-8", "replace")
    finally:
        socket.close()
        context.term()
