"""The objects of docs/reference/api.md, as programs see them: decimals and instants are text."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema

from fxpaper.domain.account import Mode, TradingState
from fxpaper.domain.bar import INTERVALS
from fxpaper.domain.deal import Entry
from fxpaper.domain.event import CashKind
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.order import (
    DealReason,
    OrderKind,
    OrderState,
    Side,
    TimeInForce,
    TriggerSide,
)
from fxpaper.domain.quote import Grade, Spread, Transport
from fxpaper.domain.signal import SignalSide, SignalStatus


def plain(value: Decimal) -> str:
    """Return a decimal as text without an exponent."""
    return format(value, "f")


Amount = Annotated[
    Decimal,
    PlainSerializer(plain, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"}),
]
"""Money, lots and prices: a decimal string, never a float."""

Time = Annotated[
    Instant,
    PlainSerializer(format_instant, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""An instant: RFC 3339 in UTC with microseconds."""

Interval = Annotated[str, WithJsonSchema({"type": "string", "enum": list(INTERVALS)})]


class Shown(BaseModel):
    """Anything that is answered with; its schema is the one of what is sent."""

    model_config = ConfigDict(frozen=True, json_schema_mode="serialization")  # type: ignore[typeddict-unknown-key]  # read by openapi-pydantic


class Quote(Shown):
    """Bid and ask of one symbol, with their evidence."""

    symbol: str
    bid: Amount
    ask: Amount
    digits: int
    spread_points: int
    quoted_at: Time
    received_at: Time
    source: str
    transport: Transport
    spread: Spread
    grade: Grade
    simulated: bool


class Bar(Shown):
    """Prices of one interval; they are bids."""

    symbol: str
    interval: Interval
    opened_at: Time
    open: Amount
    high: Amount
    low: Amount
    close: Amount
    quotes: int
    closed: bool
    source: str


class Account(Shown):
    """An account, valued at the latest quotes."""

    id: str
    mode: Mode
    currency: str
    leverage: int
    initial_balance: Amount
    balance: Amount
    floating_profit: Amount
    equity: Amount
    margin: Amount
    free_margin: Amount
    margin_level: Amount | None
    complete: bool
    opened_at: Time
    trading: TradingState
    terminal: str | None
    seq: int


class Rung(Shown):
    """A take-profit for a part of a position."""

    price: Amount
    fraction: Amount


class Position(Shown):
    """Open exposure."""

    id: str
    account: str
    mode: Mode
    symbol: str
    side: Side
    lots: Amount
    open_price: Amount
    opened_at: Time
    stop_loss: Amount | None
    take_profit: Amount | None
    margin: Amount
    commission: Amount
    risk: Amount | None
    order_id: str
    signal_id: str | None
    model: str | None
    current_price: Amount | None
    profit: Amount | None
    r: Amount | None
    swap: Amount
    trailing: bool
    close_at: Time | None
    take_profits: list[Rung]
    version: int
    digits: int


class Order(Shown):
    """An instruction to trade."""

    id: str
    account: str
    mode: Mode
    symbol: str
    side: Side
    lots: Amount
    stop_loss: Amount | None
    take_profit: Amount | None
    state: OrderState
    fill_price: Amount | None
    placed_at: Time
    filled_at: Time | None
    signal_id: str | None
    kind: OrderKind
    price: Amount | None
    limit: Amount | None
    bound: Amount | None
    time_in_force: TimeInForce
    expires_at: Time | None
    trigger: TriggerSide
    closes: str | None
    oco: str | None
    parent: str | None
    version: int
    ended_at: Time | None
    ended_code: str | None
    ended_text: str | None
    digits: int


class Attribution(Shown):
    """Where a result comes from: ``mid`` less every cost is ``net``, to the cent."""

    mid: Amount
    delay: Amount
    spread: Amount
    slippage: Amount
    commission: Amount
    swap: Amount
    conversion: Amount
    net: Amount


