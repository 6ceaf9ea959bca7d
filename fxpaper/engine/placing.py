"""New orders: what is wrong with one, and what happens first to one that is right."""

from __future__ import annotations

from decimal import Decimal

from msgspec.structs import replace

from fxpaper.domain.command import Contingency, PlaceGroup, PlaceOrder
from fxpaper.domain.event import OrderPlaced
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument, Points, format_price
from fxpaper.domain.order import DealReason, Order, OrderKind, OrderState, Side, TimeInForce
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.engine import groups
from fxpaper.engine.filling import fill, fill_at_market, numbers_at, with_slippage
from fxpaper.engine.gate import ClosedMarket
from fxpaper.engine.matching import is_worse, market_price
from fxpaper.engine.opening import Opening, wrong_lots
from fxpaper.engine.sessions import day_end
from fxpaper.engine.stops import wrong_levels
from fxpaper.engine.trailing import follows, stop_behind
from fxpaper.engine.venue import Venue

_AT_ONCE = {TimeInForce.IOC, TimeInForce.FOK}
_ENDS_WITH_DAY = {TimeInForce.DAY, TimeInForce.GFD}
_ABOVE = {(Side.BUY, OrderKind.STOP), (Side.BUY, OrderKind.STOP_LIMIT)}
_ABOVE |= {(Side.SELL, OrderKind.MARKET_IF_TOUCHED)}


def place(venue: Venue, command: PlaceOrder, now: Instant) -> Refused | None:
    """Place an order, or say why not; a refusal changes nothing."""
    refused = unfit_order(venue, command, now)
    if refused is not None:
        return refused
    order = new_order(venue, command, f"o-{venue.state.next_seq(command.account)}", now)
    if not _fills_now(venue, order, now):
        venue.record(command.account, now, OrderPlaced(order))
        _give_up(venue, order, now)
        return None
    numbers = _prepared(venue, order)
    if isinstance(numbers, Refused):
        return numbers
    venue.record(command.account, now, OrderPlaced(order))
    fill(venue, order, numbers, venue.board.quotes[order.symbol], now)
    return None


def place_group(venue: Venue, command: PlaceGroup, now: Instant) -> Refused | None:
    """Place orders that depend on each other; a refusal of one changes nothing."""
    refused = _wrong_group(command)
    for one in command.orders:
        refused = refused or unfit_order(venue, one, now, waits=True)
    if refused is not None:
        return refused
    placed = _linked(venue, command, now)
    for order in placed:
        numbers = _prepared(venue, order) if _fills_now(venue, order, now) else None
        if isinstance(numbers, Refused):
            return numbers
    for order in placed:
        venue.record(order.account, now, OrderPlaced(order))
    for order in placed:
        if order.id in venue.state.accounts[order.account].orders:
            _start(venue, order, now)
    return None


def _linked(venue: Venue, command: PlaceGroup, now: Instant) -> list[Order]:
    """Return the orders of a group with what they depend on."""
    first = venue.state.next_seq(command.orders[0].account)
    orders = [
        new_order(venue, one, f"o-{first + number}", now)
        for number, one in enumerate(command.orders)
    ]
    group = f"g-{first}"
    if command.contingency is Contingency.OCO:
        return [replace(order, oco=group) for order in orders]
    oco = group if command.contingency is Contingency.OTOCO else None
    parent, children = orders[0], orders[1:]
    return [parent] + [
        replace(order, state=OrderState.HELD, parent=parent.id, oco=oco, due_at=None)
        for order in children
    ]


def unfit_order(
    venue: Venue, command: PlaceOrder, now: Instant, *, waits: bool = False
) -> Refused | None:
    """Return what is wrong with an order at the latest quote, or None.

    Args:
        venue: where it is placed.
        command: the order.
        now: nanoseconds UTC.
        waits: whether it may wait for another order, so that the market may look different.
    """
    instrument = venue.board.instruments[command.symbol]
    refused = _wrong_lots(venue, command, instrument) or _closed(venue, command, now)
    if refused is not None:
        return refused
    quote = venue.board.quotes.get(command.symbol)
    if quote is None:
        return venue.untradeable(command.symbol, now)
    refused = _wrong_terms(command) or _wrong_trails(command)
    if refused is None and not waits:
        refused = _wrong_price(command, quote, instrument)
    return refused or _wrong_exits(command, quote, instrument)


def starts_at(command: PlaceOrder, quote: Quote) -> Points:
    """Return what an order's own stop-loss and take-profit are compared with, in points."""
    if command.kind is OrderKind.MARKET:
        return market_price(command.side.opposite, quote)
    if command.kind is OrderKind.TRAILING_STOP and command.trail is not None:
        return stop_behind(command.trail, command.side, market_price(command.side, quote))
    waits = command.limit if command.kind is OrderKind.STOP_LIMIT else command.price
    return waits if waits is not None else market_price(command.side.opposite, quote)


