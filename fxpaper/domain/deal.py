"""Fills, and the money they moved."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.account import Mode
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import DealReason, Side
from fxpaper.domain.quote import Quote


class Entry(StrEnum):
    """Whether a deal opened or closed."""

    IN = "in"
    OUT = "out"


class Attribution(msgspec.Struct, frozen=True, kw_only=True):
    """Where the net result of a closed volume comes from, account currency.

    ``mid - delay - spread - slippage - commission - swap - conversion = net``, to the cent. A
    cost is positive, what helped is negative.

    Args:
        mid: result between the mid prices at both decisions, converted at the mid rate.
        delay: cost of the market moving between decision and fill.
        spread: cost of paying half a spread at each end.
        slippage: cost of filling worse than the quote.
        commission: of both ends.
        swap: paid overnight; negative when received.
        conversion: cost of converting at the bid or the ask.
        net: what was won or lost.
    """

    mid: Decimal
    delay: Decimal
    spread: Decimal
    slippage: Decimal
    commission: Decimal
    swap: Decimal
    conversion: Decimal
    net: Decimal


class Deal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One fill.

    Args:
        id: unique within the account.
        account: whose.
        position_id: the position it opened or closed.
        order_id: the order it filled; None for a close.
        signal_id: the signal that led to it, or None.
        symbol: canonical symbol.
        digits: decimals of its prices.
        side: buy or sell; a long position closes with a sell.
        entry: in or out.
        lots: volume.
        price: in points.
        at: nanoseconds UTC.
        reason: why.
        commission: charged, account currency, never positive.
        swap: overnight interest settled with it, account currency.
        profit: price difference in account currency, without costs; 0 for an entry.
        gross: the same in the instrument's quote currency, exact.
        conversion: account currency per unit of quote currency that was applied, to eight
            decimals; None where nothing was converted.
        balance: of the account after it.
        quote: the quote it was filled on.
        attribution: where the result of an exit comes from; None for an entry.
        ambiguous: whether a bar left open what came first; the worse was taken.
        alternative: profit that the other order of things would have brought, account currency;
            None unless ambiguous.
        mode: of its account.
    """

    id: str
    account: str
    position_id: str
    order_id: str | None
    signal_id: str | None
    symbol: str
    digits: int
    side: Side
    entry: Entry
    lots: Decimal
    price: Points
    at: Instant
    reason: DealReason
    commission: Decimal
    swap: Decimal
    profit: Decimal
    gross: Decimal
    conversion: Decimal | None
    balance: Decimal
    quote: Quote
    attribution: Attribution | None = None
    ambiguous: bool = False
    alternative: Decimal | None = None
    mode: Mode = Mode.PAPER
