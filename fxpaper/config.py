"""Settings: one frozen model, read once from TOML and the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, Literal

from platformdirs import user_data_path
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from fxpaper.errors import ConfigurationError

FILE = "fxpaper.toml"
PREFIX = "FXPAPER_"
_LISTS = {"symbols", "sources", "hosts"}
_SECRETS = {"twelve_data_key", "ledger_url"}
_PATTERNS = {
    "account": "it must be 1 to 32 letters, digits, _ or -",
    "currency": "it must be three capitals such as USD",
}
_RULES = {
    "tuple_type": 'it must be a list, like ["EURUSD", "USDJPY"]',
    "too_short": "it must name at least one",
    "string_type": "it must be a text in quotes",
    "path_type": "it must be a path in quotes",
    "int_type": "it must be a whole number",
    "int_parsing": "it must be a whole number",
    "int_from_float": "it must be a whole number",
    "float_type": "it must be a number",
    "float_parsing": "it must be a number",
    "decimal_type": "it must be a number",
    "decimal_parsing": "it must be a number",
}
SourceName = Literal["twelve_data", "yahoo_stream", "yahoo"]


def _postgres_address(value: SecretStr) -> SecretStr:
    if value.get_secret_value().partition("://")[0] not in {"postgresql", "postgres"}:
        raise ValueError("it begins with postgresql://")
    return value


def _bare_name(value: str) -> str:
    """Refuse what a browser would not send as the name in a Host header."""
    if not value or any(sign in value for sign in "/ @") or value.count(":") == 1:
        raise ValueError("a name stands alone, like fx.example.org, without scheme, path and port")
    return value


class Settings(BaseModel):
    """Everything that can be set. Durations are in seconds, risk in per cent of equity."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str = Field("paper", pattern=r"^[A-Za-z0-9_-]{1,32}$")
    """Name of the paper account; opened at the first start."""
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$")
    """Currency of the account, when it is opened."""
    balance: Decimal = Field(Decimal(100000), gt=0, le=10**12, allow_inf_nan=False)
    """Money in the account, when it is opened."""
    leverage: int = Field(100, ge=1, le=3000)
    """100 means 1:100; when the account is opened."""
    accounting: Literal["hedging", "netting", "fifo"] = "hedging"
    """What a deal against an open position does; when the account is opened."""
    profile: str = "standard"
    """Broker profile: standard, raw, esma, or a TOML file."""
    closed_market: Literal["refuse", "queue"] = "refuse"
    """What becomes of orders that come in while their market is closed."""
    slippage: Literal["none", "fixed", "spread", "range"] = "none"
    """What market and stop fills are worse by: nothing, points, parts of the spread or of the
    latest minute's range."""
    slippage_amount: Decimal = Field(Decimal(0), ge=0, le=10**6, allow_inf_nan=False)
    """How many of them, on average."""
    slippage_seed: int | None = None
    """Makes each fill draw between nothing and twice the amount; the same seed draws the same."""
    latency_ms: int = Field(0, ge=0, le=600_000)
    """A market order is executed on the first quote at least so much later."""
    symbols: tuple[str, ...] = Field(("EURUSD", "GBPUSD", "USDJPY", "AUDUSD"), min_length=1)
    """Symbols to watch and trade; what converts their profit is added by itself."""
    sources: tuple[SourceName, ...] = ("yahoo_stream", "twelve_data", "yahoo")
    """Price sources, best first; Twelve Data takes part when it has a key."""
    twelve_data_key: SecretStr | None = None
    """Key of Twelve Data; better given as FXPAPER_TWELVE_DATA_KEY."""
    ledger_url: Annotated[SecretStr, AfterValidator(_postgres_address)] | None = None
    """A PostgreSQL database for the ledger, postgresql://user:password@host/database; without it
    the ledger is a file in the data directory."""
    redis_url: str | None = None
    """A Redis server for cache and budgets; without it they live inside the process."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8765, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    hosts: tuple[Annotated[str, AfterValidator(_bare_name)], ...] = ()
    """More names under which the page may be addressed, e.g. of a reverse proxy."""
    signals_file: Path | None = None
    """A JSON-lines file of signals to watch; lines may be appended."""
    lowest_grade: Literal["A", "B", "C"] = "C"
    """Worst evidence grade that the account fills on."""
    stream_age_seconds: float = Field(5, gt=0, le=60)
    """Oldest quote of a stream that fills."""
    rest_age_seconds: float = Field(10, gt=0, le=120)
    """Oldest fetched quote that fills."""
    risk_percent: Decimal = Field(Decimal(1), gt=0, le=100, allow_inf_nan=False)
    """Of equity, lost at the stop-loss by a signal of confidence 1."""
    max_risk_percent: Decimal = Field(Decimal(2), gt=0, le=100, allow_inf_nan=False)
    """Of equity; nothing that loses more is let through."""
    min_confidence: Decimal = Field(Decimal("0.5"), ge=0, le=1, allow_inf_nan=False)
    """A signal with less is refused."""
    risk_at_min_confidence: Decimal = Field(Decimal("0.5"), gt=0, le=1, allow_inf_nan=False)
    """Share of the risk that a signal of just that confidence gets."""
    signal_lifetime_seconds: int = Field(300, ge=1, le=86400)
    """How long a signal without an expiry lives."""
    default_stop_pips: Decimal | None = Field(None, gt=0, allow_inf_nan=False)
    """Stop-loss of a signal that has none; without it such a signal is refused."""


def default_data_dir() -> Path:
    """Return where a daemon keeps its ledger unless it is told otherwise."""
    return user_data_path("fxpaper", appauthor=False)


def read_settings(
    data_dir: Path, config: Path | None, given: Mapping[str, Any] | None = None
) -> Settings:
    """Return the settings: options over environment over file over defaults.

    Args:
        data_dir: where ``fxpaper.toml`` is looked for unless ``config`` names a file.
        config: a file that must exist.
        given: from the command line; None values are not given.

    Raises:
        ConfigurationError: a file, a key or a value is wrong; says which and what would be right.
    """
    path = config or data_dir / FILE
    _refuse_unknown_variables()
    values: dict[str, Any] = {}
    if config is not None or path.is_file():
        values = _read(path)
    origins = dict.fromkeys(values, str(path))
    for name in Settings.model_fields:
        text = os.environ.get(PREFIX + name.upper())
        if text:
            values[name] = _parts(text) if name in _LISTS else text
            origins[name] = PREFIX + name.upper()
    for name, value in (given or {}).items():
        if value is not None:
            values[name], origins[name] = value, f"--{name}"
    try:
        return Settings(**values)
    except ValidationError as problem:
        raise ConfigurationError(_explain(problem, origins)) from None


def _refuse_unknown_variables() -> None:
    for variable in os.environ:
        name = variable.removeprefix(PREFIX).lower()
        if not variable.startswith(PREFIX) or name in Settings.model_fields:
            continue
        near = get_close_matches(name, Settings.model_fields, n=1)
        hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else "there is no such setting."
        raise ConfigurationError(f"Unknown setting {variable} in the environment; {hint}")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as problem:
        raise ConfigurationError(
            f"The configuration {path} cannot be read: {problem.strerror}."
        ) from None
    except UnicodeDecodeError:
        raise ConfigurationError(
            f"The configuration {path} is not UTF-8 text. Save it as UTF-8."
        ) from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"The configuration {path} is not TOML: {problem}.") from None


def _explain(problem: ValidationError, origins: Mapping[str, str]) -> str:
    """Return what is wrong with the first wrong setting, the value, and where it stands."""
    first = problem.errors()[0]
    key = str(first["loc"][0])
    origin = origins.get(key, "the settings")
    if first["type"] == "extra_forbidden":
        near = get_close_matches(key, Settings.model_fields, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(Settings.model_fields)}."
        return f'Unknown setting "{key}" in {origin}; {hint}'
    shown = "" if key in _SECRETS else f", not {_shown(first['input'])}"
    return f"Setting {key} in {origin}: {_rule(first)}{shown}."


def _rule(error: ErrorDetails) -> str:
    """Return what would be right."""
    if error["type"] == "string_pattern_mismatch":
        return _PATTERNS[str(error["loc"][0])]
    own = _RULES.get(error["type"])
    if own is not None:
        return own
    rule = error["msg"].removeprefix("Value error, ").removeprefix("Input should ")
    return f"it must {rule}" if rule.startswith("be ") else rule


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)
