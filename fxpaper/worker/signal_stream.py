"""A Redis stream that signals are read from, through a consumer group, each taken once.

An entry is acknowledged once its signal is journalled. Whatever happens in between, it is
delivered again, after a restart too. A signal without a time is of when its entry was added, so
one that has lain for days is not executed as if it were new. The place of an entry is its id, so a
signal without an id of its own is the same one when it comes again, and the journal takes it once.
The Redis server may go and come back; what was sent before stays in the stream for as long as the
server keeps it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import cast

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError, ResponseError

from fxpaper.domain.instant import NS_PER_MS
from fxpaper.worker.fanout import Fanout
from fxpaper.worker.handing_in import hand_in

log = structlog.get_logger(__name__)

GROUP = "fxpaper"
"""Of each account one of its own, ``fxpaper:NAME``: every account takes every signal."""
_BLOCK_SECONDS = 2.0
_ANSWER_SECONDS = 5.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.25, 10.0
_MINE, _NEW = "0", ">"
_BODY_FIELDS = (b"signal", b"json")

Entry = tuple[bytes, Mapping[bytes, bytes] | None]


class SignalStream:
    """Takes the signals of a stream.

    Args:
        url: of the Redis server.
        name: of the stream; it may not exist yet.
        front: where signals are handed in.
    """

    def __init__(self, url: str, name: str, front: Fanout) -> None:
        self._name = name
        self._front = front
        self._account = front.account
        self._group = f"{GROUP}:{self._account}"
        # Nothing is asked twice behind our back: what an answer that was lost delivered would wait.
        self._client = Redis.from_url(
            url,
            protocol=2,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._pause = _FIRST_PAUSE_SECONDS
        self._trouble: str | None = None

    async def run(self) -> None:
        """Take signals until cancelled."""
        try:
            while True:
                try:
                    await self._read()
                except (RedisError, OSError) as problem:
                    self._say(problem)
                await asyncio.sleep(self._pause)
                self._pause = min(2 * self._pause, _LONGEST_PAUSE_SECONDS)
        finally:
            await self._client.aclose()

    async def _read(self) -> None:
        """Take what is pending, then what comes; ends with the fault of the server only."""
        await self._join()
        while await self._take_next(_MINE):
            pass
        self._well()
        while True:
            await self._take_next(_NEW)

    async def _join(self) -> None:
        """Make stream and group where there are none; a new group begins at the first entry."""
        try:
            await self._client.xgroup_create(self._name, self._group, id="0", mkstream=True)
        except ResponseError as problem:
            if not str(problem).startswith("BUSYGROUP"):
                raise

    async def _take_next(self, which: str) -> bool:
        """Take one entry, if there is one; the next is asked for when it is acknowledged."""
        answer = await self._client.xreadgroup(
            self._group,
            self._account,
            {self._name: which},
            count=1,
            block=int(_BLOCK_SECONDS * 1000) if which == _NEW else None,
        )
        entry = _entry(answer)
        if entry is None:
            return False
        await self._take(*entry)
        return True

    async def _take(self, name: bytes, fields: Mapping[bytes, bytes] | None) -> None:
        place = f"{self._name} {name.decode()}"
        if fields:
            at = int(name.partition(b"-")[0]) * NS_PER_MS
            await hand_in(self._front, body_of(fields), "stream", place, at)
        else:
            log.warning("signal_deleted_before_it_was_read", place=place)
        await self._client.xack(self._name, self._group, name)

    def _say(self, problem: Exception) -> None:
        """Tell once what is wrong; the same again says nothing new."""
        said = f"{type(problem).__name__}: {problem}".splitlines()[0]
        if self._trouble is None:
            log.warning("signal_stream_unreadable", stream=self._name, problem=said)
        self._trouble = said

    def _well(self) -> None:
        if self._trouble is not None:
            log.info("signal_stream_back", stream=self._name)
        self._trouble, self._pause = None, _FIRST_PAUSE_SECONDS


def body_of(fields: Mapping[bytes, bytes]) -> bytes:
    """Return the signal in an entry: in one of its fields, or made of all of them."""
    for name in _BODY_FIELDS:
        if name in fields:
            return fields[name]
    try:
        table = {name.decode(): value.decode() for name, value in fields.items()}
    except UnicodeDecodeError:
        return b"\n".join(name + b" " + value for name, value in fields.items())
    return json.dumps(table).encode()


def _entry(answer: object) -> Entry | None:
    """Return the entry in an answer to XREADGROUP for one entry of one stream."""
    streams = cast("list[tuple[bytes, list[Entry]]]", answer)
    if not streams or not streams[0][1]:
        return None
    return streams[0][1][0]
