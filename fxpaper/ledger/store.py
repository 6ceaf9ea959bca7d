"""Where a ledger lives: what SQLite and PostgreSQL answer differently."""

from __future__ import annotations

from contextlib import AbstractContextManager, ExitStack
from typing import NamedTuple, Protocol

from sqlalchemy import Connection, Engine


class Doors(NamedTuple):
    """Ways into a database.

    Args:
        writer: has the one connection that writes.
        reader: has connections that cannot change anything, each seeing one commit's state.
    """

    writer: Engine
    reader: Engine


class Store(Protocol):
    """A database that can hold a ledger."""

    @property
    def name(self) -> str:
        """How it is called in messages."""

    def open_to_write(self, opening: ExitStack) -> Doors:
        """Hold it for this process alone; ``opening`` lets go of it.

        Raises:
            ConfigurationError: somebody else holds it, or it cannot be reached or written.
            IntegrityError: it is damaged.
        """

    def open_to_read(self, opening: ExitStack) -> Engine:
        """Look at it without holding it.

        Raises:
            ConfigurationError: there is none, or it cannot be reached.
            IntegrityError: it is damaged.
        """

    def check(self, connection: Connection) -> None:
        """Look it over for damage.

        Raises:
            IntegrityError: there is some.
        """

    def opened(self, doors: Doors) -> None:
        """Take note that the tables are made and current."""

    def require_held(self, connection: Connection) -> None:
        """Refuse to write what this process no longer holds; called in every transaction.

        Raises:
            ConfigurationError: it was removed, replaced or taken over.
        """

    def explained(self) -> AbstractContextManager[None]:
        """Turn faults of the database into those of fxpaper."""
