"""Where the keys of price sources come from: settings, or the system's keyring.

A key is a setting (``twelve_data_key``, in ``fxpaper.toml`` or as ``FXPAPER_TWELVE_DATA_KEY``), an
entry of the table ``[keys]`` for sources of other packages, or an entry ``fxpaper`` of the system's
keyring, in that order.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

import keyring
import structlog
from keyring.errors import KeyringError
from pydantic import SecretStr

from fxpaper.config import Settings, default_data_dir
from fxpaper.errors import ConfigurationError
from fxpaper.whole_file import write_whole

log = structlog.get_logger(__name__)

SERVICE = "fxpaper"
_NAMES = "keyring.json"


def find_keys(names: Iterable[str], settings: Settings, switch: str = "") -> dict[str, str] | None:
    """Return the keys of a source by name; None where one is missing.

    Args:
        names: of the keys.
        settings: to look in.
        switch: a setting that is as good as the keys when it is on.
    """
    if switch and getattr(settings, switch) is True:
        return {}
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
    if isinstance(given, str):
        return given
    if name not in _kept_names():
        return None
    try:
        return keyring.get_password(SERVICE, name)
    except KeyringError as problem:
        log.warning("keyring_silent", key=name, problem=str(problem))
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
    _note(_kept_names() | {name})


def forget_key(name: str) -> bool:
    """Remove a key from the system's keyring; tells whether it was there.

    Raises:
        ConfigurationError: there is no keyring, or it refuses.
    """
    if name not in _kept_names():
        return False
    try:
        if keyring.get_password(SERVICE, name) is not None:
            keyring.delete_password(SERVICE, name)
    except KeyringError as problem:
        raise ConfigurationError(f"This system's keyring cannot be changed: {problem}") from None
    _note(_kept_names() - {name})
    return True


def _kept_names() -> set[str]:
    """Return which keys are in the keyring; nobody is asked to unlock it for any other."""
    try:
        return set(json.loads((default_data_dir() / _NAMES).read_bytes()))
    except (OSError, ValueError, TypeError):
        return set()


def _note(names: set[str]) -> None:
    path = default_data_dir() / _NAMES
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(sorted(names)).encode())
    except OSError as problem:
        raise ConfigurationError(f"{path} cannot be written: {problem.strerror}.") from None
