"""A ledger in one SQLite file; ``.lock``, ``-wal`` and ``-shm`` files appear beside it."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

from sqlalchemy import Connection, Engine

from fxpaper.errors import ConfigurationError
from fxpaper.ledger import sqlite
from fxpaper.ledger.lock import locked
from fxpaper.ledger.store import Doors


class SqliteStore:
    """A file.

    Args:
        path: of it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """The path."""
        return str(self.path)

    def open_to_write(self, opening: ExitStack) -> Doors:
        """Hold the file; makes it when there is none."""
        with sqlite.reachable(self.path):
            opening.enter_context(locked(self.path))
            sqlite.refuse_empty(self.path)
            doors = Doors(sqlite.writer(self.path), sqlite.reader(self.path))
            for door in doors:
                opening.callback(door.dispose)
            if not self.path.exists():
                sqlite.write_ahead(doors.writer)
        return doors

    def open_to_read(self, opening: ExitStack) -> Engine:
        """Look at the file."""
        with sqlite.reachable(self.path):
            if not self.path.is_file():
                raise ConfigurationError(
                    f"There is no ledger {self.path}. Start fxpaper run once, or name the "
                    "directory it is in with --data-dir."
                )
            sqlite.refuse_empty(self.path)
        reader = sqlite.reader(self.path)
        opening.callback(reader.dispose)
        return reader

    def check(self, connection: Connection) -> None:
        """Let SQLite look over the file."""
        sqlite.check(connection, self.path)

    def opened(self, doors: Doors) -> None:
        """Remember which file it is."""
        sqlite.write_ahead(doors.writer)
        self._file = _identity(self.path)

    def require_held(self, connection: Connection) -> None:
        """Refuse a file that was removed or replaced: its lock is no longer ours."""
        del connection
        if _identity(self.path) != self._file:
            raise ConfigurationError(
                f"The ledger {self.path} was removed or replaced while fxpaper was using it. "
                "Nothing was written. Put it back and start fxpaper again."
            )

    def explained(self) -> AbstractContextManager[None]:
        """Explain SQLite's faults."""
        return sqlite.explained(self.path)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
