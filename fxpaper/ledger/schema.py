"""The version of the tables, and how an older database becomes the present one."""

from __future__ import annotations

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, inspect, text

from fxpaper.errors import ConfigurationError
from fxpaper.ledger.rebuilding import rebuild

SCHEMA = 5
"""The number of the newest file in ``migrations/versions``."""

_VERSION = text("SELECT version_num FROM alembic_version")


def migration_config(connection: Connection) -> Config:
    """Return alembic's settings: our migrations, on a connection that is already open."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "fxpaper.ledger:migrations")
    config.set_main_option("path_separator", "os")
    return config


def migrate(connection: Connection, name: str) -> None:
    """Create the tables or bring them up to date, in the transaction of ``connection``.

    Projections of an older schema are made anew from the log, which no migration changes.

    Raises:
        ConfigurationError: they belong to a newer fxpaper or to another program.
    """
    found = _schema_of(connection, name)
    if found is not None and found > SCHEMA:
        raise _newer(found)
    if found != SCHEMA:
        command.upgrade(migration_config(connection), "head")
        if found is not None:
            rebuild(connection)


def require_present(connection: Connection, name: str) -> None:
    """Refuse tables that this program cannot read as they are.

    Raises:
        ConfigurationError: they are older or newer, missing, or of another program.
    """
    found = _schema_of(connection, name)
    if found is None:
        raise ConfigurationError(f"The ledger {name} is still empty. Start fxpaper run first.")
    if found > SCHEMA:
        raise _newer(found)
    if found < SCHEMA:
        raise ConfigurationError(
            f"Database schema {found} is older than this program ({SCHEMA}). "
            "Start fxpaper run once; it upgrades the ledger."
        )


def _schema_of(connection: Connection, name: str) -> int | None:
    tables = inspect(connection).get_table_names()
    if not tables:
        return None
    version = connection.scalar(_VERSION) if "alembic_version" in tables else None
    if version is None or not version.isdecimal():
        raise ConfigurationError(
            f"The database {name} is not a ledger of fxpaper: it has the tables "
            f"{', '.join(sorted(tables)[:5])}. Choose another directory with --data-dir."
        )
    return int(version)


def _newer(found: int) -> ConfigurationError:
    return ConfigurationError(
        f"Database schema {found} is newer than this program ({SCHEMA}). "
        "Install a newer fxpaper, or restore a backup."
    )
