"""fxpaper's own dialect: one JSON object.

A real payload::

    {"id": "trend-2026-11-20T21:00", "model": "trend", "symbol": "EURUSD", "side": "buy",
     "confidence": 0.82, "stop_loss": {"pips": 25}, "take_profit": {"r": 2},
     "time": "2026-11-20T21:00:00Z", "expiry": "2026-11-20T21:05:00Z"}

Numbers are read from their own digits, never through a float. An unknown key is an error: a
mistyped ``stop_loss`` must not become an order without one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches

import msgspec

from fxpaper.domain.instant import Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import Signal, SignalSide, UnreadableSignal
from fxpaper.signals.ensemble import PREFIX
from fxpaper.signals.intake import fields
from fxpaper.signals.intake.fields import Unreadable

KEYS = (
    "id",
    "model",
    "symbol",
    "side",
    "confidence",
    "stop_loss",
    "take_profit",
    "entry",
    "time",
    "expiry",
    "account",
)
_RAW_KEPT = 2000
_UNREADABLE = "x-"
_TAKEN = {
    _UNREADABLE: "signals that could not be read",
    PREFIX: "the signals of ensembles",
}
"""Beginnings of ids that are fxpaper's own, and of what."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """How and where a payload came in.

    Args:
        account: the account it is for unless it names one.
        instruments: by symbol; the ones that can be traded.
        door: ``http``, ``file``, ``cli`` or ``sample``.
        received_at: nanoseconds UTC.
        lifetime_ns: how long after its time a signal without an expiry lives.
        place: tells payloads without an id apart; a line number, or nothing where each arrival
            is a signal of its own.
    """

    account: str
    instruments: Mapping[str, Instrument]
    door: str
    received_at: Instant
    lifetime_ns: int
    place: str = ""


def read_signal(body: bytes, arrival: Arrival) -> Signal | UnreadableSignal:
    """Return the signal that a payload means, or a record of why it cannot be read."""
    try:
        table = _object(body)
    except Unreadable as problem:
        return unreadable(body, arrival, {}, problem)
    try:
        return _signal(table, arrival, body)
    except Unreadable as problem:
        return unreadable(body, arrival, table, problem)


def _object(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(
            body.decode("utf-8"), parse_float=Decimal, parse_int=_integer, parse_constant=_constant
        )
    except UnicodeDecodeError as problem:
        raise Unreadable(
            RefusalCode.MALFORMED, f"The signal is not UTF-8 text: {problem}."
        ) from None
    except json.JSONDecodeError as problem:
        where = f"line {problem.lineno}, column {problem.colno}"
        raise Unreadable(
            RefusalCode.MALFORMED, f"The signal is not JSON: {problem.msg} at {where}."
        ) from None
    except RecursionError:
        raise Unreadable(RefusalCode.MALFORMED, "The signal is nested too deeply.") from None
    if not isinstance(value, dict):
        raise Unreadable(
            RefusalCode.MALFORMED,
            'The signal must be one JSON object, like {"model": "trend", "symbol": "EURUSD", …}.',
        )
    return value


def _constant(name: str) -> object:
    raise Unreadable(
        RefusalCode.MALFORMED, f"{name} is not a number; leave the field out instead.", name
    )


def _integer(digits: str) -> Decimal:
    if len(digits) > fields.MAX_DIGITS:
        raise Unreadable(RefusalCode.MALFORMED, f"{digits[:20]}… is too long a number.")
    return Decimal(digits)


def _signal(table: Mapping[str, object], arrival: Arrival, body: bytes) -> Signal:
    _refuse_unknown_keys(table)
    model = fields.text(table, "model")
    symbol = fields.symbol(table, arrival.instruments)
    side = fields.side(table)
    at = fields.instant(table, "time")
    expires_at = fields.instant(table, "expiry")
    made_at = arrival.received_at if at is None else at
    ends_at = made_at + arrival.lifetime_ns if expires_at is None else expires_at
    if ends_at <= made_at:
        raise Unreadable(
            RefusalCode.MALFORMED,
            f'The expiry "{table["expiry"]}" is not after the signal\'s time.',
            str(table["expiry"]),
        )
    confidence = fields.confidence(table, needed=side is not SignalSide.CLOSE)
    take_profits = fields.take_profits(table)
    signal = Signal(
        id=_id(table, _derived_id(arrival, at, body)),
        account=fields.text(table, "account", given=arrival.account),
        model=model,
        symbol=symbol,
        side=side,
        confidence=confidence,
        stop_loss=fields.stop_loss(table),
        take_profit=take_profits[-1] if take_profits else None,
        rungs=take_profits[:-1],
        entry=fields.price(table, "entry"),
        at=made_at,
        expires_at=ends_at,
        received_at=arrival.received_at,
        door=arrival.door,
        digest="",
    )
    return msgspec.structs.replace(signal, digest=_digest(signal, at, expires_at))


def _refuse_unknown_keys(table: Mapping[str, object]) -> None:
    for key in table:
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(KEYS)}."
            raise Unreadable(
                RefusalCode.MALFORMED, f'Unknown key "{key[:40]}"; {hint}', key[:40], pointer=key
            )


def _id(table: Mapping[str, object], derived: str) -> str:
    name = fields.text(table, "id", given=derived)
    taken = next((one for one in _TAKEN if name.startswith(one)), None)
    if taken is not None:
        raise Unreadable(
            RefusalCode.MALFORMED,
            f'The id "{name}" begins with {taken}, which names {_TAKEN[taken]}; choose another.',
            name,
            pointer="id",
        )
    return name


def _derived_id(arrival: Arrival, at: Instant | None, body: bytes) -> str:
    """Name a signal without an id by its content; without a time, also by its arrival."""
    place = arrival.place or ("" if at is not None else str(arrival.received_at))
    return "s-" + hashlib.sha256(place.encode() + b"\n" + body.strip()).hexdigest()[:16]


def _digest(signal: Signal, at: Instant | None, expires_at: Instant | None) -> str:
    """Return what a signal says as a hash; times that were not given do not count."""
    said = msgspec.structs.replace(
        signal, at=at or 0, expires_at=expires_at or 0, received_at=0, door="", digest=""
    )
    normal = msgspec.structs.replace(said, confidence=signal.confidence.normalize())
    return hashlib.sha256(msgspec.json.encode(normal)).hexdigest()


def unreadable(
    body: bytes, arrival: Arrival, table: Mapping[str, object], problem: Unreadable
) -> UnreadableSignal:
    """Return the record of a payload that cannot be read."""
    place = arrival.place or str(arrival.received_at)
    name = hashlib.sha256(place.encode() + b"\n" + body.strip()).hexdigest()[:16]
    return UnreadableSignal(
        id=f"{_UNREADABLE}{name}",
        account=arrival.account,
        given_id=_readable(table, "id"),
        model=_readable(table, "model"),
        symbol=_readable(table, "symbol"),
        received_at=arrival.received_at,
        door=arrival.door,
        raw=body[: 4 * _RAW_KEPT].decode("utf-8", errors="replace")[:_RAW_KEPT],
        refusal=problem.refused,
        pointer=problem.pointer,
    )


def _readable(table: Mapping[str, object], key: str) -> str | None:
    value = table.get(key)
    if not isinstance(value, str) or not value:
        return None
    return fields.encodable(value[: fields.MAX_TEXT])
