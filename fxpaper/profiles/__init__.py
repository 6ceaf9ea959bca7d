"""Broker profiles: the TOML files shipped with fxpaper, and the reader of any such file."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from importlib import resources
from pathlib import Path
from typing import Any

from fxpaper.domain.instrument import BrokerProfile
from fxpaper.errors import ConfigurationError
from fxpaper.profiles.tables import check_keys, merged, profile_of

SHIPPED = ("standard", "raw", "esma")


def read_profile(name_or_path: str, directory: Path | None = None) -> BrokerProfile:
    """Return a shipped profile by its name, or the one in a file.

    Args:
        name_or_path: one of :data:`SHIPPED` or a path; a relative one counts from ``directory``.
        directory: of the configuration that names it.

    Raises:
        ConfigurationError: no such profile, or something in it is wrong.
    """
    if name_or_path in SHIPPED:
        return parse_profile(_shipped_text(name_or_path), f"profile {name_or_path}")
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
    return profile_of(_tables(text, where), where)


def _tables(text: str, where: str) -> dict[str, Any]:
    """Return the tables of a text, laid over those of the shipped profile it is based on."""
    try:
        table = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise ConfigurationError(f"{where} is not TOML: {problem}.") from None
    check_keys(table, where)
    if "based_on" not in table:
        return table
    base = table["based_on"]
    if base not in SHIPPED:
        raise ConfigurationError(
            f"{where}: based_on is {base!r}; it must be one of: {', '.join(SHIPPED)}."
        )
    return merged(_tables(_shipped_text(base), f"profile {base}"), {"name": where, **table})


def _shipped_text(name: str) -> str:
    return (resources.files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
