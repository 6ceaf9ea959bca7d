"""Where the keys of price sources come from: settings, or the system's keyring.

A key is a setting (``twelve_data_key``, in ``fxpaper.toml`` or as ``FXPAPER_TWELVE_DATA_KEY``), an
entry of the table ``[keys]`` for sources of other packages, or an entry ``fxpaper`` of the system's
keyring, in that order.
"""

from __future__ import annotations

from collections.abc import Iterable

import keyring
import structlog
from keyring.errors import KeyringError
from pydantic import SecretStr

from fxpaper.config import Settings
from fxpaper.errors import ConfigurationError

log = structlog.get_logger(__name__)

SERVICE = "fxpaper"


def find_keys(names: Iterable[str], settings: Settings) -> dict[str, str] | None:
    """Return the keys of a source by name; None where one is missing."""
    found: dict[str, str] = {}
    for name in names:
        key = find_key(name, settings)
        if key is None:
            return None
        found[name] = key
    return found


def find_key(name: str, settings: Settings) -> str | None:
    """Return a key, or None when it is nowhere."""
    given = getattr(settings, name, None) or settings.keys.get(name)
    if isinstance(given, SecretStr):
        return given.get_secret_value()
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError as problem:
        log.debug("no_keyring", problem=str(problem))
        return None


def keep_key(name: str, key: str) -> None:
    """Write a key into the system's keyring.

    Raises:
        ConfigurationError: there is no keyring, or it refuses.
    """
    try:
        keyring.set_password(SERVICE, name, key)
    except KeyringError as problem:
        raise ConfigurationError(
            f"The key cannot be kept in this system's keyring: {problem} Set "
            f"FXPAPER_{name.upper()} instead, or {name} in fxpaper.toml."
        ) from None


def forget_key(name: str) -> bool:
    """Remove a key from the system's keyring; tells whether it was there.

    Raises:
        ConfigurationError: there is no keyring, or it refuses.
    """
    try:
        if keyring.get_password(SERVICE, name) is None:
            return False
        keyring.delete_password(SERVICE, name)
    except KeyringError as problem:
        raise ConfigurationError(f"This system's keyring cannot be changed: {problem}") from None
    return True
