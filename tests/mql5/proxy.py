"""Stands between an Expert Advisor and the endpoint, and hands their bytes on in some odd way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

Pieces = Callable[[bytes], list[bytes]]
Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def whole(said: bytes) -> list[bytes]:
    """Change nothing."""
    return [said]


def odd_pieces(seed: int) -> Pieces:
    """Return what breaks bytes apart: mostly one at a time, sometimes several."""
    chance = random.Random(seed)  # noqa: S311 - a test

    def pieces(said: bytes) -> list[bytes]:
        made = []
        while said:
            size = chance.choice([1, 1, 1, 2, 3, 7, 64])
            made.append(said[:size])
            said = said[size:]
        return made

    return pieces


def damage(chance: random.Random, said: bytes, most: int = 3) -> bytes:
    """Return bytes with some of them overwritten, doubled, cut out or added."""
    made = bytearray(said)
    for _ in range(chance.randint(1, most)):
        at = chance.randrange(len(made) + 1)
        match chance.randrange(5):
            case 0:
                made[at : at + 1] = bytes([chance.randrange(256)])
            case 1:
                del made[at : at + chance.choice([1, 2, 8, 30])]
            case 2:
                made[at:at] = chance.randbytes(chance.choice([1, 2, 9, 40]))
            case 3:
                made[at:at] = made[at : at + chance.choice([1, 8, 40])]
            case _:
                made[at : at + 20] = b"9" * 20
    return bytes(made)


@asynccontextmanager
async def closing(writer: asyncio.StreamWriter) -> AsyncIterator[None]:
    """Close a line at the end of a block."""
    try:
        yield
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


class Proxy:
    """A line in between.

    Args:
        port: of the endpoint.
        up: what becomes of the bytes of the Expert Advisor.
        down: what becomes of those of the daemon.
        pause: between two pieces of the daemon's, seconds; without it what reads seldom gets them
            at once.

    Attributes:
        dialled: how often the Expert Advisor has connected.
        heard: every byte of the daemon.
    """

    def __init__(
        self, port: int, up: Pieces = whole, down: Pieces = whole, pause: float = 0
    ) -> None:
        self.dialled = 0
        self.heard = bytearray()
        self._port = port
        self._silent_to = 0
        self._up, self._down, self._pause = up, down, pause
        self._writers: list[asyncio.StreamWriter] = []

    async def connect(self, mine: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        """Hand on what comes over a new line, until either side ends it."""
        self.dialled += 1
        number = self.dialled
        self._writers.append(back)
        with suppress(ConnectionError):
            theirs, forth = await asyncio.open_connection("127.0.0.1", self._port)
            self._writers.append(forth)
            async with closing(forth), asyncio.TaskGroup() as group:
                group.create_task(self._hand_on(number, mine, forth, self._up))
                group.create_task(self._hand_on(number, theirs, back, self._down, self.heard))

    def fall_silent(self) -> None:
        """Hand nothing on over the lines that there are, and leave them open."""
        self._silent_to = self.dialled

    def close(self) -> None:
        """End every line."""
        for writer in self._writers:
            writer.close()

    async def _hand_on(
        self,
        number: int,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        pieces: Pieces,
        heard: bytearray | None = None,
    ) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(65536):
                if heard is not None:
                    heard += said
                for piece in [] if number <= self._silent_to else pieces(said):
                    writer.write(piece)
                    await writer.drain()
                    await asyncio.sleep(0 if heard is None else self._pause)
        if number > self._silent_to:
            writer.close()


@asynccontextmanager
async def listening(answer: Answer, port: int = 0) -> AsyncIterator[int]:
    """Answer whoever connects for the length of a block; yields the port."""
    lines: list[asyncio.Task[None] | None] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.append(asyncio.current_task())
        async with closing(writer):
            await answer(reader, writer)

    server = await asyncio.start_server(take, "127.0.0.1", port)
    try:
        found: int = server.sockets[0].getsockname()[1]
        yield found
    finally:
        server.close()
        open_ones = [line for line in lines if line is not None]
        for line in open_ones:
            line.cancel()
        await asyncio.gather(*open_ones, return_exceptions=True)


def between(proxy: Proxy) -> AbstractAsyncContextManager[int]:
    """Put a proxy in between for the length of a block; yields its port."""
    return listening(proxy.connect)