class Deal(Shown):
    """One fill."""

    id: str
    account: str
    mode: Mode
    position_id: str
    order_id: str | None
    signal_id: str | None
    symbol: str
    side: Side
    entry: Entry
    lots: Amount
    price: Amount
    time: Time
    reason: DealReason
    commission: Amount
    swap: Amount
    profit: Amount
    gross: Amount
    gross_currency: str
    conversion: Amount | None
    balance: Amount
    digits: int
    quote: Quote
    attribution: Attribution | None
    ambiguous: bool
    alternative: Amount | None


class PriceLevel(Shown):
    """A level as a price."""

    price: Amount


class PipsLevel(Shown):
    """A level as a distance from the entry, in pips."""

    pips: Amount


class RLevel(Shown):
    """A take-profit as a multiple of the distance to the stop-loss."""

    r: Amount


class Check(Shown):
    """One question that was asked before acting, with both of its numbers."""

    name: str
    actual: str
    limit: str
    passed: bool


class Contribution(Shown):
    """What one model had to say when an ensemble decided."""

    model: str
    side: SignalSide
    confidence: Amount
    weight: Amount
    signal_id: str
    agrees: bool


class SignalRecord(Shown):
    """A signal and what became of it."""

    id: str
    given_id: str | None
    account: str
    mode: Mode
    model: str | None
    symbol: str | None
    side: SignalSide | None
    confidence: Amount | None
    stop_loss: PriceLevel | PipsLevel | None
    take_profit: PriceLevel | PipsLevel | RLevel | None
    rungs: list[PriceLevel | PipsLevel | RLevel]
    entry: Amount | None
    time: Time | None
    expires_at: Time | None
    received_at: Time
    door: str
    status: SignalStatus
    decided_at: Time | None
    code: str | None
    text: str | None
    actual: str | None
    limit: str | None
    checks: list[Check]
    sizing: dict[str, str]
    quote: Quote | None
    order_id: str | None
    position_ids: list[str]
    entry_price: Amount | None
    stop_loss_price: Amount | None
    take_profit_price: Amount | None
    lots: Amount | None
    ensemble_signal_id: str | None
    contributions: list[Contribution]
    raw: str | None


class PositionClosed(Shown):
    """What a closed position brought; ``position`` is as it was while open."""

    position: Position
    deal_id: str
    profit: Amount
    commission: Amount
    swap: Amount
    r: Amount | None


class SwapAccrued(Shown):
    """What a rollover earned or cost a position."""

    position: Position
    amount: Amount
    nights: int


class CashMoved(Shown):
    """The balance moved without a deal."""

    kind: CashKind
    amount: Amount
    balance: Amount
    comment: str


class MarginEvent(Shown):
    """A margin call, its end, or a stop-out."""

    equity: Amount
    margin: Amount
    level: Amount | None


class ModelPolicy(Shown):
    """What a model may do."""

    account: str
    model: str
    auto_execute: bool


class Model(Shown):
    """A model with what it may do and what its signals came to."""

    model: str
    auto_execute: bool
    signals: int
    executed: int
    refused: int
    combined: int


class SourceState(Shown):
    """How a price source is doing, what it can do, and what its key gets: ``probe``."""

    name: str
    state: Literal["idle", "connecting", "live", "quiet", "failed", "limited", "finished"]
    active: bool
    grade: Grade
    transport: Transport
    symbols: list[str]
    last_quote_at: Time | None
    age_ms: int | None
    error: str | None
    used_minute: int
    limit_minute: int | None
    used_hour: int
    limit_hour: int | None
    used_day: int
    limit_day: int | None
    simulated: bool
    retry_at: Time | None
    title: str
    sides: str
    updates: str
    history: str
    free_plan: str
    probe: str | None
    switches: int
    refused: dict[str, int]


class Instrument(Shown):
    """What can be traded, under the broker profile's rules; ``pip`` is in points."""

    symbol: str
    base: str
    quote: str
    digits: int
    pip: int
    contract_size: Amount
    min_lots: Amount
    max_lots: Amount
    lot_step: Amount
    subscribed: bool
