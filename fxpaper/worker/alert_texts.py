"""From committed events to what a person is told about them, or that nothing is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from fxpaper.domain.account import TradingState
from fxpaper.domain.alert import Alert, AlertKind, Tone
from fxpaper.domain.deal import Deal, Entry
from fxpaper.domain.event import (
    DealBooked,
    Event,
    LimitReached,
    MarginCalled,
    OrderEnded,
    OrderPlaced,
    PositionChanged,
    PositionClosed,
    PositionOpened,
    PriceAlertReached,
    Recorded,
    SignalDecided,
    SignalReceived,
    SignalUnreadable,
    StoppedOut,
    SwapAccrued,
    TradingStateSet,
)
from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import format_price
from fxpaper.domain.order import Order, OrderKind, Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Decision, Signal, SignalStatus

LIMITS = {
    RefusalCode.RISK_TOO_HIGH,
    RefusalCode.OPEN_RISK_TOO_HIGH,
    RefusalCode.LEG_RISK_TOO_HIGH,
    RefusalCode.SYMBOL_RISK_TOO_HIGH,
    RefusalCode.MODEL_RISK_TOO_HIGH,
    RefusalCode.THEME_RISK_TOO_HIGH,
    RefusalCode.TOO_MANY_POSITIONS,
    RefusalCode.DAILY_LOSS,
    RefusalCode.DRAWDOWN,
    RefusalCode.LOSS_STREAK,
    RefusalCode.ORDER_RATE,
}
"""Refusals that say that a limit of risk was met."""

_NOW = {
    TradingState.ACTIVE: "The account trades again.",
    TradingState.REDUCING: "Only reducing: nothing opens.",
    TradingState.HALTED: "Halted: nothing opens any more.",
    TradingState.FLATTEN: "Closing every position.",
}

Signals = Mapping[str, Signal]


def undecided(events: Iterable[Recorded], known: Signals) -> set[str]:
    """Return the ids of signals that are decided here and were not received here, nor known."""
    received = {one.event.signal.id for one in events if isinstance(one.event, SignalReceived)}
    decided = {one.event.signal_id for one in events if isinstance(one.event, SignalDecided)}
    return decided - received - known.keys()


def alerts_of(events: Sequence[Recorded], known: Signals, currency: str) -> list[Alert]:
    """Return what is told about events that were committed together.

    Args:
        events: of one account, in order.
        known: signals that were received earlier, by id.
        currency: of the account.
    """
    texts = _Texts(events, known, currency)
    found = (texts.of(one.event, one.at) for one in events)
    return [alert for alert in found if alert is not None]


class _Texts:
    """Finds the words; remembers what the events around one say about it."""

    def __init__(self, events: Sequence[Recorded], known: Signals, currency: str) -> None:
        self._currency = currency
        self._signals = dict(known)
        self._models: dict[str, str | None] = {}
        self._closed: dict[str, PositionClosed] = {}
        for one in events:
            self._look_around(one.event)

    def of(self, event: Event, at: Instant) -> Alert | None:
        """Return what is told about an event, if anything is."""
        match event:
            case DealBooked(deal):
                return self._deal(deal, at)
            case OrderPlaced(order) if order.kind is not OrderKind.MARKET:
                return _order(order, at, f"Waiting: {_order_words(order)}.")
            case OrderEnded(order):
                return _order(order, at, _ended_words(order))
            case SignalDecided(signal_id, decision):
                return self._decided(signal_id, decision, at)
            case SignalUnreadable(signal):
                about = (signal.model, signal.symbol)
                return _refused(about, signal.id, signal.refusal, at)
            case _:
                return self._of_account(event, at)

    def _of_account(self, event: Event, at: Instant) -> Alert | None:
        match event:
            case MarginCalled(equity, margin, level):
                text = (
                    f"Margin call: the margin level is {level} %; {equity} {self._currency} of "
                    f"equity, {margin} held."
                )
                return Alert(kind=AlertKind.MARGIN_CALL, at=at, text=text, tone=Tone.BAD)
            case StoppedOut(_, _, level):
                text = f"Stop-out at a margin level of {level} %: positions are closed."
                return Alert(kind=AlertKind.STOP_OUT, at=at, text=text, tone=Tone.BAD)
            case TradingStateSet(state, reason):
                return _trading(state, reason, at)
            case LimitReached(limit, equity, floor):
                text = (
                    f"Limit reached ({limit.replace('_', ' ')}): equity {equity} {self._currency}, "
                    f"floor {floor}."
                )
                return Alert(kind=AlertKind.LIMIT, at=at, text=text, tone=Tone.BAD)
            case PriceAlertReached():
                return _reached(event, at)
            case _:
                return None

    def _look_around(self, event: Event) -> None:
        match event:
            case SignalReceived(signal):
                self._signals[signal.id] = signal
            case PositionClosed(position):
                self._closed[event.deal_id] = event
                self._models[position.id] = position.model
            case PositionOpened(position) | PositionChanged(position) | SwapAccrued(position):
                self._models[position.id] = position.model
            case _:
                pass

    def _deal(self, deal: Deal, at: Instant) -> Alert:
        model = self._models.get(deal.position_id)
        what = f"{deal.lots} {deal.symbol} at {format_price(deal.price, deal.digits)}"
        if deal.entry is Entry.IN:
            verb = "Bought" if deal.side is Side.BUY else "Sold"
            by = "" if model is None else f" ({model})"
            return Alert(
                kind=AlertKind.DEAL,
                at=at,
                text=f"{verb} {what}{by}.",
                model=model,
                symbol=deal.symbol,
            )
        net, r = self._result(deal)
        ratio = "" if r is None else f", {r:+.2f} R"
        why = deal.reason.replace("_", " ")
        return Alert(
            kind=AlertKind.DEAL,
            at=at,
            text=f"Closed {what} ({why}): {net:+} {self._currency}{ratio}.",
            tone=Tone.BAD if net < 0 else Tone.GOOD,
            model=model,
            symbol=deal.symbol,
        )

    def _result(self, deal: Deal) -> tuple[Decimal, Decimal | None]:
        """Return what a close has brought: of its whole position where nothing is left of it."""
        closed = self._closed.get(deal.id)
        if closed is None:
            return deal.profit + deal.commission + deal.swap, None
        return closed.profit + closed.commission + closed.swap, closed.r

    def _decided(self, signal_id: str, decision: Decision, at: Instant) -> Alert | None:
        signal = self._signals.get(signal_id)
        about = (None, None) if signal is None else (signal.model, signal.symbol)
        if decision.refusal is not None and decision.status is SignalStatus.REFUSED:
            return _refused(about, signal_id, decision.refusal, at)
        if decision.status is not SignalStatus.EXECUTED:
            return None
        side = "" if signal is None else f": {signal.side} {decision.lots or ''} {signal.symbol}"
        return Alert(
            kind=AlertKind.SIGNAL_EXECUTED,
            at=at,
            text=f"Signal {signal_id} of {about[0]} executed{' '.join(side.split())}.",
            model=about[0],
            symbol=about[1],
        )


def _refused(
    about: tuple[str | None, str | None], signal_id: str, refusal: Refused, at: Instant
) -> Alert:
    model, symbol = about
    named = " ".join(one for one in about if one is not None)
    limit = refusal.code in LIMITS
    return Alert(
        kind=AlertKind.LIMIT if limit else AlertKind.SIGNAL_REFUSED,
        at=at,
        text=f"Signal {named or signal_id} refused ({refusal.code}): {refusal.text}",
        tone=Tone.BAD,
        model=model,
        symbol=symbol,
    )


def _order(order: Order, at: Instant, text: str) -> Alert:
    return Alert(kind=AlertKind.ORDER, at=at, text=text, model=order.model, symbol=order.symbol)


def _order_words(order: Order) -> str:
    price = "" if order.price is None else f" at {format_price(order.price, order.digits)}"
    kind = order.kind.replace("_", " ")
    return f"{order.side} {kind} {order.lots} {order.symbol}{price}"


def _ended_words(order: Order) -> str:
    why = "" if order.ended is None else f": {order.ended.text}"
    return f"Ended without a fill, {_order_words(order)}{why}"


def _trading(state: TradingState, reason: str, at: Instant) -> Alert:
    return Alert(
        kind=AlertKind.TRADING,
        at=at,
        text=f"{_NOW[state]} {reason}".strip(),
        tone=Tone.PLAIN if state is TradingState.ACTIVE else Tone.BAD,
    )


def _reached(event: PriceAlertReached, at: Instant) -> Alert:
    alert = event.alert
    price, bid = (format_price(one, alert.digits) for one in (alert.price, event.quote.bid))
    note = f" {alert.note}" if alert.note else ""
    return Alert(
        kind=AlertKind.PRICE,
        at=at,
        text=f"{alert.symbol} is {alert.side} {price}: the bid is {bid}.{note}",
        symbol=alert.symbol,
    )
