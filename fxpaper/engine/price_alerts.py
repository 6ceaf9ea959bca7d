"""Price alerts: levels in the trigger book that tell somebody and trade nothing.

They wait on the bid, as charts show it, and go off on a quote that could also fill, so neither a
stale price nor one of a closed market sets one off. Setting, reaching and removing one are events
of the account; none of them touches its money, so no account is looked at because of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from fxpaper.domain.alert import PriceAlert, PriceSide
from fxpaper.domain.command import RemovePriceAlert, SetPriceAlert
from fxpaper.domain.event import PriceAlertReached, PriceAlertRemoved, PriceAlertSet
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import format_price
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine.book import Edge
from fxpaper.engine.levels import Level, Owner, Role
from fxpaper.engine.venue import Venue

_EDGES = {PriceSide.ABOVE: Edge.BID_RISES, PriceSide.BELOW: Edge.BID_FALLS}


def place(venue: Venue, command: SetPriceAlert, now: Instant) -> Refused | None:
    """Let a price be waited for, or say why not."""
    instrument = venue.board.instruments.get(command.symbol)
    if instrument is None:
        return Refused(
            code=RefusalCode.UNKNOWN_SYMBOL,
            actual=command.symbol[:40],
            text=f'Unknown symbol "{command.symbol[:40]}".',
        )
    refused = _reached_already(venue, command, instrument.digits, now)
    if refused is not None:
        return refused
    alert = PriceAlert(
        id=f"a-{venue.state.next_seq(command.account)}",
        account=command.account,
        symbol=command.symbol,
        digits=instrument.digits,
        side=command.side,
        price=command.price,
        set_at=now,
        note=command.note,
    )
    venue.note(command.account, now, PriceAlertSet(alert))
    watch(venue, alert)
    return None


def remove(venue: Venue, command: RemovePriceAlert, now: Instant) -> Refused | None:
    """Wait for a price no longer, or say why not."""
    alert = venue.state.accounts[command.account].alerts.get(command.alert_id)
    if alert is None:
        return Refused(
            code=RefusalCode.UNKNOWN_ALERT,
            actual=command.alert_id[:40],
            text=f'There is no waiting alert "{command.alert_id[:40]}"; it may have gone off.',
        )
    venue.note(command.account, now, PriceAlertRemoved(alert))
    venue.books.renew(Owner(alert.account, alert.id), ())
    return None


def act(venue: Venue, owner: Owner, quote: Quote, at: Instant) -> None:
    """Let an alert whose level was reached go off, once."""
    alert = venue.state.accounts[owner.account].alerts[owner.id]
    venue.note(owner.account, at, PriceAlertReached(alert, quote))
    venue.books.renew(owner, ())


def watch(venue: Venue, alert: PriceAlert) -> None:
    """Let an alert's level wait in the book of its symbol."""
    venue.books.renew(Owner(alert.account, alert.id), _levels(alert))


def _levels(alert: PriceAlert) -> Iterator[Level]:
    owner = Owner(alert.account, alert.id)
    yield Level(owner, Role.ALERT, alert.symbol, _EDGES[alert.side], alert.price)


def _reached_already(
    venue: Venue, command: SetPriceAlert, digits: int, now: Instant
) -> Refused | None:
    if venue.untradeable(command.symbol, now) is not None:
        return None
    bid, above = venue.board.quotes[command.symbol].bid, command.side is PriceSide.ABOVE
    if bid < command.price if above else bid > command.price:
        return None
    shown, price = format_price(bid, digits), format_price(command.price, digits)
    return Refused(
        code=RefusalCode.PRICE_WRONG_SIDE,
        actual=str(shown),
        limit=str(price),
        text=f"The bid of {command.symbol} is {shown}, {command.side} {price} already. "
        f"To hear of its return, ask for {'below' if above else 'above'}.",
    )
