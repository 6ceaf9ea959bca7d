"""What an account may lose and how fast it may trade; values, read from a pack elsewhere."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from enum import StrEnum

import msgspec

DAILY_LOSS = "daily_loss"
DRAWDOWN = "drawdown"


class Basis(StrEnum):
    """An amount that a loss is counted from, or that its per cent are of."""

    INITIAL = "initial"
    """What the account was opened with, plus what was paid in, less capital taken out."""
    BALANCE = "balance"
    """The balance as the day began."""
    EQUITY = "equity"
    """The equity as the day began."""
    PEAK = "peak"
    """The highest equity that a day ended with; the initial balance counts as one."""


class OnBreach(StrEnum):
    """What happens once equity has reached a floor."""

    REFUSE = "refuse"
    """Signals that open are refused while equity is there."""
    REDUCE = "reduce"
    """The account opens nothing any more until a person resumes."""
    FLATTEN = "flatten"
    """It also closes what is open."""


class LossLimit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A floor under equity: ``counted_from`` less so many per cent of ``percent_of``.

    Args:
        percent: above 0.
        counted_from: what the loss is counted from.
        percent_of: what the per cent are of.
        locks: whether the floor never rises above the initial balance.
    """

    percent: Decimal
    counted_from: Basis
    percent_of: Basis
    locks: bool = False


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The limits of one account; None limits nothing.

    Args:
        name: of the pack.
        day_ends: when a trading day ends, on the clocks of ``zone``.
        zone: IANA name of a time zone.
        daily_loss: floor that each day has anew.
        max_loss: floor for the account's whole life.
        losses_in_a_row: so many closed trades that lost, without one between that did not, and
            signals open nothing until the next day.
        orders_per_minute: of signals, in any 60 seconds of a day.
        orders_per_day: of signals.
        on_breach: what happens when equity reaches a floor.
    """

    name: str = "none"
    day_ends: time = time(17)
    zone: str = "America/New_York"
    daily_loss: LossLimit | None = None
    max_loss: LossLimit | None = None
    losses_in_a_row: int | None = None
    orders_per_minute: int | None = None
    orders_per_day: int | None = None
    on_breach: OnBreach = OnBreach.REFUSE

    @property
    def has_floors(self) -> bool:
        """Whether equity is limited at all."""
        return self.daily_loss is not None or self.max_loss is not None


NO_LIMITS = Limits()
"""Only marks days, by New York's."""
