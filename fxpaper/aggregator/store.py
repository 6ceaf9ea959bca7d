"""The store that budgets and latest quotes live in: a Redis server, or one inside this process.

Both speak the same API, so everything above is written once. What lives inside the process would
be forgotten when it ends; keys that must not be (a plan's spent budget) are written to a small
file before anything rests on them.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable
from pathlib import Path
from typing import TypeVar, cast
from urllib.parse import urlsplit, urlunsplit

import fakeredis
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import RedisError

from fxpaper.errors import ConfigurationError, TransientError
from fxpaper.whole_file import write_whole

T = TypeVar("T")

_FILE = "budgets.json"
_ANSWER_SECONDS = 1.0
_CONNECT_SECONDS = 2.0
_RETRIES = 2


class Store:
    """A connection to the store.

    Args:
        client: speaks to a server or to the one in this process; answers bytes.
        kept: where kept keys are written; None where the server keeps everything.
    """

    def __init__(self, client: Redis, kept: Path | None) -> None:
        self.client = client
        self._kept = kept
        self._keys: set[str] = set()
        self._writing = asyncio.Lock()

    @property
    def embedded(self) -> bool:
        """Whether the store lives in this process."""
        return self._kept is not None

    async def ask(self, command: Awaitable[T]) -> T:
        """Return the answer to a command of :attr:`client`.

        The embedded store loses a cancellation that arrives together with its answer (it waits
        with ``asyncio.wait_for``, which does so on Python 3.11); it is made good here.
        """
        task = asyncio.current_task()
        cancelled = 0 if task is None else task.cancelling()
        answer = await command
        if task is not None and task.cancelling() > cancelled:
            raise asyncio.CancelledError
        return answer

    async def keep(self, key: str) -> None:
        """Return when the hash under ``key`` will survive the sudden end of this process.

        Raises:
            TransientError: the file cannot be written.
        """
        if self._kept is None:
            return
        self._keys.add(key)
        async with self._writing:
            hashes = {name: await self._hash(name) for name in sorted(self._keys)}
            await asyncio.to_thread(_replace, self._kept, json.dumps(hashes).encode())

    async def load(self) -> None:
        """Bring back the kept keys of an earlier process.

        Raises:
            ConfigurationError: the file is damaged.
        """
        if self._kept is None or not self._kept.exists():
            return
        for key, fields in _read(self._kept).items():
            self._keys.add(key)
            for name, value in fields.items():
                await self.client.hset(key, name, value)

    async def close(self) -> None:
        """Close the connection."""
        await self.client.aclose()

    async def _hash(self, key: str) -> dict[str, str]:
        hgetall = cast("Awaitable[dict[bytes, bytes]]", self.client.hgetall(key))
        fields = await self.ask(hgetall)
        return {name.decode(): value.decode() for name, value in sorted(fields.items())}


async def open_store(redis_url: str | None, directory: Path) -> Store:
    """Connect to the store.

    Args:
        redis_url: of a Redis server; None for a store inside this process.
        directory: an existing folder, for what an embedded store must not forget.

    Raises:
        ConfigurationError: the address is wrong, nobody answers there, or the folder's file is
            damaged.
    """
    if redis_url is None:
        store = Store(fakeredis.FakeAsyncRedis(), directory / _FILE)
        await store.load()
        return store
    try:
        client = Redis.from_url(
            redis_url,
            socket_timeout=_ANSWER_SECONDS,
            socket_connect_timeout=_CONNECT_SECONDS,
            retry=Retry(ExponentialWithJitterBackoff(cap=0.25, base=0.05), _RETRIES),
        )
    except ValueError as problem:
        raise ConfigurationError(
            f'redis_url "{without_password(redis_url)}" is not an address ({problem}); '
            f"write one like redis://127.0.0.1:6379/0"
        ) from None
    try:
        await client.ping()
    except (RedisError, OSError) as problem:
        await client.aclose()
        raise ConfigurationError(
            f"No Redis answers at {without_password(redis_url)} ({_why(problem)}). Start it, "
            f"correct redis_url, or remove redis_url to use the store inside fxpaper."
        ) from None
    return Store(client, None)


def without_password(url: str) -> str:
    """Return an address that can be shown: its user and password are left out."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, place, parts.path, "", ""))


def _why(problem: BaseException) -> str:
    return type(problem).__name__ if not str(problem) else str(problem).splitlines()[0]


def _replace(path: Path, body: bytes) -> None:
    try:
        write_whole(path, body)
    except OSError as problem:
        raise TransientError(
            f"{path} cannot be written ({problem.strerror}); fxpaper keeps there what it has "
            f"spent of each plan. Make room or allow writing to {path.parent}."
        ) from None


def _read(path: Path) -> dict[str, dict[str, str]]:
    try:
        hashes = json.loads(path.read_bytes())
        return {
            str(key): {str(name): str(value) for name, value in fields.items()}
            for key, fields in hashes.items()
        }
    except (OSError, ValueError, AttributeError):
        raise ConfigurationError(
            f"{path} is damaged. Delete it: what was spent of each plan in this minute and on "
            f"this day is then counted from zero."
        ) from None
