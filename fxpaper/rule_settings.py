"""The settings by which signals become orders: for all of them, and for some models and symbols."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class SignalRuleSettings(BaseModel):
    """What can be set for every signal, and otherwise for some. Risk is in per cent of equity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    risk_percent: Decimal = Field(Decimal(1), gt=0, le=100, allow_inf_nan=False)
    """Of equity, lost at the stop-loss by a signal of confidence 1."""
    max_risk_percent: Decimal = Field(Decimal(2), gt=0, le=100, allow_inf_nan=False)
    """Of equity; nothing that loses more is let through."""
    max_open_risk_percent: Decimal = Field(Decimal(10), gt=0, le=100, allow_inf_nan=False)
    """Of equity, lost if every stop-loss were hit; waiting orders count."""
    max_leg_risk_percent: Decimal = Field(Decimal(5), gt=0, le=100, allow_inf_nan=False)
    """The same of everything that buys, or sells, one currency."""
    max_positions: int = Field(50, ge=1, le=10_000)
    """Open and waiting together."""
    max_spread_percent: Decimal = Field(Decimal(50), gt=0, le=100, allow_inf_nan=False)
    """Of the way from the entry to the stop-loss; signals wait for a narrower spread."""
    max_entry_drift_percent: Decimal = Field(Decimal(50), ge=0, le=1000, allow_inf_nan=False)
    """Of the way to the stop-loss, that the market may have gone on from a signal's own entry."""
    min_reward_risk: Decimal | None = Field(None, gt=0, le=100, allow_inf_nan=False)
    """Least way to the take-profit over the way to the stop-loss; signals wait for it."""
    conflict: Literal["hedge", "ignore", "close", "reverse"] = "hedge"
    """What becomes of a signal against an open position."""
    conflict_with: Literal["model", "account"] = "model"
    """Whose positions count, for conflict and max_entries: the model's, or all of the symbol."""
    max_entries: int | None = Field(None, ge=1, le=10_000)
    """Most entries in a symbol on one side, open and waiting; without it there is no limit."""
    cooldown_losses: int | None = Field(None, ge=1, le=100)
    """After so many losses in a row a model pauses in that symbol; without it never."""
    cooldown_minutes: int = Field(60, ge=1, le=10_080)
    """How long it pauses."""
    min_confidence: Decimal = Field(Decimal("0.5"), ge=0, le=1, allow_inf_nan=False)
    """A signal with less is refused."""
    risk_at_min_confidence: Decimal = Field(Decimal("0.5"), gt=0, le=1, allow_inf_nan=False)
    """Share of the risk that a signal of just that confidence gets."""
    default_stop_pips: Decimal | None = Field(None, gt=0, allow_inf_nan=False)
    """Stop-loss of a signal that has none; without it such a signal is refused."""


class RuleSettings(SignalRuleSettings):
    """Other values for some models and symbols; what is not given stays as it is."""

    model: str = Field("*", min_length=1)
    """A name, or a pattern with ``*`` and ``?``."""
    symbol: str = Field("*", min_length=1)
    """The same."""

    def given(self) -> dict[str, object]:
        """Return what holds otherwise, by name."""
        names = self.model_fields_set - {"model", "symbol"}
        return {name: getattr(self, name) for name in sorted(names)}
