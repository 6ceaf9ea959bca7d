"""The WebSocket ``/api/v1/ws``: who may open one, and what its messages ask for."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import msgspec
from aiohttp import WSMsgType, web

from fxpaper import __version__
from fxpaper.domain.bar import INTERVALS
from fxpaper.domain.instant import format_instant
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.errors import FxpaperError
from fxpaper.signals.intake.symbols import canonical_symbol
from fxpaper.web.client import PROTOCOL_BROKEN, Client
from fxpaper.web.feeds import alerts, bars, quotes, valuation
from fxpaper.web.feeds.account import Resume
from fxpaper.web.frames import Ack, Error, Welcome
from fxpaper.web.hub import HEARTBEAT_SECONDS
from fxpaper.web.problem import ProblemCode, ProblemError
from fxpaper.web.rooms import ROOMS, Rooms

PATH = "/api/v1/ws"
SUBPROTOCOL = "fxpaper.v1"
MAX_MESSAGE_BYTES = 16 * 1024

_PROTOCOL = 1
_PING_SECONDS = 30.0
_CLOSE_SECONDS = 2.0
_BROKEN_ALLOWED = 3
_UNAUTHORIZED = 4001
_FOREIGN_ORIGIN = 4003

OpId = int | str | None


class Subscribe(msgspec.Struct, tag_field="op", tag="subscribe"):
    """Send me a stream.

    Args:
        stream: ``account:NAME``, ``quotes``, ``bars``, ``valuation`` or ``alerts``.
        id: comes back in the answer.
        resume: of account streams: where the client stopped.
        symbols: of quotes; all of them when left out.
        symbol: of bars.
        interval: of bars.
    """

    stream: str
    id: OpId = None
    resume: Resume | None = None
    symbols: list[str] | None = None
    symbol: str = ""
    interval: str = "1m"


class Unsubscribe(msgspec.Struct, tag_field="op", tag="unsubscribe"):
    """Send me no more of a stream."""

    stream: str
    id: OpId = None


async def serve(request: web.Request) -> web.StreamResponse:
    """Run one socket until it is closed."""
    rooms = request.app[ROOMS]
    socket = web.WebSocketResponse(
        timeout=_CLOSE_SECONDS,
        heartbeat=_PING_SECONDS,
        autoclose=False,
        protocols=(SUBPROTOCOL,),
        compress=False,
        max_msg_size=MAX_MESSAGE_BYTES,
    )
    if not socket.can_prepare(request):
        raise ProblemError(
            ProblemCode.UPGRADE_REQUIRED,
            "This address speaks WebSocket; connect with ws:// and its handshake.",
            headers={"Upgrade": "websocket"},
        )
    writer = await socket.prepare(request)
    # A browser's script never sees why a handshake was refused, but it does see close codes.
    if not rooms.guard.knows(request):
        await socket.close(code=_UNAUTHORIZED, message=b"run fxpaper link")
        return socket
    try:
        rooms.guard.check_origin(request)
    except ProblemError:
        await socket.close(code=_FOREIGN_ORIGIN, message=b"foreign origin")
        return socket
    transport = request.transport
    if isinstance(transport, asyncio.Transport):
        await _converse(Client(transport, writer.drain), rooms, socket)
    return socket


async def _converse(client: Client, rooms: Rooms, socket: web.WebSocketResponse) -> None:
    session = Session(client, rooms)
    session.begin()
    try:
        async for message in socket:
            if message.type is WSMsgType.TEXT:
                await session.take(message.data)
            elif message.type is WSMsgType.BINARY:
                session.complain_of_broken("a binary message")
    finally:
        session.end()
        if client.dropped is not None:
            # The close frame was written by the client object; aiohttp must not write another.
            client.hang_up()


class Session:
    """One client's conversation.

    Args:
        client: the other side.
        rooms: to ask.
    """

    def __init__(self, client: Client, rooms: Rooms) -> None:
        self._client = client
        self._rooms = rooms
        self._hub = rooms.hub
        self._broken = 0

    def begin(self) -> None:
        """Take part from now on."""
        self._hub.join(self._client)
        self._client.send(
            Welcome(
                protocol=_PROTOCOL,
                server=__version__,
                mode=self._rooms.mode,
                account=self._rooms.account,
                time=format_instant(self._rooms.market.now()),
                heartbeat_s=HEARTBEAT_SECONDS,
                demo=self._rooms.demo,
            ).frame()
        )

    def end(self) -> None:
        """Take part no more."""
        self._hub.leave(self._client)

    async def take(self, text: str) -> None:
        """Carry out one message, or say why not."""
        try:
            said = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as problem:
            self.complain_of_broken(str(problem))
            return
        try:
            operation = msgspec.convert(said, Subscribe | Unsubscribe)
        except msgspec.ValidationError as problem:
            self._complain(_id_in(said), RefusalCode.MALFORMED, f"{problem}.")
            return
        if isinstance(operation, Subscribe):
            await self._subscribe(operation)
        else:
            self._unsubscribe(operation)

    def complain_of_broken(self, what: str) -> None:
        """Answer something that is no JSON text; after several of them, close."""
        self._broken += 1
        self._complain(
            None, RefusalCode.MALFORMED, f"Messages are JSON texts; this is not: {what}."
        )
        if self._broken >= _BROKEN_ALLOWED:
            self._client.drop(PROTOCOL_BROKEN, "not JSON")

    async def _subscribe(self, wanted: Subscribe) -> None:
        if wanted.stream == self._hub.account.stream:
            try:
                await self._hub.account.subscribe(self._client, wanted.id, wanted.resume)
            except FxpaperError as problem:
                self._complain(wanted.id, ProblemCode.UNAVAILABLE, str(problem))
            return
        match wanted.stream:
            case quotes.STREAM:
                self._subscribe_quotes(wanted)
            case bars.STREAM:
                self._subscribe_bars(wanted)
            case valuation.STREAM:
                self._acknowledge(wanted)
                self._hub.valuation.subscribe(self._client)
            case alerts.STREAM:
                self._acknowledge(wanted)
                self._hub.alerts.subscribe(self._client)
            case _:
                self._complain_of_stream(wanted)

    def _subscribe_quotes(self, wanted: Subscribe) -> None:
        symbols = []
        for text in wanted.symbols or ():
            symbol = self._symbol(text)
            if isinstance(symbol, Refused):
                self._complain(wanted.id, symbol.code, symbol.text)
                return
            symbols.append(symbol)
        self._acknowledge(wanted)
        every = wanted.symbols is None
        self._hub.quotes.subscribe(self._client, None if every else frozenset(symbols))

    def _subscribe_bars(self, wanted: Subscribe) -> None:
        symbol = self._symbol(wanted.symbol)
        if isinstance(symbol, Refused):
            self._complain(wanted.id, symbol.code, symbol.text)
        elif wanted.interval not in INTERVALS:
            text = f'Unknown interval "{wanted.interval[:40]}". Known: {", ".join(INTERVALS)}.'
            self._complain(wanted.id, ProblemCode.INVALID, text)
        else:
            self._acknowledge(wanted)
            self._hub.bars.subscribe(self._client, symbol, wanted.interval)

    def _unsubscribe(self, unwanted: Unsubscribe) -> None:
        ways_out: dict[str, Callable[[Client], None]] = {
            self._hub.account.stream: self._hub.account.unsubscribe,
            quotes.STREAM: self._hub.quotes.unsubscribe,
            bars.STREAM: self._hub.bars.unsubscribe,
            valuation.STREAM: self._hub.valuation.unsubscribe,
            alerts.STREAM: self._hub.alerts.unsubscribe,
        }
        unsubscribe = ways_out.get(unwanted.stream)
        if unsubscribe is None:
            self._complain_of_stream(unwanted)
            return
        unsubscribe(self._client)
        self._acknowledge(unwanted)

    def _symbol(self, text: str) -> str | Refused:
        return canonical_symbol(text, self._rooms.market.instruments())

    def _acknowledge(self, operation: Subscribe | Unsubscribe) -> None:
        self._client.send(Ack(id=operation.id, stream=operation.stream).frame())

    def _complain_of_stream(self, operation: Subscribe | Unsubscribe) -> None:
        known = f"{self._hub.account.stream}, quotes, bars, valuation, alerts"
        text = f'Unknown stream "{operation.stream[:40]}". Known: {known}.'
        self._complain(operation.id, ProblemCode.NOT_FOUND, text)

    def _complain(self, id_: OpId, code: RefusalCode | ProblemCode, detail: str) -> None:
        self._client.send(Error(id=id_, code=code.value, detail=detail).frame())


def _id_in(said: object) -> OpId:
    """Return the id of an operation that is wrong otherwise."""
    id_ = said.get("id") if isinstance(said, dict) else None
    return id_ if isinstance(id_, int | str) else None
