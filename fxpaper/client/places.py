"""Where a daemon may be found: at a URL that was named, or in its data directory."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from fxpaper.client.errors import NotAllowedError
from fxpaper.config import CLIENT_TOKEN, CLIENT_URL, default_data_dir

_THIS_MACHINE = {"127.0.0.1", "localhost", "::1"}


@dataclass(frozen=True, slots=True)
class Address:
    """Where a daemon listens, and what it wants to hear.

    Args:
        url: without a path, e.g. ``http://127.0.0.1:8765``.
        token: of its API.
    """

    url: str
    token: str


class Place(Protocol):
    """Somewhere a daemon may be."""

    def address(self) -> Address | None:
        """Return where it listens now, or None while it does not.

        Raises:
            NotAllowedError: there is no token for it.
        """


@dataclass(frozen=True, slots=True)
class Named:
    """A URL that somebody gave.

    Args:
        url: of the daemon.
        token: of its API; a daemon of this machine has it in one of the ``folders``.
        folders: data directories of this machine.
    """

    url: str
    token: str | None
    folders: Sequence[Folder]

    def address(self) -> Address | None:
        """Return it, with a token of this machine only for a daemon of this machine.

        Raises:
            NotAllowedError: there is no token for it.
        """
        token = self.token or self._noted_token()
        if token is None:
            raise NotAllowedError(
                f"There is no token for {self.url}. Give token=…, or set {CLIENT_TOKEN}; it is in "
                'the file "token" of the daemon\'s data directory.'
            )
        return Address(self.url.rstrip("/"), token)

    def _noted_token(self) -> str | None:
        parts = urlsplit(self.url)
        if parts.hostname not in _THIS_MACHINE:
            return None
        noted = (folder.address() for folder in self.folders)
        return next(
            (one.token for one in noted if one and urlsplit(one.url).port == parts.port), None
        )


@dataclass(frozen=True, slots=True)
class Folder:
    """A daemon's data directory; it is read anew each time, a restart may change the port.

    Args:
        path: of the directory.
        token: of the daemon's API, when it is not the one that lies there.
    """

    path: Path
    token: str | None = None

    def address(self) -> Address | None:
        """Return what a daemon has noted there, or None when none has."""
        try:
            port = int((self.path / "port").read_text(encoding="utf-8"))
            token = self.token or (self.path / "token").read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            return None
        return Address(f"http://127.0.0.1:{port}", token)


def places(url: str | None, token: str | None, data_dir: Path | str | None) -> list[Place]:
    """Return where to look, in this order; what is left out comes from the environment.

    Args:
        url: of a daemon, else ``FXPAPER_URL``.
        token: of its API, else ``FXPAPER_TOKEN``.
        data_dir: of a daemon of this machine; else that of your own daemon, then of the demo.
    """
    token = token.strip() if token else None  # as a file ends it
    own = default_data_dir()
    paths = [own, own / "demo"] if data_dir is None else [Path(data_dir)]
    named = url or (os.environ.get(CLIENT_URL) if data_dir is None else None)
    if not named:
        return [Folder(path, token) for path in paths]
    whole = named if "://" in named else f"http://{named}"
    token = token or os.environ.get(CLIENT_TOKEN, "").strip() or None
    return [Named(whole, token, [Folder(path) for path in paths])]
