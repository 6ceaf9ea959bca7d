"""What routes are asked with and answer with, around the objects."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from fxpaper.domain.account import Mode, TradingState
from fxpaper.domain.order import Side
from fxpaper.domain.signal import SignalStatus
from fxpaper.signals.intake.dialects import Dialect
from fxpaper.web.objects import (
    Account,
    Amount,
    Bar,
    Deal,
    Instrument,
    Interval,
    Model,
    Order,
    Position,
    Quote,
    Shown,
    SignalRecord,
    SourceState,
    Time,
)

MAX_BARS = 3000


class Asked(BaseModel):
    """Anything that is sent to us: an unknown name is an error, a mistyped one is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class AccountQuery(Asked):
    """Which account is meant; the daemon's own when left out."""

    account: str | None = None


class HeadroomQuery(AccountQuery):
    """How far away the stop-loss is that lots are worked out for; 20 pips when left out."""

    stop_pips: Annotated[Decimal, Field(gt=0, le=100_000, allow_inf_nan=False)] | None = None


class ListQuery(AccountQuery):
    """Which part of a list."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100
    cursor: str | None = None


class SignalsQuery(ListQuery):
    """Which part of the journal."""

    model: str | None = None
    symbol: str | None = None
    status: SignalStatus | None = None


class ScoreQuery(AccountQuery):
    """Which symbol's trades; those of all symbols when left out."""

    symbol: str | None = None


class QuotesQuery(Asked):
    """Which symbols, separated by commas; all of them when left out."""

    symbols: str | None = None


class BarsQuery(Asked):
    """Which bars: the newest, or with ``from`` those of the past from the oldest on.

    ``from`` and ``to`` are RFC 3339; ``to`` is now when left out.
    """

    symbol: str
    interval: Interval = "1m"
    limit: Annotated[int, Field(ge=1, le=MAX_BARS)] = 500
    begins: Annotated[str | None, Field(alias="from")] = None
    ends: Annotated[str | None, Field(alias="to")] = None


class PollQuery(Asked):
    """A poll of a MetaTrader 4 terminal: which line (chart and turn), its number on it."""

    line: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]{1,40}(\.[A-Za-z0-9-]{1,40})?$")]
    poll: Annotated[int, Field(ge=1)]


class NoQuery(Asked):
    """Nothing can be asked."""


class CloseQuery(AccountQuery):
    """How much to close; all of it when left out."""

    lots: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)] | None = None


class CloseByBody(Asked):
    """The other position."""

    other_id: str


class CloseAllBody(Asked):
    """Which positions; every one when nothing is named."""

    symbol: str | None = None
    side: Side | None = None


class ReverseBody(Asked):
    """Levels of the new position."""

    stop_loss: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)] | None = None
    take_profit: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)] | None = None


class CashBody(Asked):
    """Money to pay in, or, negative, to take out."""

    amount: Annotated[Decimal, Field(allow_inf_nan=False)]
    comment: Annotated[str, Field(max_length=200)] = ""


class Queued(Shown):
    """A webhook's signal was taken: journalled and decided, or waiting for its turn or a quote."""

    status: Literal["taken", "queued"]
    id: str | None
    duplicate: bool


class Meaning(Shown):
    """What a payload would mean."""

    dialect: Dialect | None
    signal: dict[str, str]
    set_aside: list[str]
    problem: str | None


class TradingBody(Asked):
    """Whether the account may open anything."""

    state: TradingState
    reason: Annotated[str, Field(max_length=200)] = ""


class ResetBody(Asked):
    """What to begin anew with; the initial balance when left out."""

    balance: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)] | None = None
    comment: Annotated[str, Field(max_length=200)] = ""


class PolicyBody(Asked):
    """What a model may do from now on."""

    auto_execute: Annotated[bool, Field(strict=True)]


class SignalBody(Asked):
    """A signal; read by the signals room, here for the document only."""

    model_config = ConfigDict(title="Signal")

    id: str | None = None
    account: str | None = None
    model: str
    symbol: str
    side: Literal["buy", "sell", "close"]
    confidence: float | str | None = None
    stop_loss: SentLevel | float | str | None = None
    take_profit: SentLevel | float | str | list[SentLevel | float | str] | None = None
    entry: float | str | None = None
    time: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})] = None
    expiry: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})] = None


class SentLevel(Asked):
    """A level as it may be sent: exactly one of the three."""

    price: float | str | None = None
    pips: float | str | None = None
    r: float | str | None = None


class Health(Shown):
    """Whether all is well."""

    status: Literal["ok", "degraded"]
    version: str
    mode: Mode
    time: Time
    started_at: Time
    account: str
    demo: bool
    simulated: bool
    market_open: bool
    note: str | None
    sources: list[SourceState]


class AccountList(Shown):
    """The daemon's accounts, its own first."""

    items: list[Account]
    next: None


class PositionList(Shown):
    """Open positions, oldest first."""

    items: list[Position]
    next: None


class OrderList(Shown):
    """Orders, newest first."""

    items: list[Order]
    next: str | None


class DealList(Shown):
    """Deals, newest first."""

    items: list[Deal]
    next: str | None


class SignalList(Shown):
    """The journal, newest first."""

    items: list[SignalRecord]
    next: str | None


class ModelList(Shown):
    """Every known model, by name."""

    items: list[Model]
    next: None


class QuoteList(Shown):
    """The latest quote of each symbol that has one."""

    items: list[Quote]


class BarSeries(Shown):
    """Bars, oldest first; the last one may be open."""

    symbol: str
    interval: Interval
    items: list[Bar]


class EquityPoint(Shown):
    """What the account was worth at an instant."""

    time: Time
    balance: Amount
    equity: Amount


class EquityCurve(Shown):
    """Equity since the start of the process, oldest first."""

    items: list[EquityPoint]


class InstrumentList(Shown):
    """Every instrument of the broker profile."""

    items: list[Instrument]


class SourceList(Shown):
    """Every configured price source, by priority."""

    items: list[SourceState]


class SignalChain(Shown):
    """A signal and everything it led to."""

    signal: SignalRecord
    order: Order | None
    positions: list[Position]
    deals: list[Deal]


class ClosedPosition(Shown):
    """The fill that closed a position."""

    deal: Deal
    position_id: str


class Link(Shown):
    """A one-time link that logs a browser in."""

    url: str
    expires_at: Time


class AccountSnapshot(Shown):
    """Everything a page needs of an account, at one event number."""

    account: Account
    positions: list[Position]
    orders: list[Order]
    deals: list[Deal]
    signals: list[SignalRecord]
    models: list[Model]


class Done(Shown):
    """What a command has changed: orders and open positions as they are now, and new deals."""

    orders: list[Order]
    positions: list[Position]
    deals: list[Deal]
    account: Account


class Fault(Shown):
    """One field that is wrong."""

    pointer: str
    detail: str


class Problem(Shown):
    """What went wrong (RFC 9457); ``code`` is stable, ``title`` and ``detail`` are for people."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    instance: str
    actual: str
    limit: str
    errors: list[Fault]
    signal_id: Annotated[str | None, Field(exclude_if=lambda value: value is None)] = None
    request_id: Annotated[str | None, Field(exclude_if=lambda value: value is None)] = None


SignalBody.model_rebuild()
