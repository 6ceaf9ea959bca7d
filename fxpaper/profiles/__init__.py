"""Broker profiles: the TOML files shipped with fxpaper, and the reader of any such file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import fields

from fxpaper.domain.instrument import BrokerProfile, Instrument
from fxpaper.errors import ConfigurationError

SHIPPED = ("standard", "raw")
_TOP_KEYS = {"name", "commission_per_lot", "commission_currency", "defaults", "instruments"}
_INSTRUMENT_KEYS = {field.name for field in fields(Instrument)} - {"symbol"}


def read_profile(name_or_path: str, directory: Path | None = None) -> BrokerProfile:
    """Return a shipped profile by its name, or the one in a file.

    Args:
        name_or_path: ``standard``, ``raw`` or a path; a relative one counts from ``directory``.
        directory: of the configuration that names it.

    Raises:
        ConfigurationError: no such profile, or something in it is wrong.
    """
    if name_or_path in SHIPPED:
        file = resources.files(__package__) / f"{name_or_path}.toml"
        return parse_profile(file.read_text(encoding="utf-8"), f"profile {name_or_path}")
    path = (directory or Path()) / Path(name_or_path).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"The broker profile {path} cannot be read ({problem}). "
            f"Name a file, or one of: {', '.join(SHIPPED)}."
        ) from None
    return parse_profile(text, str(path))


def parse_profile(text: str, where: str) -> BrokerProfile:
    """Return the profile that a TOML text describes.

    Args:
        text: TOML.
        where: how to call it in messages.

    Raises:
        ConfigurationError: something in it is wrong; the message names the key.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"{where} is not TOML: {problem}.") from None
    _refuse_unknown(table, _TOP_KEYS, where)
    defaults = table.get("defaults", {})
    _refuse_unknown(defaults, _INSTRUMENT_KEYS, f"{where}, [defaults]")
    instruments = {
        symbol: _instrument(symbol, {**defaults, **entry}, f"{where}, [instruments.{symbol}]")
        for symbol, entry in table.get("instruments", {}).items()
    }
    if not instruments:
        raise ConfigurationError(f"{where} has no [instruments.…] table; it needs at least one.")
    try:
        return BrokerProfile(
            name=str(table.get("name", where)),
            commission_per_lot=msgspec.convert(
                table.get("commission_per_lot", "0"), Decimal, strict=False
            ),
            commission_currency=str(table.get("commission_currency", "USD")),
            instruments=instruments,
        )
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"{where}, commission_per_lot: {problem}.") from None


def _instrument(symbol: str, entry: Mapping[str, Any], where: str) -> Instrument:
    _refuse_unknown(entry, _INSTRUMENT_KEYS, where)
    try:
        instrument = msgspec.convert({**entry, "symbol": symbol}, Instrument, strict=False)
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"{where}: {problem}.") from None
    steps = (instrument.contract_size, instrument.lot_step, instrument.min_lots)
    if min(steps) <= 0 or instrument.pip <= 0 or not 0 <= instrument.digits <= 8:  # noqa: PLR2004
        raise ConfigurationError(
            f"{where}: contract_size, lot_step, min_lots and pip must be positive and digits 0–8."
        )
    return instrument


def _refuse_unknown(table: Mapping[str, Any], known: set[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(sorted(known))}."
            raise ConfigurationError(f'{where}: unknown key "{key}"{hint}')
