"""The line to one daemon: asks, tries again while patience lasts, and tells faults apart."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import aiohttp
import msgspec

from fxpaper.client.errors import NoDaemonError, NotAllowedError, ProtocolError, RefusedError
from fxpaper.client.places import Address, Place
from fxpaper.clock import monotonic

T = TypeVar("T")

_ANSWER_SECONDS = 60
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 1.0
_UNKNOWN_TOKEN = 4001
_NOT_ALLOWED = {"unauthorized", "foreign_host", "foreign_origin"}
_NOWHERE = "No fxpaper daemon has run on this machine."
_NOT_DONE = "unavailable"
_START = "Start one with: fxpaper run (or, to look around, fxpaper demo)."


class Problem(msgspec.Struct, frozen=True):
    """What the daemon says went wrong (RFC 9457)."""

    code: str
    detail: str
    actual: str = ""
    limit: str = ""
    signal_id: str | None = None
    status: int = 0

    @property
    def is_accepted(self) -> bool:
        """Whether it will be done later all the same."""
        return self.status == HTTPStatus.ACCEPTED

    def fault(self) -> NotAllowedError | RefusedError:
        """Return it as an exception."""
        if self.code in _NOT_ALLOWED:
            return NotAllowedError(f"{self.detail} ({self.code})")
        return RefusedError(self.code, self.detail, self.actual, self.limit)


class _CutError(Exception):
    """The connection failed; ``sent`` tells whether the daemon may have heard the question."""

    def __init__(self, problem: BaseException, *, sent: bool) -> None:
        super().__init__(str(problem) or type(problem).__name__)
        self.sent = sent


class Line:
    """The line to one daemon.

    Args:
        places: where to look for it; the first that answers is kept.
        patience: for so many seconds a daemon that has answered before may be away.
    """

    def __init__(self, places: Sequence[Place], patience: float) -> None:
        self._places = places
        self._patience = patience
        self._place: Place | None = None
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Find the daemon, unless it has been found.

        Raises:
            NoDaemonError: nobody answers anywhere.
            NotAllowedError: there is no token for it.
        """
        if self._place is not None:
            return
        tried: list[str] = []
        unknown: Exception | None = None
        for place in self._places:
            address = place.address()
            if address is None:
                continue
            tried.append(address.url)
            try:
                if await self._answers(address):
                    self._place = place
                    return
            except NotAllowedError as problem:
                # Perhaps the port is another daemon's by now, whose directory comes later.
                unknown = unknown or problem
        where = f"No fxpaper daemon answers at {' or '.join(tried)}." if tried else _NOWHERE
        raise unknown or NoDaemonError(f"{where} {_START}")

    async def close(self) -> None:
        """Ask nothing any more."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: object = None,
        again: bool = True,
    ) -> bytes | Problem:
        """Return what the daemon answers.

        Args:
            method: of HTTP.
            path: below ``/api/v1``, quoted.
            query: its parameters.
            body: to be sent as JSON.
            again: whether asking twice does no more than asking once.

        Raises:
            NoDaemonError: the daemon is gone for longer than the patience, or was lost before it
                answered a question that must not be asked twice.
        """
        payload = None if body is None else msgspec.json.encode(body)

        async def attempt(address: Address) -> bytes | Problem:
            request = self._open_session().request(
                method,
                f"{address.url}/api/v1{path}",
                params=query,
                data=payload,
                headers=_headers(address) | {"Content-Type": "application/json"},
            )
            async with request as response:
                return _answer(response.status, await response.read())

        return await self._patiently(attempt, again=again)

    async def connect(self) -> aiohttp.ClientWebSocketResponse:
        """Return an open socket.

        Raises:
            NoDaemonError: the daemon is gone for longer than the patience.
        """

        async def attempt(address: Address) -> aiohttp.ClientWebSocketResponse:
            return await self._open_session().ws_connect(
                f"{address.url}/api/v1/ws",
                headers=_headers(address),
                max_msg_size=0,
                timeout=aiohttp.ClientWSTimeout(ws_close=1),
            )

        return await self._patiently(attempt, again=True)

    async def _patiently(self, attempt: Callable[[Address], Awaitable[T]], *, again: bool) -> T:
        await self.open()
        ends, pause = monotonic() + self._patience, _FIRST_PAUSE
        while True:
            try:
                answer = await self._once(attempt)
            except _CutError as cut:
                if cut.sent and not again:
                    raise NoDaemonError(
                        f"The connection was lost before the answer came ({cut}). Whether it was "
                        "done is not known; look before you ask again."
                    ) from None
                if monotonic() + pause > ends:
                    raise NoDaemonError(f"The fxpaper daemon is gone ({cut}). {_START}") from None
            else:
                is_last = monotonic() + pause > ends
                if is_last or not isinstance(answer, Problem) or answer.code != _NOT_DONE:
                    return answer
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _once(self, attempt: Callable[[Address], Awaitable[T]]) -> T:
        address = None if self._place is None else self._place.address()
        if address is None:
            raise _CutError(OSError("its data directory names no port"), sent=False)
        try:
            return await attempt(address)
        except aiohttp.ClientConnectorError as problem:
            raise _CutError(problem, sent=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise _CutError(problem, sent=True) from None

    async def _answers(self, address: Address) -> bool:
        """Tell whether a daemon listens there.

        Raises:
            NotAllowedError: it does, but has another token.
        """
        request = self._open_session().get(
            f"{address.url}/api/v1/account", headers=_headers(address)
        )
        try:
            async with request as response:
                said = _answer(response.status, await response.read())
        except (aiohttp.ClientError, TimeoutError, OSError, ProtocolError):
            return False
        if isinstance(said, Problem) and said.code in _NOT_ALLOWED:
            raise said.fault()
        return isinstance(said, Problem) or said.startswith(b"{")

    def _open_session(self) -> aiohttp.ClientSession:
        # Each question has a connection of its own: one that was kept could be dead already, and
        # a question that must not be asked twice would be lost with it.
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(total=_ANSWER_SECONDS),
            )
        return self._session


def decode(body: bytes | msgspec.Raw, kind: type[T]) -> T:
    """Return an object of the API.

    Raises:
        ProtocolError: it is not what this version knows.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as problem:
        raise ProtocolError(
            f"The daemon speaks another version than this client: {problem}."
        ) from None


def refusal_of_socket(code: int | None, reason: str) -> NotAllowedError | None:
    """Return what a socket was closed for, when connecting again cannot mend it."""
    if code != _UNKNOWN_TOKEN:
        return None
    return NotAllowedError(f"The daemon does not know this token ({reason}).")


def _headers(address: Address) -> dict[str, str]:
    return {"Authorization": f"Bearer {address.token}"}


def _answer(status: int, body: bytes) -> bytes | Problem:
    """Return the body, or the problem that it is; a 202 may be one too."""
    if status < HTTPStatus.BAD_REQUEST and not body.startswith(b'{"type":"urn:fxpaper:problem:'):
        return body
    return decode(body, Problem)


def plain(query: Mapping[str, Any]) -> dict[str, str]:
    """Return the parameters that were given, as text."""
    return {name: str(value) for name, value in query.items() if value is not None}
