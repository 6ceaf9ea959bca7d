"""Limit packs: the TOML files shipped with fxpaper, and the reader of any such file."""

from __future__ import annotations

import re
import tomllib
from datetime import time
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from fxpaper.domain.limits import Limits, LossLimit
from fxpaper.errors import ConfigurationError

SHIPPED = ("standard", "none", "ftmo-two-step", "ftmo-one-step")

_COUNTS = ("losses_in_a_row", "orders_per_minute", "orders_per_day")
_MOST_PERCENT = 100
_SET_ELSEWHERE = "on_breach"
_CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?", re.ASCII)


def read_limits(name_or_path: str, directory: Path | None = None) -> Limits:
    """Return a shipped pack by its name, or the one in a file.

    Args:
        name_or_path: one of :data:`SHIPPED` or a path; a relative one counts from ``directory``.
        directory: of the configuration that names it.

    Raises:
        ConfigurationError: no such pack, or something in it is wrong.
    """
    if name_or_path in SHIPPED:
        text = (resources.files(__package__) / f"{name_or_path}.toml").read_text(encoding="utf-8")
        return parse_limits(text, f"limits {name_or_path}")
    path = (directory or Path()) / Path(name_or_path).expanduser()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"The limits {path} cannot be read ({problem}). "
            f"Name a file, or one of: {', '.join(SHIPPED)}."
        ) from None
    return parse_limits(text, str(path))


def parse_limits(text: str, where: str) -> Limits:
    """Return the limits that a TOML text describes.

    Args:
        text: TOML.
        where: how to call it in messages.

    Raises:
        ConfigurationError: something in it is wrong; the message names the key.
    """
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"{where} is not TOML: {problem}.") from None
    if _SET_ELSEWHERE in table:
        raise ConfigurationError(
            f"{where}: {_SET_ELSEWHERE} belongs into the configuration, as limit_action."
        )
    ends = table.get("day_ends")
    if isinstance(ends, str) and _CLOCK.fullmatch(ends):
        table["day_ends"] = time.fromisoformat(ends)
    try:
        limits = msgspec.convert({"name": where, **table}, Limits)
    except msgspec.ValidationError as problem:
        raise ConfigurationError(f"{where}: {problem}.") from None
    _check(limits, where)
    return limits


def _check(limits: Limits, where: str) -> None:
    try:
        ZoneInfo(limits.zone)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(
            f'{where}: zone is "{limits.zone}"; it must be a time zone such as Europe/Prague.'
        ) from None
    if limits.day_ends.tzinfo is not None:
        raise ConfigurationError(f"{where}: day_ends has a zone; name that in zone.")
    for name in _COUNTS:
        _refuse(getattr(limits, name), name, where)
    for table, limit in (("daily_loss", limits.daily_loss), ("max_loss", limits.max_loss)):
        if limit is not None:
            _check_percent(limit, f"{where}, [{table}]")


def _refuse(value: int | None, name: str, where: str) -> None:
    if value is not None and value < 1:
        raise ConfigurationError(f"{where}: {name} is {value}; it must be 1 or more.")


def _check_percent(limit: LossLimit, where: str) -> None:
    percent: Any = limit.percent
    if not (percent.is_finite() and 0 < percent <= _MOST_PERCENT):
        raise ConfigurationError(
            f"{where}: percent is {percent}; it must be above 0, up to {_MOST_PERCENT}."
        )
