"""Where terminals connect: one ZeroMQ ROUTER socket, encrypted where keys have been made."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from pathlib import Path

import structlog
import zmq
import zmq.asyncio
from zmq.auth.asyncio import AsyncioAuthenticator

from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources.metatrader import TickFeed
from fxpaper.bridge.bar_questions import BarQuestions
from fxpaper.bridge.broker_profile import BrokerSpecs, keep_specs
from fxpaper.bridge.guards import KeyGuard, PlainGuard
from fxpaper.bridge.keys import FOLDER, ServerKeys, server_keys, terminals
from fxpaper.bridge.live_line import LiveLine
from fxpaper.bridge.messages import (
    LARGEST_BYTES,
    Beat,
    FromTerminal,
    Hello,
    Spec,
    ToTerminal,
    decode,
    encode,
)
from fxpaper.bridge.session import Admission, Memory, Session, refused, terminal_name
from fxpaper.bridge.trade_messages import Bars
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.errors import ConfigurationError, ProtocolError

log = structlog.get_logger(__name__)

_LOOK_SECONDS = 0.5
_WAITING_MESSAGES = 10_000
_HEARTBEAT_MS, _HEARTBEAT_PATIENCE_MS = 2000, 6000
_MOST_STRANGERS = 100
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
    """Talks with every terminal.

    Args:
        place: where.
        feed: takes what they quote.
        clock: of the market.
        live: the line of a live account; without it terminals are asked for prices only.
    """

    def __init__(
        self, place: Place, feed: TickFeed, clock: Clock, live: LiveLine | None = None
    ) -> None:
        self._place = place
        self._feed = feed
        self._clock = clock
        self._live = live
        self._outgoing: asyncio.Queue[tuple[bytes, ToTerminal]] = asyncio.Queue()
        self._bars = BarQuestions(place.instruments, clock, self.sessions, self._say)
        feed.ask_bars = self.bars
        self._keys = server_keys(place.data_dir)
        self._sessions: dict[bytes, Session] = {}
        self._memories: dict[str, Memory] = {}
        self._kept: dict[str, dict[str, Spec]] = {}
        self._refused = 0
        _check_place(place, self._keys)

    @property
    def encrypted(self) -> bool:
        """Whether only terminals with a known key may connect."""
        return self._keys is not None

    def sessions(self) -> list[Session]:
        """Return the terminals that are connected."""
        return list(self._sessions.values())

    async def bars(self, symbol: str, span: Span) -> list[Bar]:
        """Return closed bars of the past from a terminal, oldest first.

        Raises:
            TransientError: no terminal can tell them now.
        """
        return await self._bars.ask(symbol, span)

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
                group.create_task(self._look_after())
        finally:
            socket.close(linger=200)
            if guard is not None:
                guard.stop()
            context.term()

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
        socket.setsockopt(zmq.HEARTBEAT_IVL, _HEARTBEAT_MS)
        socket.setsockopt(zmq.HEARTBEAT_TIMEOUT, _HEARTBEAT_PATIENCE_MS)
        socket.set_hwm(_WAITING_MESSAGES)
        if self._place.plain:
            socket.setsockopt(zmq.PLAIN_SERVER, 1)
        if self._keys is not None:
            socket.setsockopt(zmq.CURVE_SERVER, 1)
            socket.setsockopt(zmq.CURVE_SECRETKEY, self._keys.secret.encode())
        try:
            socket.bind(f"tcp://{self._place.address}")
        except zmq.ZMQError as problem:
            raise ConfigurationError(
                f"Terminals cannot be awaited at {self._place.address} ({problem.strerror}); "
                "correct metatrader_address, or stop what listens there."
            ) from None

    async def _listen(self, socket: zmq.asyncio.Socket) -> None:
        for heard in count():
            if heard % _IN_A_TURN == 0:
                await asyncio.sleep(0)
            frames = await socket.recv_multipart(copy=False)
            identity, *body = [frame.bytes for frame in frames]
            try:
                message = decode(body)
            except ProtocolError as problem:
                self._break(identity, frames[-1], problem)
                continue
            try:
                self._take(identity, message, frames[-1])
            except ProtocolError as problem:
                self._break(identity, frames[-1], problem)

    def _break(self, identity: bytes, frame: zmq.Frame, problem: ProtocolError) -> None:
        """Refuse a terminal that makes no sense."""
        self._note("bridge_message_refused", problem=str(problem))
        self._send(identity, refused("protocol", str(problem), self._clock.now()))
        session = self._session_of(identity, frame)
        if session is not None:
            session.over = f"The terminal sent nonsense: {problem}."
            self._end(identity, session)

    def _take(self, identity: bytes, message: FromTerminal, frame: zmq.Frame) -> None:
        now = self._clock.now()
        if isinstance(message, Hello):
            self._greet(identity, message, frame)
            return
        session = self._session_of(identity, frame)
        if session is None:
            answer = refused("hello", "Say hello first; the daemon may have been restarted.", now)
            self._send(identity, answer)
            return
        before = len(session.symbols)
        for quote in session.take(message, now):
            self._feed.put(quote)
        if len(session.symbols) != before:
            self._tell_feed()
            self._subscribe(identity, session, now)
        self._pass_on(identity, session, message)
        if session.over is not None:
            self._end(identity, session)

    def _pass_on(self, identity: bytes, session: Session, message: FromTerminal) -> None:
        """Give a message to whoever else it is for."""
        if isinstance(message, Bars):
            self._bars.take(message)
        if self._live is not None:
            if isinstance(message, Beat):
                self._live.meet(session, identity.hex(), partial(self._send, identity))
            self._live.take(session, message)

    def _greet(self, identity: bytes, hello: Hello, frame: zmq.Frame) -> None:
        now, place = self._clock.now(), self._place
        token = None if place.plain else place.token
        admission = Admission(token, self._logins() if self.encrypted else None)
        refusal = admission.refusal(hello, _key_of(frame))
        if refusal is not None:
            self._note("terminal_refused", terminal=terminal_name(hello)[:80], why=refusal[1])
            self._send(identity, refused(*refusal, now))
            return
        name = terminal_name(hello)
        earlier = self._sessions.pop(identity, None)
        if earlier is not None and self._live is not None:
            earlier.over = "It has connected anew."
            self._live.part(earlier)
        memory = self._memories.setdefault(name, Memory())
        session = Session(hello, name, memory, place.instruments, place.chosen, now)
        session.line = _line_of(frame)
        self._sessions[identity] = session
        log.info("terminal_connected", terminal=name, build=hello.build)
        self._send(identity, session.welcome(now))
        self._tell_feed()

    def _note(self, event: str, **said: str) -> None:
        """Log what a stranger did, but not for ever."""
        self._refused += 1
        if self._refused <= _MOST_STRANGERS:
            log.warning(event, **said)

    def _logins(self) -> dict[str, str | None]:
        """Return the account that each key is bound to; none of them where the list is damaged."""
        try:
            return {one.public: one.login for one in terminals(self._place.data_dir)}
        except ConfigurationError as problem:
            log.warning("terminals_unreadable", problem=str(problem))
            return {}

    def _session_of(self, identity: bytes, frame: zmq.Frame) -> Session | None:
        """Return the session that was begun over the line that a frame came by.

        Whoever connects under an identity takes it over, and has to say hello.
        """
        session = self._sessions.get(identity)
        return session if session is not None and session.line == _line_of(frame) else None

    async def _look_after(self) -> None:
        """End sessions without a sign of life, and ask for what is newly wanted."""
        while True:
            now = self._clock.now()
            for identity, session in list(self._sessions.items()):
                session.check_life(now)
                if session.over is not None:
                    self._end(identity, session)
                else:
                    self._subscribe(identity, session, now)
                    self._send(identity, session.beat(now))
                    await self._keep_specs(session)
            self._feed.changed.clear()
            try:
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self._feed.changed.wait()
            except TimeoutError:
                continue

    async def _keep_specs(self, session: Session) -> None:
        """Keep what a terminal has told of its broker's rules, when it has told something new."""
        specs = session.symbols
        if specs == self._kept.get(session.name, {}):
            return
        self._kept[session.name] = specs
        hello = session.hello
        found = BrokerSpecs(
            session.name,
            hello.company,
            specs,
            currency=hello.currency,
            leverage=hello.leverage,
            margin_mode=hello.margin_mode,
            trade_mode=hello.trade_mode,
            balance=hello.balance,
        )
        try:
            await asyncio.to_thread(keep_specs, self._place.data_dir, found)
        except OSError as problem:
            log.warning("specs_not_kept", terminal=session.name, problem=str(problem))

    def _subscribe(self, identity: bytes, session: Session, now: Instant) -> None:
        subscription = session.want(self._feed.wanted, now)
        if subscription is not None:
            self._send(identity, subscription)

    def _say(self, session: Session, message: ToTerminal) -> None:
        """Let a message be sent to a session's terminal."""
        for identity, one in self._sessions.items():
            if one is session:
                self._send(identity, message)

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

    def _end(self, identity: bytes, session: Session) -> None:
        log.warning("terminal_gone", terminal=session.name, why=session.over)
        self._sessions.pop(identity, None)
        if self._live is not None:
            self._live.part(session)
        self._tell_feed(session.over)

    def _tell_feed(self, why: str | None = None) -> None:
        symbols = {ours for session in self._sessions.values() for ours in session.symbols}
        if symbols:
            self._feed.serve(frozenset(symbols))
        elif not self._sessions:
            self._feed.fail(why or "No terminal is connected.")


