"""Orders that wait: changed, cancelled, given up, moved by their trail."""

from __future__ import annotations

from msgspec import UNSET
from msgspec.structs import replace

from fxpaper.domain.command import CancelOrder, ModifyOrder, PlaceOrder
from fxpaper.domain.event import OrderChanged
from fxpaper.domain.instant import Instant, format_instant
from fxpaper.domain.order import Order, OrderState, TimeInForce
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine import groups
from fxpaper.engine.matching import market_price
from fxpaper.engine.placing import unfit_order
from fxpaper.engine.protecting import changed_meanwhile
from fxpaper.engine.trailing import stop_behind
from fxpaper.engine.venue import Venue


def cancel(venue: Venue, command: CancelOrder, now: Instant) -> Refused | None:
    """Cancel a waiting order, or say why not."""
    found = _order(venue, command)
    if isinstance(found, Refused):
        return found
    groups.end(venue, found, now, Refused(RefusalCode.ASKED, "It was cancelled on request."))
    return None


def modify(venue: Venue, command: ModifyOrder, now: Instant) -> Refused | None:
    """Change a waiting order in place, or say why not; a refusal changes nothing."""
    found = _order(venue, command)
    if isinstance(found, Refused):
        return found
    names = ("lots", "price", "limit", "stop_loss", "take_profit", "expires_at", "exits")
    given = {name: getattr(command, name) for name in names}
    changes = {name: value for name, value in given.items() if value is not UNSET}
    if "expires_at" in changes:
        lasts = changes["expires_at"] is None
        changes["time_in_force"] = TimeInForce.GTC if lasts else TimeInForce.GTD
    changed = replace(found, **changes, version=found.version + 1)
    refused = unfit_order(venue, asked_now(changed), now, waits=found.state is OrderState.HELD)
    if refused is not None:
        return refused
    venue.record(found.account, now, OrderChanged(changed))
    return None


def expire(venue: Venue, order: Order, at: Instant) -> None:
    """Give up an order whose time has run out."""
    why = Refused(
        code=RefusalCode.ORDER_EXPIRED,
        actual=format_instant(at),
        limit="" if order.expires_at is None else format_instant(order.expires_at),
        text=f"Its time in force, {order.time_in_force}, ended {format_instant(at)}.",
    )
    groups.end(venue, order, at, why, OrderState.EXPIRED)


def trail(venue: Venue, order: Order, quote: Quote, at: Instant) -> None:
    """Let a trailing stop follow the market; it never turns back."""
    if order.trail is None:
        return
    price = stop_behind(order.trail, order.side, market_price(order.side, quote))
    moved = replace(order, price=price, version=order.version + 1)
    venue.record(order.account, at, OrderChanged(moved))


def _order(venue: Venue, command: ModifyOrder | CancelOrder) -> Order | Refused:
    order = venue.state.accounts[command.account].orders.get(command.order_id)
    if order is None:
        return Refused(
            code=RefusalCode.UNKNOWN_ORDER,
            actual=command.order_id,
            text=f'There is no waiting order "{command.order_id}" in account {command.account}; it '
            "may have been filled, cancelled or given up already.",
        )
    return changed_meanwhile(order.id, order.version, command.version) or order


def asked_now(order: Order) -> PlaceOrder:
    """Return the command that would have placed an order as it is now."""
    trailing = order.trail is not None
    expires = order.expires_at if order.time_in_force is TimeInForce.GTD else None
    return PlaceOrder(
        account=order.account,
        symbol=order.symbol,
        side=order.side,
        lots=order.lots,
        stop_loss=order.stop_loss,
        take_profit=order.take_profit,
        kind=order.kind,
        price=None if trailing else order.price,
        limit=order.limit,
        bound=order.bound,
        time_in_force=order.time_in_force,
        expires_at=expires,
        trigger=order.trigger,
        trail=order.trail,
        exits=order.exits,
        closes=order.closes,
        reverses=order.reverses,
    )
