"""What happened. The log of these is the truth; everything else can be rebuilt from it."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from fxpaper.domain.account import Account
from fxpaper.domain.deal import Deal
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.signal import Decision, ModelPolicy, Signal, UnreadableSignal


class AccountOpened(msgspec.Struct, frozen=True, tag="account_opened"):
    """An account exists from here on."""

    account: Account


class ModelPolicySet(msgspec.Struct, frozen=True, tag="model_policy_set"):
    """Somebody decided what a model may do."""

    policy: ModelPolicy


class SignalReceived(msgspec.Struct, frozen=True, tag="signal_received"):
    """A readable signal arrived; a decision follows."""

    signal: Signal


class SignalUnreadable(msgspec.Struct, frozen=True, tag="signal_unreadable"):
    """Something arrived as a signal and was refused at the door."""

    signal: UnreadableSignal


class SignalDecided(msgspec.Struct, frozen=True, tag="signal_decided"):
    """A signal was executed or refused."""

    signal_id: str
    decision: Decision


class OrderPlaced(msgspec.Struct, frozen=True, tag="order_placed"):
    """An approved order exists from here on."""

    order: Order


class OrderFilled(msgspec.Struct, frozen=True, tag="order_filled"):
    """An order is done; ``order`` is its final state."""

    order: Order


class DealBooked(msgspec.Struct, frozen=True, tag="deal_booked"):
    """A fill was booked and the balance moved."""

    deal: Deal


class PositionOpened(msgspec.Struct, frozen=True, tag="position_opened"):
    """A position exists from here on."""

    position: Position


class PositionClosed(msgspec.Struct, frozen=True, tag="position_closed"):
    """A position is no more.

    Args:
        position: as it was.
        deal_id: the deal that closed it.
        profit: its price profit, account currency.
        commission: of entry and exit together, account currency.
        swap: settled over its life, account currency.
        r: net result over the risk frozen at the open, four decimals; None without a stop-loss.
    """

    position: Position
    deal_id: str
    profit: Decimal
    commission: Decimal
    swap: Decimal
    r: Decimal | None


Event = (
    AccountOpened
    | ModelPolicySet
    | SignalReceived
    | SignalUnreadable
    | SignalDecided
    | OrderPlaced
    | OrderFilled
    | DealBooked
    | PositionOpened
    | PositionClosed
)


class Recorded(msgspec.Struct, frozen=True):
    """An event in its place in an account's log.

    Args:
        account: whose log.
        seq: contiguous from 1 within the account.
        at: when, in nanoseconds UTC.
        event: what happened.
    """

    account: str
    seq: int
    at: Instant
    event: Event


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Event)


def encode_event(event: Event) -> bytes:
    """Return the canonical bytes of an event: fields in declared order, decimals as text."""
    return _ENCODER.encode(event)


def decode_event(body: bytes | str) -> Event:
    """Return the event that :func:`encode_event` wrote.

    Raises:
        msgspec.ValidationError: the bytes are not an event of this version.
    """
    event: Event = _DECODER.decode(body)
    return event


def kind_of(event: Event) -> str:
    """Return an event's name in the log, e.g. ``deal_booked``."""
    return str(event.__struct_config__.tag)
