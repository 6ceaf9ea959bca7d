"""From what a notebook has (keywords, rows, a data frame) to signals as they are sent.

A signal without an id gets one from its model, symbol and time, with ``-close`` at the end of one
that closes, so that the same row sent again is the same signal and is taken once::

    {"id": "trend-EURUSD-2026-11-20T21:00:00.000000Z", "model": "trend", "symbol": "EURUSD",
     "side": "buy", "confidence": 0.8, "stop_loss": "25pips", "take_profit": "2r",
     "time": "2026-11-20T21:00:00.000000Z"}
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from difflib import get_close_matches
from numbers import Integral, Real
from typing import Any

import pandas as pd

from fxpaper.client.errors import InputError

KEYS = (
    *("id", "model", "symbol", "side", "confidence"),
    *("stop_loss", "take_profit", "entry", "time", "expiry"),
)
_LONGEST_ID = 128
_NEEDED = ("model", "symbol", "side")

Signals = pd.DataFrame | Iterable[Mapping[str, Any]]


def payload(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return a signal as it is sent; without id and time it is one of its own each time.

    Raises:
        InputError: it cannot be sent as it is.
    """
    made = _payload(given)
    if "id" not in made:
        made["id"] = (
            _id(made) if "time" in made else f"{made['model'][:100]}-{secrets.token_hex(8)}"
        )
    return made


def payloads(given: Signals) -> list[dict[str, Any]]:
    """Return signals as they are sent, each with an id that the same row gets again.

    Raises:
        InputError: one cannot be sent as it is, or has neither id nor time; names its row.
    """
    return [_numbered(number, row) for number, row in enumerate(_rows(given))]


def instant_text(value: object) -> str:
    """Return a time as RFC 3339 in UTC; text stays as it is.

    Raises:
        InputError: it is no time, or lacks its zone.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, datetime):
        raise InputError(f"{value!r} is not a time; give an aware datetime or RFC 3339 text.")
    if value.tzinfo is None:
        raise InputError(f'The time {value} has no zone; use tz_localize("UTC") or tzinfo=UTC.')
    return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def _rows(given: Signals) -> Iterable[Mapping[str, Any]]:
    if not isinstance(given, pd.DataFrame):
        return given
    frame = given
    if "time" not in frame.columns and isinstance(frame.index, pd.DatetimeIndex):
        frame = frame.assign(time=frame.index)
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def _numbered(number: int, row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        made = _payload(row)
        return made if "id" in made else {"id": _id(made), **made}
    except InputError as problem:
        raise InputError(f"Nothing was sent. Row {number}: {problem}") from None


def _payload(given: Mapping[str, Any]) -> dict[str, Any]:
    for name in given:
        if name not in KEYS:
            near = get_close_matches(name, KEYS, n=1)
            hint = f'did you mean "{near[0]}"?' if near else f"known: {', '.join(KEYS)}."
            raise InputError(f'A signal has no "{name}"; {hint}')
    made = {name: _value(name, given[name]) for name in given if not _is_missing(given[name])}
    missing = [name for name in _NEEDED if name not in made]
    if missing:
        raise InputError(f"A signal needs {' and '.join(missing)}.")
    return made


def _is_missing(value: object) -> bool:
    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))  # type: ignore[call-overload]  # any scalar


def _value(name: str, value: object) -> Any:  # noqa: ANN401 - any JSON
    if name in {"time", "expiry"}:
        return instant_text(value)
    if name in {"id", "model", "symbol", "side"}:
        return str(value)
    return _level(value)


def _level(value: object) -> Any:  # noqa: ANN401 - any JSON
    """Return a number as JSON has it: digits as they are printed, also of a numpy type."""
    if isinstance(value, list | tuple):
        return [_level(one) for one in value]
    if isinstance(value, Mapping):
        return {str(unit): _level(one) for unit, one in value.items()}
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Integral):
        return int(value)
    return float(str(value)) if isinstance(value, Real) else str(value)


def _id(made: Mapping[str, Any]) -> str:
    if "time" not in made:
        raise InputError("It has neither id nor time, so a second run would trade again.")
    closing = "-close" if made["side"] == "close" else ""
    whole = f"{made['model']}-{made['symbol']}-{made['time']}{closing}"
    if len(whole) <= _LONGEST_ID:
        return whole
    return hashlib.sha256(whole.encode()).hexdigest()