def new_order(venue: Venue, command: PlaceOrder, order_id: str, now: Instant) -> Order:
    """Return the order that a command asks for, at the latest quote."""
    instrument = venue.board.instruments[command.symbol]
    quote = venue.board.quotes[command.symbol]
    price, expires_at = command.price, command.expires_at
    if command.kind is OrderKind.TRAILING_STOP and command.trail is not None:
        price = stop_behind(command.trail, command.side, market_price(command.side, quote))
    if command.time_in_force in _ENDS_WITH_DAY:
        expires_at = day_end(now)
    market = command.kind is OrderKind.MARKET
    return Order(
        id=order_id,
        account=command.account,
        symbol=command.symbol,
        digits=instrument.digits,
        side=command.side,
        lots=command.lots,
        stop_loss=command.stop_loss,
        take_profit=command.take_profit,
        signal_id=command.signal_id,
        placed_at=now,
        kind=command.kind,
        price=price,
        limit=command.limit,
        bound=command.bound,
        time_in_force=command.time_in_force,
        expires_at=expires_at,
        trigger=command.trigger,
        trail=command.trail,
        exits=command.exits,
        closes=command.closes,
        reverses=command.reverses,
        reason=DealReason.REVERSE if command.reverses is not None else None,
        model=command.model,
        due_at=now + venue.costs.latency_ns if market else None,
        decided_mid=quote.bid + quote.ask if market else None,
    )


def _start(venue: Venue, order: Order, now: Instant) -> None:
    """Fill an order of a group that can be filled at once; give up one that may not wait."""
    if _fills_now(venue, order, now):
        fill_at_market(venue, _bounded(order), venue.board.quotes[order.symbol], now)
    else:
        _give_up(venue, order, now)


def _give_up(venue: Venue, order: Order, now: Instant) -> None:
    """End an order that could not be filled at once and may not wait."""
    waits = order.time_in_force not in _AT_ONCE or order.due_at is not None
    if waits or order.state is OrderState.HELD:
        return
    market = market_price(order.side, venue.board.quotes[order.symbol])
    shown = format_price(market, order.digits)
    asked = order.price if order.price is not None else order.limit
    limit = "" if asked is None else str(format_price(asked, order.digits))
    why = Refused(
        code=RefusalCode.BEYOND_BOUND,
        actual=str(shown),
        limit=limit,
        text=f"The {order.time_in_force.upper()} {order.side} of {order.symbol} could not be "
        f"filled at once: the market is {shown}, the order asks for {limit} or better.",
    )
    groups.end(venue, order, now, why)


def _fills_now(venue: Venue, order: Order, now: Instant) -> bool:
    if venue.untradeable(order.symbol, now) is not None or order.state is OrderState.HELD:
        return False
    if order.kind is OrderKind.MARKET:
        return venue.costs.latency_ns == 0
    if order.kind is not OrderKind.LIMIT or order.price is None:
        return False
    market = market_price(order.side, venue.board.quotes[order.symbol])
    return not is_worse(order.side, market, order.price)


def _prepared(venue: Venue, order: Order) -> Opening | Refused:
    """Return the numbers of an order that fills at once, or why it must not."""
    quote = venue.board.quotes[order.symbol]
    price = market_price(order.side, quote)
    if order.kind is OrderKind.MARKET:
        price = with_slippage(venue, order.account, order, price, quote)
    return numbers_at(venue, _bounded(order), price)


def _bounded(order: Order) -> Order:
    """Return a limit that fills at the market with its price as its bound."""
    return replace(order, bound=order.price) if order.kind is OrderKind.LIMIT else order


def _closed(venue: Venue, command: PlaceOrder, now: Instant) -> Refused | None:
    """Return why an order cannot be taken now: no market, or no price it could be filled on."""
    refused = venue.untradeable(command.symbol, now)
    if refused is None:
        return None
    if refused.code is RefusalCode.MARKET_CLOSED:
        return None if venue.limits.closed_market is ClosedMarket.QUEUE else refused
    waits = command.kind is not OrderKind.MARKET and command.time_in_force not in _AT_ONCE
    return None if waits and refused.code is not RefusalCode.NO_QUOTE else refused


def _wrong_lots(venue: Venue, command: PlaceOrder, instrument: Instrument) -> Refused | None:
    positions = venue.state.accounts[command.account].positions
    lots, named = command.lots, command.closes or command.reverses
    if named is None:
        return wrong_lots(lots, instrument)
    position = positions.get(named)
    if position is None or position.symbol != command.symbol or position.side is command.side:
        return Refused(
            code=RefusalCode.UNKNOWN_POSITION,
            actual=named,
            text=f'There is no open {command.side.opposite} position "{named}" in '
            f"{command.symbol} that this order could close.",
        )
    if command.reverses is not None:
        return wrong_lots(lots - position.lots, instrument)
    if lots > position.lots:
        return _wrong(
            f"{lots} lots cannot be closed of {named}, which has {position.lots}.",
            str(lots),
            f"≤ {position.lots}",
        )
    return wrong_lots(lots, instrument)


