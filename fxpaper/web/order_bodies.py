"""Orders and changes as they are sent, and the commands they mean."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from msgspec import UNSET, UnsetType
from pydantic import Field

from fxpaper.analytics.average_true_range import average_true_range
from fxpaper.domain.command import ModifyOrder, ModifyPosition, PlaceOrder
from fxpaper.domain.exits import NO_EXITS, BreakEven, Exits, Rung, Trail
from fxpaper.domain.instant import Instant, parse_instant
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.order import OrderKind, Side, TimeInForce, TriggerSide
from fxpaper.domain.refusal import Refused
from fxpaper.engine.amounts import AmountKind
from fxpaper.engine.matching import market_price
from fxpaper.signals.desk import PlaceAmount
from fxpaper.signals.intake.symbols import canonical_symbol
from fxpaper.web import problem
from fxpaper.web.answers import Asked, Fault
from fxpaper.web.objects import Interval
from fxpaper.web.ports import Market
from fxpaper.web.problem import ProblemCode, ProblemError

Number = Annotated[Decimal, Field(allow_inf_nan=False)]
Positive = Annotated[Decimal, Field(gt=0, allow_inf_nan=False)]
Distance = Annotated[int, Field(gt=0, le=10**7)]
Offset = Annotated[int, Field(ge=0, le=10**7)]


class RungBody(Asked):
    """A take-profit for a part of the position."""

    price: Positive
    fraction: Annotated[Decimal, Field(gt=0, le=1)]


class TrailBody(Asked):
    """A stop that follows: a distance in points, in per cent, or in average true ranges."""

    points: Distance | None = None
    percent: Annotated[Decimal, Field(gt=0, lt=100)] | None = None
    atr: Annotated[Decimal, Field(gt=0, le=100)] | None = None
    interval: Interval = "1h"
    activation: Offset = 0
    step: Distance = 10


class BreakEvenBody(Asked):
    """The stop-loss moves to the entry: after so many points, or with the first rung."""

    after: Distance | None = None
    offset: Offset = 0


class ExitsBody(Asked):
    """What may end a position besides its stop-loss and take-profit."""

    ladder: Annotated[tuple[RungBody, ...], Field(max_length=10)] = ()
    trailing: TrailBody | None = None
    break_even: BreakEvenBody | None = None
    close_at: str | None = None


class OrderBody(Asked):
    """An order; its volume is given in exactly one way."""

    symbol: str
    side: Side
    lots: Positive | None = None
    units: Positive | None = None
    notional: Positive | None = None
    risk_money: Positive | None = None
    risk_percent: Positive | None = None
    equity_percent: Positive | None = None
    kind: OrderKind = OrderKind.MARKET
    price: Positive | None = None
    limit: Positive | None = None
    bound: Positive | None = None
    deviation: Offset | None = None
    stop_loss: Positive | None = None
    take_profit: Positive | None = None
    exits: ExitsBody = ExitsBody()
    trail: TrailBody | None = None
    time_in_force: TimeInForce = TimeInForce.GTC
    expires_at: str | None = None
    trigger: TriggerSide = TriggerSide.DEFAULT
    closes: str | None = None


class GroupBody(Asked):
    """Orders that depend on each other, sized in lots."""

    contingency: Literal["oco", "oto", "otoco"]
    orders: Annotated[list[OrderBody], Field(min_length=2, max_length=10)]


class OrderChangeBody(Asked):
    """What to change of a waiting order; what is left out stays, null takes away."""

    version: int | None = None
    lots: Positive | None = None
    price: Positive | None = None
    limit: Positive | None = None
    stop_loss: Positive | None = None
    take_profit: Positive | None = None
    expires_at: str | None = None


class PositionChangeBody(Asked):
    """What to change of a position; what is left out stays, null takes away."""

    version: int | None = None
    stop_loss: Positive | None = None
    take_profit: Positive | None = None
    exits: ExitsBody | None = None


def place_amount(body: OrderBody, account: str, market: Market) -> PlaceAmount:
    """Return the order that a body asks for.

    Raises:
        ProblemError: something in it makes no sense; says what and what would be right.
    """
    given = {kind: getattr(body, kind.value) for kind in AmountKind}
    named = {kind: amount for kind, amount in given.items() if amount is not None}
    if len(named) != 1:
        names = ", ".join(kind.value for kind in AmountKind)
        raise fault("lots", f"An order has exactly one of {names}; this one has {len(named)}.")
    ((kind, amount),) = named.items()
    instrument = known_instrument(body.symbol, market)
    order = PlaceOrder(
        account=account,
        symbol=instrument.symbol,
        side=body.side,
        lots=amount,
        stop_loss=points(instrument, body.stop_loss, "stop_loss"),
        take_profit=points(instrument, body.take_profit, "take_profit"),
        kind=body.kind,
        price=points(instrument, body.price, "price"),
        limit=points(instrument, body.limit, "limit"),
        bound=_bound(body, instrument, market),
        time_in_force=body.time_in_force,
        expires_at=instant(body.expires_at, "expires_at"),
        trigger=body.trigger,
        trail=None if body.trail is None else _trail(body.trail, instrument, market),
        exits=exits_of(body.exits, instrument, market),
        closes=body.closes,
    )
    return PlaceAmount(order, kind, amount)


def modify_order(
    body: OrderChangeBody, account: str, order_id: str, instrument: Instrument
) -> ModifyOrder:
    """Return the change that a body asks for; raises as :func:`place_amount`."""
    sent = body.model_fields_set

    def level(name: str) -> Points | UnsetType | None:
        return points(instrument, getattr(body, name), name) if name in sent else UNSET

    for name in ("lots", "price", "limit"):
        if name in sent and getattr(body, name) is None:
            raise fault(name, f"{name} cannot be taken away; leave it out to keep it.")
    return ModifyOrder(
        account=account,
        order_id=order_id,
        version=body.version,
        lots=UNSET if body.lots is None else body.lots,
        price=_required(level("price")),
        limit=_required(level("limit")),
        stop_loss=level("stop_loss"),
        take_profit=level("take_profit"),
        expires_at=instant(body.expires_at, "expires_at") if "expires_at" in sent else UNSET,
    )


def modify_position(
    body: PositionChangeBody, account: str, position_id: str, instrument: Instrument, market: Market
) -> ModifyPosition:
    """Return the change that a body asks for; raises as :func:`place_amount`."""
    sent = body.model_fields_set

    def level(name: str) -> Points | UnsetType | None:
        return points(instrument, getattr(body, name), name) if name in sent else UNSET

    exits: Exits | UnsetType = UNSET
    if "exits" in sent:
        exits = NO_EXITS if body.exits is None else exits_of(body.exits, instrument, market)
    return ModifyPosition(
        account=account,
        position_id=position_id,
        version=body.version,
        stop_loss=level("stop_loss"),
        take_profit=level("take_profit"),
        exits=exits,
    )


def known_instrument(name: str, market: Market) -> Instrument:
    """Return the instrument of a name; raises with the nearest known ones."""
    instruments = market.instruments()
    symbol = canonical_symbol(name, instruments)
    if isinstance(symbol, Refused):
        raise problem.refused(symbol)
    return instruments[symbol]


def points(instrument: Instrument, price: Decimal | None, name: str) -> Points | None:
    """Return a price as points; raises where it is finer than a point."""
    if price is None:
        return None
    try:
        return instrument.points(price)
    except ValueError as wrong:
        raise fault(name, f"{name}: {wrong}.") from None


def instant(text: str | None, name: str) -> Instant | None:
    """Return a time; raises where it has no zone or is none."""
    if text is None:
        return None
    try:
        return parse_instant(text)
    except ValueError as wrong:
        raise fault(name, f"{name}: {wrong}.") from None


def fault(name: str, text: str) -> ProblemError:
    """Return the problem of one field."""
    return ProblemError(ProblemCode.INVALID, text, errors=(Fault(pointer=f"/{name}", detail=text),))


def exits_of(body: ExitsBody, instrument: Instrument, market: Market) -> Exits:
    """Return what may end a position."""
    rungs = []
    for rung in body.ladder:
        price = points(instrument, rung.price, "exits/ladder")
        if price is not None:
            rungs.append(Rung(price, rung.fraction))
    even = body.break_even
    found = Exits(
        ladder=tuple(rungs),
        trail=None if body.trailing is None else _trail(body.trailing, instrument, market),
        break_even=None if even is None else BreakEven(even.after, even.offset),
        close_at=instant(body.close_at, "exits/close_at"),
    )
    return NO_EXITS if found == NO_EXITS else found


def _trail(body: TrailBody, instrument: Instrument, market: Market) -> Trail:
    if sum(one is not None for one in (body.points, body.percent, body.atr)) != 1:
        raise fault("trail", "A trail has exactly one of points, percent and atr.")
    distance = body.points or 0
    if body.atr is not None:
        found = average_true_range(market.bars(instrument.symbol, body.interval, 50))
        if not found:
            raise fault(
                "trail",
                f"There are not yet 15 closed {body.interval} bars of {instrument.symbol} to tell "
                "an average true range from; name a distance in points.",
            )
        distance = max(round(body.atr * found), 1)
    return Trail(distance, body.percent, body.activation, body.step)


def _bound(body: OrderBody, instrument: Instrument, market: Market) -> Points | None:
    if body.deviation is None:
        return points(instrument, body.bound, "bound")
    quote = market.quote(instrument.symbol)
    if body.bound is not None or quote is None:
        return points(instrument, body.bound, "bound")
    price = market_price(body.side, quote)
    return price + body.deviation if body.side is Side.BUY else price - body.deviation


def _required(level: Points | UnsetType | None) -> Points | UnsetType:
    return UNSET if level is None else level
