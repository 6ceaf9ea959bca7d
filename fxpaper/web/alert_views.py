"""What the API shows of price alerts."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from fxpaper.domain.alert import PriceAlert, PriceAlertState, PriceSide
from fxpaper.domain.event import PriceAlertReached, PriceAlertRemoved, PriceAlertSet
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import format_price
from fxpaper.ledger.records import AlertRow
from fxpaper.web.answers import Asked
from fxpaper.web.objects import Amount, Shown, Time


class AlertBody(Asked):
    """A price to hear of: ``above`` waits for the bid to rise to it, ``below`` to fall to it."""

    symbol: str
    side: Literal["above", "below"]
    price: Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
    note: Annotated[str, Field(max_length=200)] = ""


class ShownAlert(Shown):
    """A price alert."""

    id: str
    symbol: str
    side: PriceSide
    price: Amount
    note: str
    state: PriceAlertState
    set_at: Time
    ended_at: Time | None
    bid: Amount | None = None


class AlertList(Shown):
    """A page of price alerts, newest first."""

    items: list[ShownAlert]
    next: str | None


def alerts(rows: Iterable[AlertRow], more: str | None) -> AlertList:
    """Show a page of price alerts."""
    return AlertList(items=[shown(row.alert, row.state, row.ended_at) for row in rows], next=more)


def of_event(
    event: PriceAlertSet | PriceAlertReached | PriceAlertRemoved, at: Instant
) -> ShownAlert:
    """Show the alert that an event of ``at`` is about, with the bid that reached it."""
    match event:
        case PriceAlertSet(alert):
            return shown(alert, PriceAlertState.WAITING, None)
        case PriceAlertReached(alert, quote):
            found = shown(alert, PriceAlertState.REACHED, at)
            return found.model_copy(update={"bid": format_price(quote.bid, alert.digits)})
        case PriceAlertRemoved(alert):
            return shown(alert, PriceAlertState.REMOVED, at)


def shown(alert: PriceAlert, state: PriceAlertState, ended_at: Instant | None) -> ShownAlert:
    """Show a price alert."""
    return ShownAlert(
        id=alert.id,
        symbol=alert.symbol,
        side=alert.side,
        price=format_price(alert.price, alert.digits),
        note=alert.note,
        state=state,
        set_at=alert.set_at,
        ended_at=ended_at,
    )