def _wrong_terms(command: PlaceOrder) -> Refused | None:
    kind, named = command.kind, {"price": command.price, "limit": command.limit}
    wanted = {
        OrderKind.MARKET: set[str](),
        OrderKind.TRAILING_STOP: set[str](),
        OrderKind.STOP_LIMIT: {"price", "limit"},
    }.get(kind, {"price"})
    given = {name for name, value in named.items() if value is not None}
    if given != wanted or (kind is OrderKind.TRAILING_STOP) != (command.trail is not None):
        needs = " and ".join(sorted(wanted)) or "no price"
        if kind is OrderKind.TRAILING_STOP:
            needs = "a trail and no price"
        return _wrong(f"A {kind} order needs {needs}.", ", ".join(sorted(given)), needs)
    if (command.time_in_force is TimeInForce.GTD) != (command.expires_at is not None):
        return _wrong("An order has expires_at exactly when its time in force is gtd.", "", "gtd")
    rests = kind not in {OrderKind.MARKET, OrderKind.LIMIT}
    if rests and command.time_in_force in _AT_ONCE:
        return _wrong(
            f"A {kind} order waits for its price, so it cannot be {command.time_in_force}; "
            "use gtc, gtd or day.",
            command.time_in_force,
            "gtc",
        )
    return None


def _wrong_trails(command: PlaceOrder) -> Refused | None:
    for trail in (command.trail, command.exits.trail):
        if trail is None:
            continue
        percent = trail.percent is not None and follows(trail.percent) and trail.distance == 0
        points = trail.percent is None and trail.distance > 0
        if not (percent or points) or trail.step < 1 or trail.activation < 0:
            return _wrong(
                "A trail needs a positive distance in points or a percentage between 0 and 100, "
                "a step of at least one point and an activation that is not negative.",
                str(trail),
                "distance > 0",
            )
    fractions = [rung.fraction for rung in command.exits.ladder]
    if any(not 0 < fraction <= 1 for fraction in fractions) or sum(fractions, Decimal(0)) > 1:
        return _wrong(
            "The fractions of a ladder are above 0 and add up to at most 1.",
            str(sum(fractions, Decimal(0))),
            "≤ 1",
        )
    return None


def _wrong_price(command: PlaceOrder, quote: Quote, instrument: Instrument) -> Refused | None:
    """Return why a waiting order's price is on the wrong side of the market, or None."""
    if command.kind in {OrderKind.MARKET, OrderKind.LIMIT, OrderKind.TRAILING_STOP}:
        return None
    if command.price is None:
        return None
    market = market_price(command.side, quote)
    above = (command.side, command.kind) in _ABOVE
    distance = command.price - market if above else market - command.price
    if distance >= max(instrument.stops_level, 1):
        return None
    shown = format_price(command.price, instrument.digits)
    near = format_price(market, instrument.digits)
    wanted = "above" if above else "below"
    name, quoted = command.kind.replace("_", " "), "ask" if command.side is Side.BUY else "bid"
    code = RefusalCode.PRICE_TOO_CLOSE if distance > 0 else RefusalCode.PRICE_WRONG_SIDE
    return Refused(
        code=code,
        actual=str(shown),
        limit=f"{wanted} {near}",
        text=f"The price {shown} of a {command.side} {name} must be {wanted} the {quoted}, {near} "
        f"(this broker's stops level is {instrument.stops_level} points).",
    )


def _wrong_exits(command: PlaceOrder, quote: Quote, instrument: Instrument) -> Refused | None:
    rungs = tuple(rung.price for rung in command.exits.ladder)
    take_profits = rungs if command.take_profit is None else (*rungs, command.take_profit)
    start = starts_at(command, quote)
    return wrong_levels(command.side, command.stop_loss, take_profits, start, instrument)


def _wrong_group(command: PlaceGroup) -> Refused | None:
    if len(command.orders) < 2:  # noqa: PLR2004
        return _wrong("A group has two orders or more.", str(len(command.orders)), "≥ 2")
    if len({order.account for order in command.orders}) > 1:
        return _wrong("The orders of a group belong to one account.", "", "one account")
    markets = [order for order in command.orders if order.kind is OrderKind.MARKET]
    if command.contingency is Contingency.OCO and markets:
        return _wrong("A market order fills at once and cannot be part of an OCO.", "market", "")
    return None


def _wrong(text: str, actual: str, limit: str) -> Refused:
    return Refused(RefusalCode.WRONG_ORDER, text, actual, limit)
