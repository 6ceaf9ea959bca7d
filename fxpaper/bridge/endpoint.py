"""Where terminals connect: one ZeroMQ ROUTER socket, encrypted where keys have been made."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import structlog
import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.guards import KeyGuard, PlainGuard
from fxpaper.bridge.keys import FOLDER, ServerKeys, server_keys, terminals
from fxpaper.bridge.listening import check_address, end, find_silent_lines, listen
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.messages import LARGEST_BYTES, Hello, ToTerminal, decode, encode
from fxpaper.bridge.session import Admission, Session
from fxpaper.bridge.terminals import House, Line, Terminals
from fxpaper.clock import Clock
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import ConfigurationError, ProtocolError

log = structlog.get_logger(__name__)

_SETTING = "metatrader_address"
_WAITING_MESSAGES = 10_000
_SOON_SECONDS = 0.002
_IN_A_TURN = 20
"""Messages after which all else in the daemon has its turn: what waits already is read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where and for whom terminals are awaited.

    Args:
        address: ``127.0.0.1:5555``.
        token: of the daemon.
        data_dir: where keys are.
        instruments: the known ones, by canonical symbol.
        chosen: the broker's names that a person has chosen, by canonical symbol.
        plain: whether a terminal gives the token to ZeroMQ itself, by its mechanism PLAIN.
    """

    address: str
    token: str
    data_dir: Path
    instruments: Mapping[str, Instrument]
    chosen: Mapping[str, str] = field(default_factory=dict)
    plain: bool = False


class Endpoint:
    """Carries messages between a socket and what talks with every terminal.

    Args:
        place: where.
        feed: takes what they quote.
        clock: of the market.
        live: the line of a live account; without it terminals are asked for prices only.

    Attributes:
        terminals: that are talked with, here and through other doors.
    """

    def __init__(
        self, place: Place, feed: TickFeed, clock: Clock, live: LiveLine | None = None
    ) -> None:
        house = House(data_dir=place.data_dir, instruments=place.instruments, chosen=place.chosen)
        self.terminals = Terminals(house, feed, clock, live)
        self._place = place
        self._outgoing: asyncio.Queue[tuple[bytes, ToTerminal]] = asyncio.Queue()
        self._owed: set[Line] = set()
        self._keys = server_keys(place.data_dir)
        _check_place(place, self._keys)

    @property
    def encrypted(self) -> bool:
        """Whether only terminals with a known key may connect."""
        return self._keys is not None

    def sessions(self) -> list[Session]:
        """Return the terminals that are connected."""
        return self.terminals.sessions()

    async def run(self) -> None:
        """Work until cancelled.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        context = zmq.asyncio.Context()
        guard = self._guard(context)
        socket = context.socket(zmq.ROUTER)
        try:
            self._open(socket)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._speak(socket))
                group.create_task(self._listen(socket))
                group.create_task(self.terminals.run())
        finally:
            socket.close(linger=200)
            if guard is not None:
                guard.stop()
            await asyncio.to_thread(end, context)

    def _guard(self, context: zmq.asyncio.Context) -> AsyncioAuthenticator | None:
        """Return what checks keys or the password before ZeroMQ lets a line in, started."""
        guard: AsyncioAuthenticator
        if self._place.plain:
            guard = PlainGuard(context, self._place.token)
        elif self._keys is not None:
            guard = KeyGuard(context, self._place.data_dir)
        else:
            return None
        guard.start()
        return guard

    def _open(self, socket: zmq.asyncio.Socket) -> None:
        socket.setsockopt(zmq.ROUTER_HANDOVER, 1)
        socket.setsockopt(zmq.MAXMSGSIZE, LARGEST_BYTES)
        socket.set_hwm(_WAITING_MESSAGES)
        if self._place.plain:
            socket.setsockopt(zmq.PLAIN_SERVER, 1)
        find_silent_lines(socket)
        listen(socket, _SETTING, self._place.address, self._keys, "Terminals")

    async def _listen(self, socket: zmq.asyncio.Socket) -> None:
        for heard in count():
            if heard % _IN_A_TURN == 0:
                await asyncio.sleep(0)
            frames = await socket.recv_multipart(copy=False)
            identity, *body = [frame.bytes for frame in frames]
            say = partial(self._send, identity)
            line = Line("zmq", identity, say, f"zmq:{identity.hex()}", _line_of(frames[-1]))
            try:
                message = decode(body)
            except ProtocolError as problem:
                self.terminals.stumble(line, problem)
                continue
            if isinstance(message, Hello):
                self.terminals.greet(line, message, self._admission(), _key_of(frames[-1]))
            else:
                self.terminals.take(line, message)
            self._acknowledge(line)

    def _acknowledge(self, line: Line) -> None:
        """Say something soon after something was heard.

        A terminal's system holds a small piece back until the one before is acknowledged (RFC 896),
        and ours puts that off for up to 200 ms unless something goes the other way (RFC 1122).
        """
        if self.terminals.knows(line) and line not in self._owed:
            self._owed.add(line)
            asyncio.get_running_loop().call_later(_SOON_SECONDS, self._beat, line)

    def _beat(self, line: Line) -> None:
        self._owed.discard(line)
        self.terminals.beat(line)

    def _admission(self) -> Admission:
        token = None if self._place.plain else self._place.token
        return Admission(token, self._logins() if self.encrypted else None)

    def _logins(self) -> dict[str, str | None]:
        """Return the account that each key is bound to; none of them where the list is damaged."""
        try:
            return {one.public: one.login for one in terminals(self._place.data_dir)}
        except ConfigurationError as problem:
            log.warning("terminals_unreadable", problem=str(problem))
            return {}

    def _send(self, identity: bytes, message: ToTerminal) -> None:
        """Let a message be sent, after those before it."""
        self._outgoing.put_nowait((identity, message))

    async def _speak(self, socket: zmq.asyncio.Socket) -> None:
        """Send what waits, in order."""
        while True:
            identity, message = await self._outgoing.get()
            try:
                await socket.send_multipart([identity, *encode(message)])
            except zmq.ZMQError as problem:
                log.warning("bridge_send_failed", problem=str(problem))


def _key_of(frame: zmq.Frame) -> str:
    """Return the public key of an encrypted line, or an empty text."""
    try:
        return str(frame.get("User-Id"))
    except (KeyError, zmq.ZMQError):
        return ""


def _line_of(frame: zmq.Frame) -> int:
    """Return the number of the connection that a frame came by; -1 where it is gone already."""
    try:
        return int(frame.get(zmq.SRCFD))
    except zmq.ZMQError:
        return -1


def _check_place(place: Place, keys: ServerKeys | None) -> None:
    """Refuse an address that is none, or that strangers reach on a line anybody can read."""
    check_address(_SETTING, place.address, keys, "127.0.0.1:5555")
    if place.plain and keys is not None:
        raise ConfigurationError(
            "metatrader_plain is set and keys have been made; a line is either. Take the setting "
            f"out to keep lines encrypted, or delete {place.data_dir / FOLDER / 'server.json'}."
        )
