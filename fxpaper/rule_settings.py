"""The settings by which signals become orders: for all of them, and for some models and symbols."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    PlainSerializer,
    WithJsonSchema,
    field_validator,
)

from fxpaper.domain.sizing import SizingMode, Tiers
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


_Shown = Annotated[
    InstanceOf[Window],
    PlainSerializer(lambda window: window.text, return_type=str),
    WithJsonSchema({"type": "string"}),
]


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
    max_theme_risk_percent: Decimal = Field(Decimal(5), gt=0, le=100, allow_inf_nan=False)
    """The same of everything of one of the themes."""
    max_symbol_risk_percent: Decimal | None = Field(None, gt=0, le=100, allow_inf_nan=False)
    """The same of everything in one symbol; without it there is no such limit."""
    max_model_risk_percent: Decimal | None = Field(None, gt=0, le=100, allow_inf_nan=False)
    """The same of everything of one model; without it there is no such limit."""
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
    sizing: SizingMode = SizingMode.CONFIDENCE
    """What decides how many lots a signal gets."""
    lots: Decimal = Field(Decimal("0.01"), gt=0, le=1000, allow_inf_nan=False)
    """Of every signal, with sizing = "fixed_lots"."""
    max_lots: Decimal | None = Field(None, gt=0, le=1000, allow_inf_nan=False)
    """No signal gets more; without it the instrument's own limit holds."""
    risk_money: Decimal = Field(Decimal(100), gt=0, le=10**9, allow_inf_nan=False)
    """In the account's currency, lost at the stop-loss with sizing = "risk_money"."""
    tiers: Tiers | None = Field(None, min_length=1)
    """From a confidence on, a share of risk_percent, with sizing = "tiers"."""
    volatility_percent: Decimal = Field(Decimal(1), gt=0, le=100, allow_inf_nan=False)
    """Of equity, that an average day against it costs with sizing = "volatility"."""
    kelly_fraction: Decimal = Field(Decimal("0.25"), gt=0, le=1, allow_inf_nan=False)
    """Of Kelly's share of equity, that is risked with sizing = "kelly"."""
    kelly_cap_percent: Decimal = Field(Decimal(2), gt=0, le=100, allow_inf_nan=False)
    """Of equity; with sizing = "kelly" never more."""
    kelly_trades: int = Field(50, ge=1, le=10_000)
    """Closed trades of a model before Kelly's share is believed; risk_percent until then."""
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

    @field_validator("tiers")
    @classmethod
    def _rising(cls, tiers: Tiers | None) -> Tiers | None:
        for confidence, share in tiers or ():
            if not (0 <= confidence <= 1 and 0 < share <= 1):
                raise ValueError(
                    f"the tier [{confidence}, {share}] needs a confidence from 0 to 1 and a share "
                    "above 0, up to 1"
                )
        for (low, less), (high, more) in pairwise(tiers or ()):
            if high <= low or more < less:
                raise ValueError(
                    f"the tier [{high}, {more}] follows [{low}, {less}]; the confidence must rise "
                    "from tier to tier, and the share must not fall"
                )
        return tiers


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
