"""From journal rows to the SignalRecord of the API."""

from __future__ import annotations

from decimal import Decimal

from fxpaper.domain.account import Mode
from fxpaper.domain.instrument import Points, format_price
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import (
    Contribution,
    Decision,
    Level,
    PipsLevel,
    PriceLevel,
    RLevel,
    Signal,
    SignalRecord,
    UnreadableSignal,
)
from fxpaper.web import objects, views
from fxpaper.web.views import Instruments


def signal_record(
    record: SignalRecord, instruments: Instruments, mode: Mode, waits_for: Refused | None = None
) -> objects.SignalRecord:
    """Show a signal and what became of it so far.

    Args:
        record: of the journal.
        instruments: by symbol.
        mode: of the account.
        waits_for: what a waiting signal waits for, where that is known.
    """
    return objects.SignalRecord.model_validate(signal_fields(record, instruments, mode, waits_for))


def signal_fields(
    record: SignalRecord, instruments: Instruments, mode: Mode, waits_for: Refused | None
) -> dict[str, object]:
    """Return the fields of :func:`signal_record`."""
    signal = record.signal
    if isinstance(signal, UnreadableSignal):
        return _unreadable(signal, mode)
    return {
        **_said(signal, instruments, mode),
        "status": record.status,
        **_decided(record.decision, instruments, waits_for),
    }


def _said(signal: Signal, instruments: Instruments, mode: Mode) -> dict[str, object]:
    instrument = instruments.get(signal.symbol)
    digits = 0 if instrument is None else instrument.digits
    return {
        "id": signal.id,
        "given_id": signal.id,
        "account": signal.account,
        "mode": mode,
        "model": signal.model,
        "symbol": signal.symbol,
        "side": signal.side,
        "confidence": signal.confidence,
        "stop_loss": _level(signal.stop_loss, digits),
        "take_profit": _level(signal.take_profit, digits),
        "rungs": [_level(one, digits) for one in signal.rungs],
        "entry": None if signal.entry is None else _padded(signal.entry, digits),
        "time": signal.at,
        "expires_at": signal.expires_at,
        "received_at": signal.received_at,
        "door": signal.door,
        "contributions": [_contribution(one) for one in signal.contributions or ()],
        "raw": None,
    }


def _decided(
    decision: Decision | None, instruments: Instruments, waits_for: Refused | None
) -> dict[str, object]:
    if decision is None:
        return {**_UNDECIDED, **_why_not(waits_for)}
    refusal, quote, digits = decision.refusal, decision.quote, decision.digits
    instrument = None if quote is None else instruments.get(quote.symbol)
    quote_digits = digits if instrument is None else instrument.digits
    return {
        "decided_at": decision.at,
        **_why_not(refusal),
        "checks": [
            objects.Check(name=c.name, actual=c.actual, limit=c.limit, passed=c.passed)
            for c in decision.checks
        ],
        "sizing": decision.sizing,
        "quote": None if quote is None else views.quote(quote, quote_digits),
        "order_id": decision.order_id,
        "position_ids": list(decision.position_ids),
        "entry_price": _price(decision.entry_price, digits),
        "stop_loss_price": _price(decision.stop_loss, digits),
        "take_profit_price": _price(decision.take_profit, digits),
        "lots": decision.lots,
        "ensemble_signal_id": decision.ensemble_signal_id or None,
    }


def _why_not(refusal: Refused | None) -> dict[str, object]:
    return {
        "code": None if refusal is None else refusal.code.value,
        "text": None if refusal is None else refusal.text,
        "actual": None if refusal is None else refusal.actual,
        "limit": None if refusal is None else refusal.limit,
    }


_UNDECIDED: dict[str, object] = {
    "decided_at": None,
    "checks": [],
    "sizing": {},
    "quote": None,
    "order_id": None,
    "position_ids": [],
    "entry_price": None,
    "stop_loss_price": None,
    "take_profit_price": None,
    "lots": None,
    "ensemble_signal_id": None,
}


def _unreadable(signal: UnreadableSignal, mode: Mode) -> dict[str, object]:
    return {
        **_UNDECIDED,
        "id": signal.id,
        "given_id": signal.given_id,
        "account": signal.account,
        "mode": mode,
        "model": signal.model,
        "symbol": signal.symbol,
        "side": None,
        "confidence": None,
        "stop_loss": None,
        "take_profit": None,
        "rungs": [],
        "entry": None,
        "time": None,
        "expires_at": None,
        "received_at": signal.received_at,
        "door": signal.door,
        "status": "refused",
        "decided_at": signal.received_at,
        **_why_not(signal.refusal),
        "contributions": [],
        "raw": signal.raw,
    }


def _contribution(one: Contribution) -> objects.Contribution:
    return objects.Contribution(
        model=one.model,
        side=one.side,
        confidence=one.confidence,
        weight=one.weight,
        signal_id=one.signal_id,
        agrees=one.agrees,
    )


def _level(
    level: Level | None, digits: int
) -> objects.PriceLevel | objects.PipsLevel | objects.RLevel | None:
    match level:
        case PriceLevel(price):
            return objects.PriceLevel(price=_padded(price, digits))
        case PipsLevel(pips):
            return objects.PipsLevel(pips=pips)
        case RLevel(r):
            return objects.RLevel(r=r)
        case None:
            return None


def _padded(price: Decimal, digits: int) -> Decimal:
    """Return a sender's price with the instrument's decimals; a finer one stays as it was sent."""
    whole = price.quantize(Decimal(1).scaleb(-digits))
    return whole if whole == price else price


def _price(points: Points | None, digits: int) -> Decimal | None:
    return None if points is None else format_price(points, digits)