def _key_of(frame: zmq.Frame) -> str:
    """Return the public key of an encrypted line, or an empty text."""
    try:
        return str(frame.get("User-Id"))
    except (KeyError, zmq.ZMQError):
        return ""


def _line_of(frame: zmq.Frame) -> int:
    """Return the number of the connection that a frame came by."""
    return int(frame.get(zmq.SRCFD))


def _check_place(place: Place, keys: ServerKeys | None) -> None:
    """Refuse an address that is none, or that strangers reach on a line anybody can read."""
    address = place.address
    host, _, port = address.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) <= 65535:  # noqa: PLR2004
        raise ConfigurationError(
            f'metatrader_address "{address}" is no address; write one like 127.0.0.1:5555.'
        )
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        raise ConfigurationError(
            f'metatrader_address "{address}": "{host}" is no IP address of this machine; '
            "127.0.0.1 is for terminals on this machine, 0.0.0.0 for others."
        ) from None
    if not loopback and keys is None:
        raise ConfigurationError(
            f"metatrader_address {address} can be reached from other machines, and the line is not "
            "encrypted. Run fxpaper keygen, or use 127.0.0.1."
        )
    if place.plain and keys is not None:
        raise ConfigurationError(
            "metatrader_plain is set and keys have been made; a line is either. Take the setting "
            f"out to keep lines encrypted, or delete {place.data_dir / FOLDER / 'server.json'}."
        )
