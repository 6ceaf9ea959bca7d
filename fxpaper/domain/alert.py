"""Alerts: what a person wants to be told, and the price levels that one has set."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Points


class PriceSide(StrEnum):
    """From where a price alert is reached."""

    ABOVE = "above"
    """The bid rises to it."""
    BELOW = "below"
    """The bid falls to it."""


class PriceAlertState(StrEnum):
    """What became of a price alert."""

    WAITING = "waiting"
    REACHED = "reached"
    REMOVED = "removed"


class PriceAlert(msgspec.Struct, frozen=True, kw_only=True):
    """A price that somebody wants to hear of, once.

    Args:
        id: unique within the account.
        account: whose.
        symbol: canonical symbol.
        digits: decimals of its price.
        side: whether the bid has to rise or to fall to it.
        price: in points; touching it is enough.
        set_at: nanoseconds UTC.
        note: what to be reminded of; may be empty.
    """

    id: str
    account: str
    symbol: str
    digits: int
    side: PriceSide
    price: Points
    set_at: Instant
    note: str = ""


class AlertKind(StrEnum):
    """What can be told; a rule names these."""

    DEAL = "deal"
    """Something was opened, or closed, with its result."""
    ORDER = "order"
    """An order waits, or has ended without a fill."""
    SIGNAL_EXECUTED = "signal_executed"
    SIGNAL_REFUSED = "signal_refused"
    """For whatever reason; limits too."""
    LIMIT = "limit"
    """A limit's floor was reached, or a signal refused by a limit of risk."""
    MARGIN_CALL = "margin_call"
    STOP_OUT = "stop_out"
    TRADING = "trading"
    """The account was halted or resumed."""
    FAILOVER = "failover"
    """A symbol's prices come from another source than before."""
    SOURCE = "source"
    """A source that worked has failed, or is back."""
    STALE = "stale"
    """A symbol's prices have stopped in an open market, or are back."""
    BRIDGE = "bridge"
    """A live account's terminal is away, or back."""
    PRICE = "price"
    """A price alert was reached."""
    DELIVERY = "delivery"
    """Somebody could not be told. The page hears of it whatever the rules say."""


class Tone(StrEnum):
    """How an alert is meant."""

    GOOD = "good"
    BAD = "bad"
    PLAIN = "plain"


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has happened, as a sentence for a person.

    Args:
        kind: what.
        at: of the market's clock, nanoseconds UTC.
        text: one sentence.
        tone: how it is meant.
        model: whose signal it is about, or None.
        symbol: that it is about, or None.
    """

    kind: AlertKind
    at: Instant
    text: str
    tone: Tone = Tone.PLAIN
    model: str | None = None
    symbol: str | None = None
