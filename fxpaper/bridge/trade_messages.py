"""What a terminal and the daemon say to each other about an account and its orders.

Written as in :mod:`fxpaper.bridge.messages`. Positions, orders and deals are arrays, in the order
of the fields; times are milliseconds on the broker's clock, marks are texts.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec

from fxpaper.bridge.numbers import Counted, Magic, Millis, Number, Seconds


class PositionRow(Counted, array_like=True):
    """A position: MQL5's POSITION_IDENTIFIER, its symbol, type (0 buy, 1 sell), and so on."""

    id: Number
    symbol: str
    type: Literal[0, 1]
    lots: Decimal
    price: Decimal
    sl: Decimal
    tp: Decimal
    swap: Decimal
    time: Millis
    magic: Magic


class OrderRow(Counted, array_like=True):
    """A waiting order; ``type`` is MQL5's ENUM_ORDER_TYPE, ``expires`` 0 for never."""

    ticket: Number
    symbol: str
    type: Number
    lots: Decimal
    price: Decimal
    limit: Decimal
    sl: Decimal
    tp: Decimal
    time: Millis
    expires: Seconds
    magic: Magic


class DealRow(Counted, array_like=True):
    """A deal; ``type``, ``entry`` and ``reason`` are MQL5's, beyond 1 a type moves money only."""

    ticket: Number
    order: Number
    position: Number
    symbol: str
    type: Number
    entry: int
    lots: Decimal
    price: Decimal
    commission: Decimal
    fee: Decimal
    swap: Decimal
    profit: Decimal
    time: Millis
    magic: Magic
    reason: int
    comment: str


class Deals(msgspec.Struct, tag_field="kind", tag="deals", kw_only=True):
    """Part of the deals that were looked for, oldest first; the account follows.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        rows: at most a hundred.
    """

    s: int
    t: int
    rows: list[DealRow]


class AccountNow(Counted, tag_field="kind", tag="acct", kw_only=True):
    """The account as the terminal has it, after the deals that were sent before.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        balance: account currency.
        equity: account currency.
        margin: account currency.
        credit: account currency.
        trade: whether orders are carried out.
        why: one sentence where they are not.
        positions: open ones.
        orders: waiting ones.
    """

    s: int
    t: int
    balance: Decimal
    equity: Decimal
    margin: Decimal
    credit: Decimal = Decimal(0)
    trade: bool = False
    why: str = ""
    positions: list[PositionRow] = msgspec.field(default_factory=list)
    orders: list[OrderRow] = msgspec.field(default_factory=list)


class Result(msgspec.Struct, tag_field="kind", tag="res", kw_only=True):
    """What became of a command.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        id: of the command.
        state: done, placed, refused, expired, uncertain.
        retcode: of the broker; 0 where it was not asked.
        why: one sentence; may be empty.
        order: number of the order at the broker; 0 for none.
        dup: whether the command had come before.
    """

    s: int
    t: int
    id: str
    state: Literal["done", "placed", "refused", "expired", "uncertain"]
    retcode: Number = 0
    why: str = ""
    order: Number = 0
    dup: bool = False


class Bars(msgspec.Struct, tag_field="kind", tag="bars", kw_only=True):
    """Bars of the past: opening on the broker's clock in seconds, open, high, low, close.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        req: number of the question.
        sym: the broker's name.
        rows: oldest first.
    """

    s: int
    t: int
    req: int
    sym: str
    rows: list[tuple[int, Decimal, Decimal, Decimal, Decimal]]


class Cmd(msgspec.Struct, tag_field="kind", tag="cmd", kw_only=True, omit_defaults=True):
    """A command. The terminal carries an id out once, whatever happens.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        id: at most 26 characters; it comes back in the broker's comment too, behind ``fx:``.
        op: open, place, close, close_by, change, cancel, protect.
        symbol: the broker's name.
        magic: the command's mark, 63 bits.
        deadline: UTC in milliseconds; later it is not carried out.
        again: whether it may have been sent before.
        type: MQL5's ENUM_ORDER_TYPE.
        lots: volume.
        price: that an order waits for; 0 for none.
        limit: of a stop-limit; 0 for none.
        sl: stop-loss; 0 for none.
        tp: take-profit; 0 for none.
        deviation: points.
        tif: gtc, day, gtd, ioc, fok.
        expires: on the broker's clock in seconds; 0 for never.
        position: number of the position it closes or protects; 0 for none.
        by: number of the position it closes by; 0 for none.
        order: number of the order it changes or cancels; 0 for none.
    """

    s: int
    t: int
    id: str
    op: str
    symbol: str
    magic: str
    deadline: int
    again: bool = False
    type: int = 0
    lots: Decimal = Decimal(0)
    price: Decimal = Decimal(0)
    limit: Decimal = Decimal(0)
    sl: Decimal = Decimal(0)
    tp: Decimal = Decimal(0)
    deviation: int = 0
    tif: str = "gtc"
    expires: int = 0
    position: int = 0
    by: int = 0
    order: int = 0


class LookNow(msgspec.Struct, tag_field="kind", tag="look", kw_only=True):
    """The daemon asks for deals and the account; from then on they come after trades by themselves.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        since: deals from this time on are wanted, on the broker's clock in milliseconds; 0 for a
            day ago.
    """

    s: int
    t: int
    since: int


class BarsWanted(msgspec.Struct, tag_field="kind", tag="hist", kw_only=True):
    """The daemon asks for bars of the past.

    Args:
        s: number in the session.
        t: UTC, milliseconds.
        req: number of the question.
        sym: the broker's name.
        minutes: of a bar.
        begins: on the broker's clock in seconds.
        ends: no bar opens at or after it.
    """

    s: int
    t: int
    req: int
    sym: str
    minutes: int
    begins: int
    ends: int
