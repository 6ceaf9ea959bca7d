"""What happened. The log of these is the truth; everything else can be rebuilt from it."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec

from fxpaper.domain.account import Account, TradingState
from fxpaper.domain.alert import PriceAlert
from fxpaper.domain.deal import Deal
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points
from fxpaper.domain.order import Order
from fxpaper.domain.position import Position
from fxpaper.domain.quote import Quote
from fxpaper.domain.signal import Decision, ModelPolicy, Signal, UnreadableSignal
from fxpaper.domain.terminal import TerminalAnswer, TerminalCommand, TerminalCursor


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


class SignalReleased(msgspec.Struct, frozen=True, tag="signal_released"):
    """A person has said that a waiting signal is to be executed; a decision follows."""

    signal: Signal


class SignalDecided(msgspec.Struct, frozen=True, tag="signal_decided"):
    """A signal was executed, refused or combined with others."""

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


class OrderChanged(msgspec.Struct, frozen=True, tag="order_changed"):
    """An order waits on, changed: by a person, its trail, its trigger or its position."""

    order: Order


class OrderEnded(msgspec.Struct, frozen=True, tag="order_ended"):
    """An order was cancelled or expired; ``order`` says why."""

    order: Order


class PositionChanged(msgspec.Struct, frozen=True, tag="position_changed"):
    """A position goes on, changed: its levels, its volume or its average price."""

    position: Position


class SwapAccrued(msgspec.Struct, frozen=True, tag="swap_accrued"):
    """A rollover earned or cost a position something, settled when it closes.

    Args:
        position: with the new sum.
        amount: of this rollover, account currency; negative when paid.
        nights: that it counts for.
        price: that interest was reckoned on, in points.
    """

    position: Position
    amount: Decimal
    nights: int
    price: Points


class CashKind(StrEnum):
    """Why a balance moved without a deal."""

    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    NEGATIVE_BALANCE = "negative_balance"
    """The broker made up for a balance below zero."""
    BROKER = "broker"
    """A live account's broker booked it: interest, a charge, a correction."""


class CashMoved(msgspec.Struct, frozen=True, tag="cash_moved"):
    """The balance moved without a deal.

    Args:
        kind: why.
        amount: account currency; negative for a withdrawal.
        balance: after it.
        comment: of the person who asked; may be empty.
    """

    kind: CashKind
    amount: Decimal
    balance: Decimal
    comment: str = ""


class MarginCalled(msgspec.Struct, frozen=True, tag="margin_called"):
    """The margin level fell to the margin call.

    Args:
        equity: account currency.
        margin: held, account currency.
        level: equity over margin in per cent.
    """

    equity: Decimal
    margin: Decimal
    level: Decimal


class MarginRestored(msgspec.Struct, frozen=True, tag="margin_restored"):
    """The margin level is above the margin call again; the numbers as in MarginCalled."""

    equity: Decimal
    margin: Decimal
    level: Decimal | None


class StoppedOut(msgspec.Struct, frozen=True, tag="stopped_out"):
    """The margin level fell to the stop-out; the positions that close follow, worst first."""

    equity: Decimal
    margin: Decimal
    level: Decimal


class AccountReset(msgspec.Struct, frozen=True, tag="account_reset"):
    """An account begins anew; what it was stays in the log under its old epoch.

    Args:
        account: as it begins, its epoch one higher.
        positions: ids of those that were open and are archived with the old epoch.
        orders: ids of those that were waiting and are archived with it.
        comment: of the person who asked; may be empty.
    """

    account: Account
    positions: tuple[str, ...]
    orders: tuple[str, ...]
    comment: str = ""


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


class TradingStateSet(msgspec.Struct, frozen=True, tag="trading_state_set"):
    """A person or a rule has changed what an account may do.

    Args:
        state: from now on.
        reason: why; may be empty.
    """

    state: TradingState
    reason: str = ""


class DayBegan(msgspec.Struct, frozen=True, omit_defaults=True, tag="day_began"):
    """An account's trading day begins; its limits count from here.

    Args:
        day: the date it is called by, 2026-11-20.
        balance: account currency.
        equity: account currency, at the latest quotes.
        peak: the highest equity that a day ended with; never below ``equity``.
        initial: what the account was opened with, plus deposits, less capital taken out.
        late: True when equity was not known as the day began; this is the first instant it was.
    """

    day: str
    balance: Decimal
    equity: Decimal
    peak: Decimal
    initial: Decimal
    late: bool = False


class LimitReached(msgspec.Struct, frozen=True, tag="limit_reached"):
    """Equity has fallen to a limit's floor; recorded once a day.

    Args:
        limit: ``daily_loss`` or ``drawdown``.
        equity: account currency.
        floor: that it should have stayed above, account currency.
    """

    limit: str
    equity: Decimal
    floor: Decimal


class TerminalCommanded(msgspec.Struct, frozen=True, tag="terminal_commanded"):
    """A live account's terminal is asked to do something; it is sent once this is on the disk."""

    command: TerminalCommand


class TerminalAnswered(msgspec.Struct, frozen=True, tag="terminal_answered"):
    """A terminal has told what became of a command."""

    answer: TerminalAnswer


class TerminalDealsTaken(msgspec.Struct, frozen=True, tag="terminal_deals_taken"):
    """A terminal's deals have been taken over up to here."""

    cursor: TerminalCursor


class Reconciled(msgspec.Struct, frozen=True, tag="reconciled"):
    """The terminal had something else than the ledger; the events that follow take it over.

    Args:
        text: what differed, in one sentence.
    """

    text: str


class PriceAlertSet(msgspec.Struct, frozen=True, tag="price_alert_set"):
    """Somebody wants to hear of a price."""

    alert: PriceAlert


class PriceAlertReached(msgspec.Struct, frozen=True, tag="price_alert_reached"):
    """A price alert has gone off; it waits no longer.

    Args:
        alert: which.
        quote: that reached it.
    """

    alert: PriceAlert
    quote: Quote


class PriceAlertRemoved(msgspec.Struct, frozen=True, tag="price_alert_removed"):
    """Somebody no longer wants to hear of a price."""

    alert: PriceAlert


Event = (
    AccountOpened
    | ModelPolicySet
    | SignalReceived
    | SignalUnreadable
    | SignalReleased
    | SignalDecided
    | OrderPlaced
    | OrderFilled
    | DealBooked
    | PositionOpened
    | PositionClosed
    | OrderChanged
    | OrderEnded
    | PositionChanged
    | SwapAccrued
    | CashMoved
    | MarginCalled
    | MarginRestored
    | StoppedOut
    | AccountReset
    | TradingStateSet
    | DayBegan
    | LimitReached
    | TerminalCommanded
    | TerminalAnswered
    | TerminalDealsTaken
    | Reconciled
    | PriceAlertSet
    | PriceAlertReached
    | PriceAlertRemoved
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
