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
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from fxpaper.account_settings import AccountSettings
from fxpaper.domain.alert import AlertKind
from fxpaper.domain.window import known_zone
from fxpaper.ensemble_settings import EnsembleSettings, check_ensembles
from fxpaper.errors import ConfigurationError
from fxpaper.rule_settings import RuleSettings, SignalRuleSettings

FILE = "fxpaper.toml"
PREFIX = "FXPAPER_"
CLIENT_URL, CLIENT_TOKEN = "FXPAPER_URL", "FXPAPER_TOKEN"
"""Where :mod:`fxpaper.client` finds a daemon; no settings of the daemon itself."""

_LISTS = {"symbols", "sources", "hosts", "trading_hours", "rollover_window"}


Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")]


class HookSettings(BaseModel):
    """A webhook: a door for one sender that has no token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret: SecretStr = Field(min_length=16)
    """In its path, or, with ``signed``, the key that it signs with; sixteen characters or more."""
    signed: bool = False
    """Whether it signs what it sends."""
    model: str | None = None
    """The author of signals that name none; without it the hook's own name."""
    confidence: Decimal | None = Field(None, ge=0, le=1, allow_inf_nan=False)
    """Of signals that tell none; without it they are refused."""


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


Several = Annotated[tuple[str, ...], BeforeValidator(_several)]
"""A text, or a list of them."""


