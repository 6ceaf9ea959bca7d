"""Decisions about signals, from what was looked at and what came of it."""

from __future__ import annotations

from fxpaper.domain.approval import Check
from fxpaper.domain.event import (
    OrderFilled,
    OrderPlaced,
    PositionChanged,
    PositionOpened,
    Recorded,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, Signal, SignalStatus
from fxpaper.engine.engine import Engine


def executed(
    events: list[Recorded],
    checks: tuple[Check, ...],
    sizing: dict[str, str],
    quote: Quote,
    now: Instant,
) -> Decision:
    """Return the decision on a signal whose order was taken; ``events`` are what it caused."""
    orders = [e.event.order for e in events if isinstance(e.event, OrderPlaced | OrderFilled)]
    order = orders[-1]
    opened = [
        recorded.event.position.id
        for recorded in events
        if isinstance(recorded.event, PositionOpened | PositionChanged)
        and recorded.event.position.symbol == order.symbol
    ]
    return Decision(
        status=SignalStatus.EXECUTED,
        at=now,
        checks=checks,
        quote=quote,
        order_id=order.id,
        position_ids=tuple(dict.fromkeys(opened)),
        sizing=sizing,
        digits=order.digits,
        entry_price=order.fill_price,
        stop_loss=order.stop_loss,
        take_profit=order.take_profit,
        lots=order.lots,
    )


def refuse(
    refused: Refused,
    checks: tuple[Check, ...],
    quote: Quote | None,
    now: Instant,
    sizing: dict[str, str] | None = None,
) -> Decision:
    """Return the decision not to act."""
    return Decision(
        status=SignalStatus.REFUSED,
        at=now,
        checks=checks,
        quote=quote,
        refusal=refused,
        sizing=sizing or {},
    )


def dismissed(engine: Engine, signal: Signal, now: Instant) -> Decision:
    """Return the decision on a signal that a person does not want executed."""
    refused = Refused(RefusalCode.DISMISSED, "A person has dismissed it.")
    return refuse(refused, (), engine.board.quotes.get(signal.symbol), now)


def nothing_to_close(signal: Signal) -> Refused:
    """Return the refusal of a signal to close where its model has nothing open."""
    return Refused(
        code=RefusalCode.NOTHING_TO_CLOSE,
        actual="0 positions",
        limit="1 position",
        text=f'Model "{signal.model}" has no open position in {signal.symbol} to close.',
    )
