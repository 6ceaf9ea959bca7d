"""What travels on the socket: JSON texts, wrapped once into the bytes that every client gets.

A server's WebSocket frame depends on nothing but its payload (RFC 6455 5.2: no mask), so a text
is framed once and the same bytes are written to every transport.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

import msgspec
from pydantic import BaseModel

from fxpaper.domain.account import Mode
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.instrument import format_price
from fxpaper.domain.quote import Quote
from fxpaper.web.objects import Bar, plain

_TEXT = 0x81
_CLOSE = 0x88
_LENGTH_16, _LENGTH_64 = 126, 127
_SHORT, _MEDIUM = 126, 65536

_encode = msgspec.json.Encoder().encode


def text_frame(payload: bytes) -> bytes:
    """Return an unmasked, final text frame."""
    length = len(payload)
    if length < _SHORT:
        return struct.pack("!BB", _TEXT, length) + payload
    if length < _MEDIUM:
        return struct.pack("!BBH", _TEXT, _LENGTH_16, length) + payload
    return struct.pack("!BBQ", _TEXT, _LENGTH_64, length) + payload


def close_frame(code: int, reason: str) -> bytes:
    """Return a close frame; ``reason`` is short ASCII."""
    body = struct.pack("!H", code) + reason.encode("ascii")
    return struct.pack("!BB", _CLOSE, len(body)) + body


class Framed(msgspec.Struct):
    """A message that knows how to become a frame."""

    def frame(self) -> bytes:
        """Return its bytes on the wire."""
        return text_frame(_encode(self))


class Welcome(Framed, tag="welcome", kw_only=True):
    """The first word on every socket."""

    protocol: int
    server: str
    mode: Mode
    account: str
    time: str
    heartbeat_s: int
    demo: bool


class Ack(Framed, tag="ack", kw_only=True, omit_defaults=True):
    """An operation was carried out; the last three are of account streams only."""

    id: int | str | None
    stream: str
    epoch: str | msgspec.UnsetType = msgspec.UNSET
    seq: int | msgspec.UnsetType = msgspec.UNSET
    resumed: bool | msgspec.UnsetType = msgspec.UNSET


class Error(Framed, tag="error", kw_only=True):
    """An operation was not carried out."""

    id: int | str | None
    code: str
    detail: str


class Goodbye(Framed, tag="goodbye", kw_only=True):
    """The last word of a daemon that stops."""

    reason: str


class AccountSnapshotFrame(Framed, tag="snapshot", kw_only=True):
    """An account as it was at event ``seq``."""

    stream: str
    epoch: str
    seq: int
    mode: Mode
    data: msgspec.Raw


class EventFrame(Framed, kw_only=True):
    """One event of an account's log; its type is the event's name."""

    type: str
    stream: str
    seq: int
    time: str
    mode: Mode
    data: msgspec.Raw


class PositionValue(msgspec.Struct, frozen=True):
    """What an open position is worth now."""

    id: str
    current_price: str | None
    profit: str | None
    r: str | None


class ValuationFrame(Framed, tag="valuation", kw_only=True):
    """What account and positions are worth now."""

    stream: str
    time: str
    mode: Mode
    account: msgspec.Raw
    positions: list[PositionValue]


class Heartbeat(Framed, tag="heartbeat", kw_only=True):
    """A sign of life, with what a client needs to notice that it has missed something."""

    time: str
    seq: dict[str, int]
    market_open: bool
    sources: list[msgspec.Raw]


class AlertFrame(Framed, tag="alert", kw_only=True):
    """One alert, or several that came together; ``lines`` has the first few."""

    time: str
    title: str
    kinds: list[str]
    tone: str
    count: int
    lines: list[str]
    stream: str = "alerts"


class QuoteMessage(msgspec.Struct, tag="quote", kw_only=True):
    """A quote, as :class:`fxpaper.web.objects.Quote`."""

    symbol: str
    bid: str
    ask: str
    digits: int
    spread_points: int
    quoted_at: str
    received_at: str
    source: str
    transport: str
    spread: str
    grade: str
    simulated: bool


class BarsSnapshotFrame(Framed, tag="snapshot", kw_only=True):
    """The bars so far, oldest first."""

    symbol: str
    interval: str
    data: list[msgspec.Raw]
    stream: str = "bars"


def raw(shown: BaseModel) -> msgspec.Raw:
    """Return an object of the API as JSON, to be put into a frame."""
    return msgspec.Raw(shown.model_dump_json().encode())


def quote_text(quote: Quote, digits: int) -> bytes:
    """Return a quote as JSON; ``digits`` are the decimals of its prices."""
    evidence = quote.evidence
    return _encode(
        QuoteMessage(
            symbol=quote.symbol,
            bid=plain(format_price(quote.bid, digits)),
            ask=plain(format_price(quote.ask, digits)),
            digits=digits,
            spread_points=quote.spread,
            quoted_at=format_instant(quote.quoted_at),
            received_at=format_instant(quote.received_at),
            source=evidence.source,
            transport=evidence.transport.value,
            spread=evidence.spread.value,
            grade=evidence.grade.value,
            simulated=evidence.simulated,
        )
    )


def quotes_frame(texts: Iterable[bytes]) -> bytes:
    """Return one frame with quotes that are JSON already."""
    return text_frame(b"[" + b",".join(texts) + b"]")


def bar_frame(bar: Bar) -> bytes:
    """Return the frame of a single bar."""
    return text_frame(b'{"type":"bar","stream":"bars",' + bar.model_dump_json().encode()[1:])


def event_frame(
    kind: str, origin: tuple[str, Mode], seq: int, at: Instant, data: msgspec.Raw
) -> bytes:
    """Return the frame of an event of a stream and its account's mode; ``data`` is its object."""
    frame = EventFrame(
        type=kind, stream=origin[0], seq=seq, time=format_instant(at), mode=origin[1], data=data
    )
    return frame.frame()
