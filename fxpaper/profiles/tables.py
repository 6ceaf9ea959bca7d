"""Tables of a profile's TOML become instruments and charges; whatever is wrong names its key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin

import msgspec
from msgspec.structs import fields

from fxpaper.domain.instrument import BrokerProfile, Instrument
from fxpaper.errors import ConfigurationError
from fxpaper.profiles.checks import check_instrument, check_profile

Table = Mapping[str, Any]
_T = TypeVar("_T", bound=msgspec.Struct)

_PROFILE_KEYS = {field.name for field in fields(BrokerProfile)} - {"instruments"}
_INSTRUMENT_KEYS = {field.name for field in fields(Instrument)} - {"symbol"}
_TOP_KEYS = _PROFILE_KEYS | {"based_on", "defaults", "instruments"}
_KEY_IN_MESSAGE = re.compile(r"`\$\.(\w+)")
_MISSING_KEY = re.compile(r"required field `(\w+)`")
_RIGHT: dict[type, str] = {
    bool: "true or false",
    int: "a whole number",
    str: "a text in quotes",
    tuple: 'a list of days, such as ["2026-12-25", "01-01"]',
}


def check_keys(table: Table, where: str) -> None:
    """Refuse a key that no profile has, and a table that is none.

    Raises:
        ConfigurationError: names it, and the nearest known one.
    """
    _refuse_unknown(table, _TOP_KEYS, where)
    _refuse_unknown(_table(table, "defaults", where), _INSTRUMENT_KEYS, f"{where}, [defaults]")
    instruments = _table(table, "instruments", where)
    for symbol in instruments:
        entry = _table(instruments, symbol, f"{where}, [instruments]")
        _refuse_unknown(entry, _INSTRUMENT_KEYS, f"{where}, [instruments.{symbol}]")


def merged(base: Table, own: Table) -> dict[str, Any]:
    """Return a profile's tables over those of the one it is based on, key by key.

    An instrument's own key in the base stays where only the defaults of the other one have it.
    """
    instruments = dict(base["instruments"])
    for symbol, entry in own.get("instruments", {}).items():
        instruments[symbol] = {**instruments.get(symbol, {}), **entry}
    defaults = {**base.get("defaults", {}), **own.get("defaults", {})}
    return {**base, **own, "defaults": defaults, "instruments": instruments}


def profile_of(table: Table, where: str) -> BrokerProfile:
    """Return the profile that tables with known keys describe.

    Raises:
        ConfigurationError: a value is missing or wrong; names its key and what would be right.
    """
    defaults = table.get("defaults", {})
    instruments = {
        symbol: _instrument(symbol, {**defaults, **entry}, f"{where}, [instruments.{symbol}]")
        for symbol, entry in table.get("instruments", {}).items()
    }
    if not instruments:
        raise ConfigurationError(f"{where} has no [instruments.…] table; it needs at least one.")
    given = {key: value for key, value in table.items() if key in _PROFILE_KEYS}
    usual = {"name": where, "commission_per_lot": "0", "commission_currency": "USD"}
    profile = _read({**usual, **given, "instruments": {}}, BrokerProfile, where)
    check_profile(profile, where)
    return msgspec.structs.replace(profile, instruments=instruments)


def _instrument(symbol: str, entry: Table, where: str) -> Instrument:
    instrument = _read({**entry, "symbol": symbol}, Instrument, where)
    check_instrument(instrument, where)
    return instrument


def _read(table: Table, kind: type[_T], where: str) -> _T:
    plain = {key: _plain(value) for key, value in table.items()}
    try:
        return msgspec.convert(plain, kind, strict=False)
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"{where}: {_wrong(plain, kind, str(problem))}.") from None


def _wrong(table: Table, kind: type[msgspec.Struct], problem: str) -> str:
    """Return what msgspec complains of, as the key and what would be right."""
    missing, present = _MISSING_KEY.search(problem), _KEY_IN_MESSAGE.search(problem)
    if missing is not None:
        return f"{missing[1]} is missing; write {_right(kind, missing[1])}"
    if present is not None:
        return f"{present[1]} is {_shown(table[present[1]])}; write {_right(kind, present[1])}"
    return problem


def _plain(value: object) -> object:
    """Return a list with its TOML dates as text; anything else as it is."""
    if not isinstance(value, list):
        return value
    return [item.isoformat() if isinstance(item, date) else item for item in value]


def _shown(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _right(kind: type[msgspec.Struct], key: str) -> str:
    """Return what a key's value has to look like."""
    wanted = next(field.type for field in fields(kind) if field.name == key)
    if isinstance(wanted, UnionType):
        wanted = get_args(wanted)[0]
    if isinstance(wanted, type) and issubclass(wanted, StrEnum):
        return "one of: " + ", ".join(wanted)
    return _RIGHT.get(get_origin(wanted) or wanted, 'a number, such as "0.5"')


def _table(table: Table, key: str, where: str) -> Table:
    value = table.get(key, {})
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where}: {key} is {_shown(value)}; it must be a table.")
    return value


def _refuse_unknown(table: Table, known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(known))}."
            raise ConfigurationError(f'{where}: unknown key "{key}"{hint}')
