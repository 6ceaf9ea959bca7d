"""A ZeroMQ PULL socket that programs push signals to.

A message is one JSON object, or several lines of JSON. ZeroMQ acknowledges nothing: what waits in
the socket when the daemon is killed is gone, and a sender that must know sends again, with the
same id. One signal is handed in after another, so a flood waits in the socket, then at its
sender, and takes no more of the daemon than one signal at a time does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import msgspec
import structlog
import zmq
import zmq.asyncio

from fxpaper.bridge.guards import KeyGuard
from fxpaper.bridge.keys import server_keys
from fxpaper.bridge.listening import check_address, end, listen
from fxpaper.clock import Clock
from fxpaper.domain.instant import format_instant
from fxpaper.signals.intake.lines import signal_lines
from fxpaper.worker.fanout import Fanout
from fxpaper.worker.handing_in import LARGEST_BYTES, hand_in

log = structlog.get_logger(__name__)

SETTING = "signals_zmq"
_WAITING_MESSAGES = 100
"""Of each sender; beyond them it is the sender who waits."""


class SignalSocket:
    """Takes the signals that are pushed to an address.

    Args:
        address: ``127.0.0.1:5560``.
        data_dir: where keys are; where there are some, the line is encrypted with them.
        front: where signals are handed in.
        clock: the machine's; tells the messages of one run from those of another.

    Raises:
        ConfigurationError: the address is none, or strangers would reach it.
    """

    def __init__(self, address: str, data_dir: Path, front: Fanout, clock: Clock) -> None:
        self._address = address
        self._data_dir = data_dir
        self._front = front
        self._clock = clock
        self._keys = server_keys(data_dir)
        check_address(SETTING, address, self._keys, "127.0.0.1:5560")

    async def run(self) -> None:
        """Take signals until cancelled.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        context = zmq.asyncio.Context()
        guard = None if self._keys is None else KeyGuard(context, self._data_dir)
        if guard is not None:
            guard.start()
        socket = context.socket(zmq.PULL)
        try:
            socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_BYTES)
            socket.set_hwm(_WAITING_MESSAGES)
            # Lines of senders that have vanished are the system's to find; asking them would throw
            # away what is still to be read from one that has sent and gone.
            socket.setsockopt(zmq.TCP_KEEPALIVE, 1)
            listen(socket, SETTING, self._address, self._keys, "Signals")
            await self._take(socket)
        finally:
            socket.close(linger=0)
            if guard is not None:
                guard.stop()
            await asyncio.to_thread(end, context)

    async def _take(self, socket: zmq.asyncio.Socket) -> None:
        since = format_instant(self._clock.now())
        for number in count(1):
            message = b"\n".join(await socket.recv_multipart())[: LARGEST_BYTES + 1]
            for part, body in enumerate(bodies(message), start=1):
                place = f"message {number} since {since}, signal {part}"
                await hand_in(self._front, body, "zmq", place)


def bodies(message: bytes) -> Iterator[bytes]:
    """Yield the signals in a message: its lines if some of them are objects, else all of it.

    An object that is spread over several lines is one signal, and so is what cannot be read.
    """
    lines = [line for _, line in signal_lines(message)]
    if len(lines) > 1 and not _is_json(message) and any(_is_object(line) for line in lines):
        yield from lines
    else:
        yield message


def _is_json(text: bytes) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _is_object(line: bytes) -> bool:
    return line.startswith(b"{") and _is_json(line)
