"""An account: who pays."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.instant import Instant


class Mode(StrEnum):
    """Whether money is at stake; fixed when the account is opened."""

    PAPER = "paper"
    LIVE = "live"
    """A MetaTrader terminal carries its orders out."""


class TradingState(StrEnum):
    """What an account may do now."""

    ACTIVE = "active"
    REDUCING = "reducing"
    """Nothing opens or grows a position; signals and people may close."""
    HALTED = "halted"
    """The same, and signals close nothing either; only people do."""
    FLATTEN = "flatten"
    """Halted, and every position is being closed; HALTED follows once nothing is open."""


SHADOW = "-shadow"


def shadow_of(account: str) -> str:
    """Return the name of the paper account that shadows a live one."""
    return account + SHADOW


class Accounting(StrEnum):
    """What a deal against an open position does."""

    HEDGING = "hedging"
    """Opens a position of its own; both stay."""
    NETTING = "netting"
    """Reduces, closes or reverses the one position of the symbol."""
    FIFO = "fifo"
    """Closes the oldest opposite positions first (NFA rule 2-43b)."""


class Account(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One account.

    Args:
        id: its name, e.g. ``paper``.
        mode: paper or live, for its whole life.
        currency: what balance, margin and profit are in.
        leverage: 100 means 1:100.
        balance: money without open positions.
        initial_balance: what it was opened with.
        opened_at: nanoseconds UTC.
        seq: number of its latest event.
        accounting: what a deal against an open position does.
        epoch: grows with every reset.
        margin_called: whether its margin level is below the margin call.
        terminal: ``login@server`` of a live account's terminal; empty on paper.
        trading: what it may do now.
    """

    id: str
    mode: Mode
    currency: str
    leverage: int
    balance: Decimal
    initial_balance: Decimal
    opened_at: Instant
    seq: int = 0
    accounting: Accounting = Accounting.HEDGING
    epoch: int = 1
    margin_called: bool = False
    terminal: str = ""
    trading: TradingState = TradingState.ACTIVE


class Valuation(msgspec.Struct, frozen=True):
    """What an account is worth at the latest quotes, in its currency.

    Args:
        balance: money without open positions.
        floating_profit: what closing everything now would bring.
        equity: balance plus floating profit.
        margin: held for open positions.
        free_margin: equity minus margin.
        margin_level: equity over margin in per cent; None without positions.
        profits: floating profit of each open position, by its id; None where no conversion
            quote is known yet.
        complete: False while some position's profit is unknown.
    """

    balance: Decimal
    floating_profit: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    margin_level: Decimal | None
    profits: dict[str, Decimal | None]
    complete: bool
