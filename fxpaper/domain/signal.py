"""A model's advice, and what became of it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.approval import Check
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import Refused


class SignalSide(StrEnum):
    """What a signal advises."""

    BUY = "buy"
    SELL = "sell"
    CLOSE = "close"


class PriceLevel(msgspec.Struct, frozen=True, tag="price"):
    """A level as a price, in the instrument's quote currency."""

    price: Decimal


class PipsLevel(msgspec.Struct, frozen=True, tag="pips"):
    """A level as a distance from the entry, in pips."""

    pips: Decimal


class RLevel(msgspec.Struct, frozen=True, tag="r"):
    """A take-profit as a multiple of the distance to the stop-loss."""

    r: Decimal


StopLevel = PriceLevel | PipsLevel
Level = PriceLevel | PipsLevel | RLevel


class Contribution(msgspec.Struct, frozen=True):
    """What one model had to say when an ensemble decided.

    Args:
        model: the member.
        side: it advised.
        confidence: of its advice.
        weight: of the member.
        signal_id: its signal.
        agrees: whether it was for the side that was decided on.
    """

    model: str
    side: SignalSide
    confidence: Decimal
    weight: Decimal
    signal_id: str
    agrees: bool


class Signal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="signal"):
    """Advice to buy, to sell or to close.

    Args:
        id: the sender's own id; the idempotency key, unique within the account for ever.
        account: the account it is for.
        model: its author.
        symbol: canonical symbol.
        side: buy, sell or close.
        confidence: the author's probability of being right, 0–1.
        stop_loss: as price or pips; None when the sender gave none.
        take_profit: as price, pips or R; None when the sender gave none.
        at: when the model made it, nanoseconds UTC.
        expires_at: not to be executed at or after this instant, nanoseconds UTC.
        received_at: when it arrived, nanoseconds UTC.
        door: how it came in: ``http``, ``file``, ``zmq``, ``stream``, ``cli`` or ``sample``;
            ``ensemble`` when fxpaper combined it of others.
        digest: SHA-256 of its meaning in hexadecimal; tells a repeat from another body.
        rungs: take-profits nearer than ``take_profit``; each of them all closes an equal part.
        entry: the price the author saw, in the quote currency; None when it told none.
        released: whether a person has said that it is to be executed.
        contributions: of an ensemble's signal, what each member had to say.
    """

    id: str
    account: str
    model: str
    symbol: str
    side: SignalSide
    confidence: Decimal
    stop_loss: StopLevel | None
    take_profit: Level | None
    at: Instant
    expires_at: Instant
    received_at: Instant
    door: str
    digest: str
    rungs: tuple[Level, ...] = ()
    entry: Decimal | None = None
    released: bool = False
    contributions: tuple[Contribution, ...] | msgspec.UnsetType = msgspec.UNSET


class UnreadableSignal(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, tag="unreadable"
):
    """Something that was sent as a signal and could not be read as one.

    Args:
        id: given by fxpaper.
        account: the account it would have been for.
        given_id: the id in it, where one could be read; it stays free for a corrected signal.
        model: the model in it, where one could be read.
        symbol: the symbol in it, where one could be read.
        received_at: nanoseconds UTC.
        door: how it came in.
        raw: its text, cut to 2,000 characters.
        refusal: what was wrong.
        pointer: the key that it is about; empty when it is about the whole.
    """

    id: str
    account: str
    given_id: str | None
    model: str | None
    symbol: str | None
    received_at: Instant
    door: str
    raw: str
    refusal: Refused
    pointer: str = ""


class SignalStatus(StrEnum):
    """What became of a signal."""

    WAITING = "waiting"
    """Journalled; no quote fit to decide on yet."""
    EXECUTED = "executed"
    REFUSED = "refused"
    COMBINED = "combined"
    """With others, into the signal of an ensemble."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What was decided about a signal, and everything that was looked at.

    Args:
        status: executed, refused or combined.
        at: nanoseconds UTC.
        checks: each question with its two numbers, in the order they were asked.
        quote: the quote it was decided on, or None when there was none.
        refusal: why not, when refused.
        order_id: the order it led to, for buy and sell.
        position_ids: the positions it opened or closed.
        sizing: the numbers that made the lots, by name, in the order they were computed.
        digits: decimals of the three prices below.
        entry_price: what it was filled at, in points.
        stop_loss: of the order, in points.
        take_profit: of the order, in points.
        lots: of the order.
        ensemble_signal_id: of an ensemble's member, the signal that it was combined into, or that
            went against it.
    """

    status: SignalStatus
    at: Instant
    checks: tuple[Check, ...]
    quote: Quote | None = None
    refusal: Refused | None = None
    order_id: str | None = None
    position_ids: tuple[str, ...] = ()
    sizing: dict[str, str] = {}
    digits: int = 0
    entry_price: Points | None = None
    stop_loss: Points | None = None
    take_profit: Points | None = None
    lots: Decimal | None = None
    ensemble_signal_id: str | msgspec.UnsetType = msgspec.UNSET


class SignalRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A signal with what became of it so far.

    Args:
        signal: as it was received.
        decision: None while it waits.
    """

    signal: Signal | UnreadableSignal
    decision: Decision | None

    @property
    def status(self) -> SignalStatus:
        """What became of it so far."""
        if isinstance(self.signal, UnreadableSignal):
            return SignalStatus.REFUSED
        return SignalStatus.WAITING if self.decision is None else self.decision.status


class ModelPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """What a model may do on an account.

    Args:
        account: the account.
        model: the author of the signals.
        auto_execute: whether its signals are executed without a person.
    """

    account: str
    model: str
    auto_execute: bool = False
