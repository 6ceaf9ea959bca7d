"""The fields of a signal: each takes the payload, returns a value or raises what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from fxpaper.domain.instant import Instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Level, PipsLevel, PriceLevel, RLevel, SignalSide, StopLevel
from fxpaper.signals.intake.symbols import canonical_symbol

MAX_TEXT = 128
MAX_DIGITS = 30
MOST_LEVELS = 10
"""Take-profits of one signal."""
_PRINTABLE = re.compile(r"[^\x00-\x1f\x7f\ud800-\udfff]+")
_LEVEL_TEXT = re.compile(r"\s*(?P<number>[^\s a-zA-Z]+)\s*(?P<unit>pips?|r)?\s*", re.IGNORECASE)
_MAX_EXPONENT = 15
_SMALLEST, _LARGEST = Decimal("1e-9"), Decimal("1e9")


class Unreadable(Exception):  # noqa: N818 - it carries a refusal, the reader's answer
    """A payload cannot be read; inside this room only, the door turns it into a refusal.

    Args:
        code: why.
        text: one sentence for people.
        actual: the value.
        limit: what would be right.
        pointer: the key it is about.
    """

    def __init__(
        self, code: RefusalCode, text: str, actual: str = "", limit: str = "", pointer: str = ""
    ) -> None:
        super().__init__(text)
        self.pointer = pointer
        self.refused = Refused(
            code=code, text=encodable(text), actual=encodable(actual), limit=limit
        )


def encodable(text: str) -> str:
    """Return a text with what UTF-8 cannot hold (lone surrogates from JSON) replaced."""
    return text.encode("utf-8", "replace").decode("utf-8")


def text(table: Mapping[str, object], key: str, given: str | None = None) -> str:
    """Return a short printable text; ``given`` stands in where the key is absent."""
    value = table.get(key)
    if value is None:
        if given is not None:
            return given
        raise _wrong(key, value, f"{key} is missing; it is a text")
    if isinstance(value, Decimal) and key == "id":
        value = str(value)
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value) or len(value) > MAX_TEXT:
        raise _wrong(key, value, f"{key} must be a printable text of 1 to {MAX_TEXT} characters")
    return value


def symbol(table: Mapping[str, object], instruments: Mapping[str, Instrument]) -> str:
    """Return the canonical symbol."""
    found = canonical_symbol(text(table, "symbol"), instruments)
    if isinstance(found, Refused):
        raise Unreadable(found.code, found.text, found.actual, found.limit, "symbol")
    return found


def side(table: Mapping[str, object]) -> SignalSide:
    """Return buy, sell or close."""
    value = table.get("side")
    try:
        return SignalSide(str(value).lower())
    except ValueError:
        raise _wrong("side", value, "side must be buy, sell or close") from None


def confidence(table: Mapping[str, object], *, needed: bool) -> Decimal:
    """Return a probability from 0 to 1; a signal that only closes may leave it out."""
    if table.get("confidence") is None:
        if not needed:
            return Decimal(1)
        raise _wrong(
            "confidence", None, "confidence is missing; it is the probability of being right, 0–1"
        )
    value = number(table["confidence"], "confidence")
    if 0 <= value <= 1:
        return value
    percent = value / 100
    hint = f" If you meant {value} %, write {percent}." if 1 < value <= 100 else ""  # noqa: PLR2004
    raise Unreadable(
        RefusalCode.CONFIDENCE_OUT_OF_RANGE,
        f"confidence {value} is outside 0–1.{hint}",
        str(value),
        "0–1",
        "confidence",
    )


def stop_loss(table: Mapping[str, object]) -> StopLevel | None:
    """Return the stop-loss, or None where there is none."""
    found = _level(table.get("stop_loss"), "stop_loss")
    if isinstance(found, RLevel):
        raise _wrong(
            "stop_loss",
            table["stop_loss"],
            "a stop_loss cannot be in R, because R is the distance to it; give a price or pips",
        )
    return found


def take_profits(table: Mapping[str, object]) -> tuple[Level, ...]:
    """Return the take-profits; a list has several."""
    value = table.get("take_profit")
    if not isinstance(value, list):
        found = _level(value, "take_profit")
        return () if found is None else (found,)
    if not 1 <= len(value) <= MOST_LEVELS:
        raise _wrong(
            "take_profit", f"{len(value)} of them", f"take_profit takes 1 to {MOST_LEVELS} levels"
        )
    levels = [_level(one, f"take_profit.{place}") for place, one in enumerate(value)]
    if None in levels:
        raise _wrong("take_profit", None, "each take_profit of a list is a level")
    return tuple(level for level in levels if level is not None)


def price(table: Mapping[str, object], key: str) -> Decimal | None:
    """Return a price, or None where there is none."""
    if table.get(key) is None:
        return None
    value = number(table[key], key)
    if not _SMALLEST <= value <= _LARGEST:
        raise _wrong(key, value, f"{key} must be positive and not absurd")
    return value


def instant(table: Mapping[str, object], key: str) -> Instant | None:
    """Return a time, or None where there is none."""
    value = table.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _wrong(key, value, f"{key} must be a text like 2026-11-20T21:00:00Z")
    try:
        return parse_instant(value)
    except ValueError as problem:
        zoneless = "no time zone" in str(problem)
        code = RefusalCode.TIME_WITHOUT_ZONE if zoneless else RefusalCode.MALFORMED
        raise Unreadable(code, f"{key}: {problem}.", value[:40], pointer=key) from None


def number(value: object, key: str) -> Decimal:
    """Return an exact number from a JSON number or a text of one."""
    if isinstance(value, str) and len(value) <= MAX_DIGITS:
        try:
            value = Decimal(value.strip())
        except InvalidOperation:
            raise _wrong(key, value, f"{key} must be a number") from None
    if not isinstance(value, Decimal) or not value.is_finite():
        raise _wrong(key, value, f"{key} must be a number")
    if abs(value.adjusted()) > _MAX_EXPONENT or len(value.as_tuple().digits) > MAX_DIGITS:
        raise _wrong(key, value, f"{key} must be a number of ordinary size")
    return value


def _level(value: object, key: str) -> Level | None:
    if value is None:
        return None
    if isinstance(value, dict):
        return _level_of_object(value, key)
    if isinstance(value, str):
        match = _LEVEL_TEXT.fullmatch(value)
        if match is not None:
            return _make_level((match["unit"] or "price").lower(), match["number"], key)
    return _make_level("price", value, key)


def _level_of_object(value: Mapping[str, object], key: str) -> Level:
    if len(value) != 1:
        raise _wrong(
            key,
            dict(value),
            f'{key} takes exactly one of {{"price": …}}, {{"pips": …}}, {{"r": …}}',
        )
    [(unit, amount)] = value.items()
    return _make_level(unit.lower(), amount, f"{key}.{unit}"[:MAX_TEXT])


def _make_level(unit: str, amount: object, key: str) -> Level:
    value = number(amount, key)
    if not _SMALLEST <= value <= _LARGEST:
        raise _wrong(key, value, f"{key} must be positive and not absurd")
    match unit:
        case "price":
            return PriceLevel(value)
        case "pip" | "pips":
            return PipsLevel(value)
        case "r":
            return RLevel(value)
        case _:
            raise _wrong(key, unit, f"{key}: a level is given as price, pips or r")


def _wrong(key: str, value: object, rule: str) -> Unreadable:
    shown = "nothing" if value is None else f'"{str(value)[:40]}"'
    return Unreadable(RefusalCode.MALFORMED, f"{rule}; got {shown}.", shown.strip('"'), pointer=key)
