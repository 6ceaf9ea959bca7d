"""The settings by which signals become orders: for all of them, and for some models and symbols."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, PlainSerializer

from fxpaper.domain.window import NEW_YORK, Window, read_window


def read_windows(said: object, zone: str | None = None) -> object:
    """Return the windows that a text, or each text of a list, describes.

    Raises:
        ValueError: one describes none.
    """
    texts = (said,) if isinstance(said, str) else said
    if not isinstance(texts, list | tuple):
        return said
    return tuple(read_window(one, zone) if isinstance(one, str) else one for one in texts)


_Shown = Annotated[InstanceOf[Window], PlainSerializer(lambda window: window.text, return_type=str)]


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
    min_confidence: Decimal = Field(Decimal("0.5"), ge=0, le=1, allow_inf_nan=False)
    """A signal with less is refused."""
    risk_at_min_confidence: Decimal = Field(Decimal("0.5"), gt=0, le=1, allow_inf_nan=False)
    """Share of the risk that a signal of just that confidence gets."""
    default_stop_pips: Decimal | None = Field(None, gt=0, allow_inf_nan=False)
    """Stop-loss of a signal that has none; without it such a signal is refused."""
    trading_hours: Annotated[tuple[_Shown, ...], BeforeValidator(read_windows)] = ()
    """When positions may be opened, Mon-Fri 08:00-17:00 Europe/London; always without it."""
    rollover_window: Annotated[
        tuple[_Shown, ...], BeforeValidator(partial(read_windows, zone=NEW_YORK))
    ] = ()
    """When none is opened, 16:55-17:10; by New York's clock unless it names another zone."""
    news_before_minutes: int = Field(30, ge=0, le=1440)
    """How long before an event of news_file none is opened in its currency."""
    news_after_minutes: int = Field(30, ge=0, le=1440)
    """How long after it."""
    news_impact: Literal["high", "medium", "low"] = "high"
    """Of the events that count; medium counts high ones too, low all of them."""


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
