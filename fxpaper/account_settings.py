"""What can be set of an account beside the daemon's own: a table ``[accounts.NAME]``."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from fxpaper.rule_settings import SignalRuleSettings


class AccountSettings(SignalRuleSettings):
    """A paper account beside the daemon's own.

    Which signals it takes, and settings that are its own; every field but the lists is the setting
    of that name. What is left out is as for the daemon's own account; so are the tables of rules.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    symbols: tuple[str, ...] = ("*",)
    """Symbols whose signals it takes, with * and ? as in names of files."""
    models: tuple[str, ...] = ("*",)
    """Models whose signals it takes, likewise."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    balance: Annotated[Decimal, Field(gt=0, le=10**12, allow_inf_nan=False)] | None = None
    leverage: Annotated[int, Field(ge=1, le=3000)] | None = None
    accounting: Literal["hedging", "netting", "fifo"] | None = None


OVERRIDES = frozenset(AccountSettings.model_fields) - {"symbols", "models"}
"""Settings that an account may have of its own; another field above is one more."""
