"""Secrets that live in the data directory, each in a file of its own that only its owner reads."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from fxpaper.errors import ConfigurationError

TOKEN_FILE = "token"  # noqa: S105 - the name of a file
SESSION_KEY_FILE = "session-key"

_TOKEN_PREFIX = "fxp_"  # noqa: S105 - how every token starts
_BYTES = 32
_OWNER_ONLY = 0o600


def access_token(directory: Path) -> str:
    """Return the bearer token of a data directory; made at the first start.

    Raises:
        ConfigurationError: the file cannot be read or written, or holds no token.
    """
    path = directory / TOKEN_FILE
    text = _kept(path, _TOKEN_PREFIX + secrets.token_urlsafe(_BYTES))
    if not text.startswith(_TOKEN_PREFIX) or not text.isascii() or len(text.split()) != 1:
        raise ConfigurationError(
            f"{path} holds no token; one starts with {_TOKEN_PREFIX}. Delete the file and start "
            "again to get a new one."
        )
    return text


def session_key(directory: Path) -> bytes:
    """Return the key that signs the page's sessions; made at the first start.

    Raises:
        ConfigurationError: the file cannot be read or written, or holds no key.
    """
    path = directory / SESSION_KEY_FILE
    text = _kept(path, secrets.token_hex(_BYTES))
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != _BYTES:
        raise ConfigurationError(
            f"{path} holds no key of {_BYTES} bytes in hexadecimal. Delete the file and start "
            "again; every browser then needs a new link."
        )
    return key


def _kept(path: Path, fresh: str) -> str:
    """Return what a file holds; ``fresh``, which is then written, where there is none yet."""
    try:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        except FileExistsError:
            if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & ~_OWNER_ONLY:
                path.chmod(_OWNER_ONLY)
            return path.read_text(encoding="utf-8").strip()
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(fresh + "\n")
    except (OSError, UnicodeDecodeError) as problem:
        raise ConfigurationError(
            f"Cannot use {path}: {problem}. Choose another data directory with --data-dir."
        ) from None
    return fresh