class AlertSettings(BaseModel):
    """What is told to whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    on: tuple[AlertKind, ...] = Field(min_length=1)
    """Kinds of alerts."""
    model: Several = ()
    """Patterns such as trend*, one of which the model matches."""
    symbol: Several = ()
    """Patterns such as EUR*, one of which the symbol matches."""
    to: Several = Field(("page",), min_length=1)
    """The page, and names of addresses in notify."""
    every_seconds: float = Field(30, ge=0, le=86_400)
    """What follows the first within this time is told together."""


class Settings(SignalRuleSettings):
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
    accounts: dict[Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,32}$")], AccountSettings] = (
        Field({})
    )
    """Paper accounts beside it, by name; tables in the file."""
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
    symbols: tuple[str, ...] = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD")
    """Symbols to watch and trade; what converts their profit is added by itself."""
    sources: tuple[str, ...] = (
        "metatrader",
        "metatrader5",
        "mql5_json",
        "dwx",
        "oanda",
        "tiingo",
        "twelve_data_stream",
        "finnhub_stream",
        "yahoo_stream",
        "twelve_data",
        "finnhub",
        "yahoo",
        "alpha_vantage",
    )
    """Price sources; streams come before those that are asked, better grades before worse ones, and
    then this order counts. One that needs a key takes part when it has it."""
    twelve_data_key: SecretStr | None = None
    """Key of Twelve Data; better given as FXPAPER_TWELVE_DATA_KEY, or kept in the keyring."""
    finnhub_key: SecretStr | None = None
    """Key of Finnhub."""
    tiingo_key: SecretStr | None = None
    """Token of Tiingo."""
    oanda_key: SecretStr | None = None
    """Token of an OANDA practice account."""
    oanda_account: SecretStr | None = None
    """Number of that account, 101-001-1234567-001."""
    alpha_vantage_key: SecretStr | None = None
    """Key of Alpha Vantage."""
    keys: dict[str, SecretStr] = Field({})
    """Keys of sources that other packages add, by name; a table in the file."""
    metatrader_address: str | None = None
    """Where MetaTrader terminals may connect, 127.0.0.1:5555; without it none may."""
    mt4: bool = False
    """Whether MetaTrader 4 terminals may connect, at the port of the page and with the token."""
    metatrader5_path: str | None = None
    """On Windows, the terminal64.exe to read prices from, or auto; it is started if need be."""
    metatrader_plain: bool = False
    """Whether terminals give the token as ZeroMQ's password, PLAIN, on this machine only."""
    mql5_json_address: str | None = None
    """Where the live stream of MQL5-JSON-API is, 127.0.0.1:15557."""
    dwx_address: str | None = None
    """Where the price publisher of DWX's ZeroMQ bridge is, 127.0.0.1:32770."""
    metatrader_symbols: dict[str, str] = Field({})
    """A broker's name of a symbol where it is not found by itself; a table in the file."""
    probe: bool = True
    """Whether each source is asked at the start, once a day, what its key gets."""
    triangulate: bool = True
    """Whether a cross that no source quotes is worked out from two pairs that are quoted."""
    record: bool = False
    """Whether every quote that was passed on is kept, in a Parquet file for each day."""
    ledger_url: SecretStr | None = None
    """A PostgreSQL database for the ledger, postgresql://user:password@host/database; without it
    the ledger is a file in the data directory."""
    signals_zmq: str | None = None
    """Where programs may push signals over ZeroMQ, 127.0.0.1:5560; without it none may."""
    signals_stream: str | None = Field(None, min_length=1)
    """A stream of the Redis server that signals are read from, fxpaper:signals; needs redis_url."""
    redis_url: str | None = None
    """A Redis server for cache, budgets and signals_stream; without it cache and budgets live
    inside the process."""
    hooks: dict[Name, HookSettings] = Field({})
    """Webhooks by name; tables in the file."""
    alerts: tuple[AlertSettings, ...] = ()
    """Rules of who is told what; tables in the file. Without one the page is told the essential."""
    notify: dict[Name, SecretStr] = Field({})
    """Addresses of Apprise, by name; a table in the file."""
    host: str = "127.0.0.1"
    """Address to listen on."""
    port: int = Field(8765, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""
    hosts: tuple[str, ...] = ()
    """More names under which the page may be addressed, e.g. of a reverse proxy."""
    lowest_grade: Literal["A", "B", "C"] = "C"
    """Worst evidence grade that the account fills on."""
    stream_age_seconds: float = Field(5, gt=0, le=60)
    """Oldest quote of a stream that fills."""
    rest_age_seconds: float = Field(10, gt=0, le=120)
    """Oldest fetched quote that fills."""
    signal_lifetime_seconds: int = Field(300, ge=1, le=86400)
    """How long a signal without an expiry lives."""
    news_file: Path | None = None
    """A calendar of news, CSV or JSON, around whose events no signal opens a position."""
    news_zone: Annotated[str | None, AfterValidator(lambda name: name and known_zone(name))] = None
    """Time zone of a news_file whose times name none, e.g. UTC or America/New_York."""
    limits: str = "standard"
    """What the account may lose: standard, none, ftmo-two-step, ftmo-one-step, or a TOML file."""
    limit_action: Literal["refuse", "reduce", "flatten"] = "refuse"
    """What happens once equity has reached a floor."""
    themes: dict[Name, tuple[str, ...]] = Field({})
    """Symbols whose risk counts together, metals = ["XAU*", "XAG*"]; a table in the file."""
    rules: tuple[RuleSettings, ...] = ()
    """Rules for some models and symbols only; ``[[rules]]`` tables in the file."""
    ensembles: dict[Name, EnsembleSettings] = Field({})
    """Models that decide together, by the ensemble's name; tables in the file."""


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
    for name in Settings.model_fields:
        text = os.environ.get(PREFIX + name.upper())
        if text:
            values[name] = _parts(text) if name in _LISTS else text
    values |= {name: value for name, value in (given or {}).items() if value is not None}
    if values.get("news_file"):
        values["news_file"] = path.parent / str(values["news_file"])
    try:
        settings = Settings(**values)
    except ValidationError as problem:
        raise ConfigurationError(_explain(problem, path)) from None
    check_ensembles(settings.ensembles, settings.signal_lifetime_seconds)
    return settings


def _refuse_unknown_variables() -> None:
    for variable in os.environ:
        name = variable.removeprefix(PREFIX).lower()
        known = name in Settings.model_fields or variable in {CLIENT_URL, CLIENT_TOKEN}
        if known or not variable.startswith(PREFIX):
            continue
        near = get_close_matches(name, Settings.model_fields, n=1)
        hint = f"did you mean {PREFIX}{near[0].upper()}?" if near else "there is no such setting."
        raise ConfigurationError(f"Unknown setting {variable} in the environment; {hint}")


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(f"The configuration {path} cannot be read: {problem}.") from None
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"The configuration {path} is not TOML: {problem}.") from None


def _explain(problem: ValidationError, path: Path) -> str:
    first = problem.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _known_beside(first["loc"])
        near = get_close_matches(str(first["loc"][-1]), known, n=1)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}."
        return f'Unknown setting "{key}" in {path}; {hint}'
    secret = any(word in key for word in ("key", "notify", "hooks", "url"))
    shown = "" if secret else f", got {first['input']!r}"
    nested = len(first["loc"]) > 1
    where = f"{path}" if nested else f"{path} or {PREFIX}{key.upper()}"
    return f"Setting {key}: {first['msg'].removeprefix('Value error, ')}{shown} (from {where})."


_TABLES: dict[str, type[BaseModel]] = {
    "rules": RuleSettings,
    "accounts": AccountSettings,
    "ensembles": EnsembleSettings,
    "alerts": AlertSettings,
    "hooks": HookSettings,
}


def _known_beside(place: tuple[int | str, ...]) -> list[str]:
    """Return the settings that there are where an unknown one was found."""
    table = _TABLES.get(str(place[0])) if len(place) > 1 else Settings
    return list((table or Settings).model_fields)
