"""What a terminal and the daemon say to each other.

A message is two ZeroMQ frames: the name of its kind, and a JSON object. Every object has ``v`` (1),
``s`` (the sender's number in this session, one more each time) and ``t`` (the sender's time, UTC in
milliseconds). Numbers with decimals are printed with the symbol's digits; 64-bit ids are strings.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from fxpaper.bridge.numbers import Counted
from fxpaper.bridge.trade_messages import (
    AccountNow,
    Bars,
    BarsWanted,
    Cmd,
    Deals,
    LookNow,
    Result,
)
from fxpaper.errors import ProtocolError

VERSION = 1
LARGEST_BYTES = 1 << 20
_MOST_DIGITS = 12


class Hello(msgspec.Struct, tag_field="kind", tag="hello", kw_only=True):
    """A terminal introduces itself; everything else comes after the welcome.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        v: version of these messages.
        token: the daemon's, where the line is not encrypted.
        ea: version of the Expert Advisor.
        build: of the terminal.
        login: of the account.
        server: of the broker.
        company: of the broker.
        currency: of the account.
        margin_mode: 0 netting, 1 exchange, 2 hedging.
        trade_mode: 0 demo, 1 contest, 2 real.
        leverage: 100 means 1:100.
        offset: of the broker's clock from UTC, seconds.
        offset_valid: whether that rests on fresh quotes.
        epoch: changes when the terminal begins to count its ticks anew.
        balance: of the account, account currency.
    """

    s: int
    t: int
    v: int = VERSION
    token: str = ""
    ea: str = ""
    build: int = 0
    login: str = ""
    server: str = ""
    company: str = ""
    currency: str = ""
    margin_mode: int = 2
    trade_mode: int = 0
    leverage: int = 0
    offset: int = 0
    offset_valid: bool = False
    epoch: str = ""
    balance: Decimal = Decimal(0)


class Spec(Counted, tag_field="kind", tag="spec", kw_only=True):
    """A symbol as the broker defines it.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        symbol: the broker's name, ``EURUSD.m``.
        digits: decimals of its prices.
        point: smallest step of its prices.
        contract: units in a lot.
        vol_min: fewest lots.
        vol_max: most lots.
        vol_step: step of lots.
        stops: closest distance of stops, points.
        filling: flags of the filling modes, 1 fill or kill, 2 immediate or cancel.
        exemode: 2 is market execution.
        trade_mode: 4 trades fully.
        calc_mode: 0 and 5 are forex.
        base: currency or metal that is bought.
        profit: currency that is paid in.
        margin: currency that margin is in.
        path: folder in the broker's list.
        selected: whether it is in the market watch.
        swap_mode: 1 counts points, 0 none.
        swap_long: for a long position, a night.
        swap_short: for a short one.
        swap_triple: weekday of three nights, 0 is Sunday.
    """

    s: int
    t: int
    symbol: str
    digits: int
    point: Decimal
    contract: Decimal
    vol_min: Decimal = Decimal("0.01")
    vol_max: Decimal = Decimal(100)
    vol_step: Decimal = Decimal("0.01")
    stops: int = 0
    filling: int = 3
    exemode: int = 2
    trade_mode: int = 4
    calc_mode: int = 0
    base: str = ""
    profit: str = ""
    margin: str = ""
    path: str = ""
    selected: bool = False
    swap_mode: int = 0
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    swap_triple: int = 3

    def __post_init__(self) -> None:
        """Refuse digits and numbers that no broker has and that nobody could count with."""
        super().__post_init__()
        if not 0 <= self.digits <= _MOST_DIGITS:
            raise ValueError(f"{self.digits} digits")


class Ticks(msgspec.Struct, tag_field="kind", tag="ticks", kw_only=True):
    """Prices of one symbol, oldest first.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        sym: the broker's name.
        n: how many ticks of the symbol the terminal has sent before these, in this epoch.
        ticks: time on the broker's clock in milliseconds, bid, ask.
        lost: how many are known to be missing before these.
        offset: of the broker's clock from UTC when they were taken, seconds.
    """

    s: int
    t: int
    sym: str
    n: int
    ticks: list[tuple[int, Decimal, Decimal]]
    lost: int = 0
    offset: int | None = None


class Beat(msgspec.Struct, tag_field="kind", tag="hb", kw_only=True):
    """A sign of life of either side, about once a second.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        offset: of the broker's clock from UTC, seconds.
        offset_valid: whether that rests on fresh quotes.
        connected: whether the terminal reaches its broker.
        trade_allowed: whether it may trade.
    """

    s: int
    t: int
    offset: int = 0
    offset_valid: bool = False
    connected: bool = True
    trade_allowed: bool = False


class Bye(msgspec.Struct, tag_field="kind", tag="bye", kw_only=True):
    """The terminal leaves on purpose.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        reason: why.
    """

    s: int
    t: int
    reason: str = ""


class Welcome(msgspec.Struct, tag_field="kind", tag="welcome", kw_only=True):
    """The daemon accepts a terminal.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        v: version of these messages.
        session: name of the session.
        hb_ms: how often a sign of life is expected.
    """

    s: int
    t: int
    v: int = VERSION
    session: str
    hb_ms: int


class Reject(msgspec.Struct, tag_field="kind", tag="reject", kw_only=True):
    """The daemon refuses a terminal, and says why in a sentence that can be shown on the chart.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        v: version of these messages.
        code: for programs.
        why: for people.
    """

    s: int
    t: int
    v: int = VERSION
    code: str
    why: str


class Subscribe(msgspec.Struct, tag_field="kind", tag="sub", kw_only=True):
    """The daemon wants ticks.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        v: version of these messages.
        symbols: the broker's names.
        since: the latest tick that is known of each, on the broker's clock in milliseconds; the
            terminal goes on after it, as far as it remembers.
    """

    s: int
    t: int
    v: int = VERSION
    symbols: list[str]
    since: dict[str, int] = {}


FromTerminal = Hello | Spec | Ticks | Beat | Bye | Deals | AccountNow | Result | Bars
ToTerminal = Welcome | Reject | Subscribe | Beat | Cmd | LookNow | BarsWanted

_DECODERS: dict[bytes, msgspec.json.Decoder[FromTerminal]] = {
    kind.__struct_config__.tag.encode(): msgspec.json.Decoder(kind)  # type: ignore[union-attr]
    for kind in (Hello, Spec, Ticks, Beat, Bye, Deals, AccountNow, Result, Bars)
}
_ENCODER = msgspec.json.Encoder(decimal_format="number")


def decode(frames: list[bytes]) -> FromTerminal:
    """Return the message that two frames are.

    Raises:
        ProtocolError: they are none; says what is wrong.
    """
    if len(frames) != 2:  # noqa: PLR2004 - kind and body
        raise ProtocolError(f"{len(frames)} frames instead of 2")
    kind, body = frames
    decoder = _DECODERS.get(kind)
    if decoder is None:
        raise ProtocolError(f"unknown kind of message {kind[:20]!r}")
    try:
        return decoder.decode(_tagged(kind, body))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise ProtocolError(f"{kind.decode()}: {problem}") from None


def encode(message: ToTerminal) -> list[bytes]:
    """Return the two frames of a message."""
    kind: Any = type(message).__struct_config__.tag
    return [str(kind).encode(), _ENCODER.encode(message)]


def _tagged(kind: bytes, body: bytes) -> bytes:
    """Put the kind into the object, where the decoder looks for it."""
    stripped = body.lstrip()
    if not stripped.startswith(b"{"):
        raise ProtocolError(f"{kind.decode()}: the body is no JSON object")
    rest = stripped[1:].lstrip()
    comma = b"" if rest.startswith(b"}") else b","
    return b'{"kind":"' + kind + b'"' + comma + rest
