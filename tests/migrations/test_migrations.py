"""The migrations in the package make exactly the tables the code uses, from any release."""

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.schema import SCHEMA, migrate, migration_config
from fxpaper.ledger.sqlite import scratch
from fxpaper.ledger.tables import METADATA

RELEASED = sorted((Path(__file__).parent / "released").glob("*.sql"))


def test_migrating_makes_the_tables_that_the_code_uses():
    engine = scratch()
    with engine.begin() as connection:
        migrate(connection, "scratch")
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


def test_the_schemas_number_is_the_newest_migrations():
    engine = scratch()
    with engine.begin() as connection:
        scripts = ScriptDirectory.from_config(migration_config(connection))
        assert scripts.get_heads() == [f"{SCHEMA:04}"]
        assert len(list(scripts.walk_revisions())) == SCHEMA
    engine.dispose()


def test_every_schema_ever_released_has_its_record():
    """Written by ``python -m tests.migrations.record`` when a schema is new."""
    assert [path.stem for path in RELEASED] == [f"{n:04}" for n in range(1, SCHEMA + 1)]


@pytest.mark.parametrize("released", RELEASED, ids=lambda path: path.stem)
def test_a_ledger_of_an_earlier_schema_opens_with_all_that_was_in_it(
    released: Path, tmp_path: Path
):
    path = tmp_path / "ledger.db"
    with closing(sqlite3.connect(path)) as earlier:
        earlier.executescript(released.read_text(encoding="utf-8"))
    ledger = Ledger(path)
    ledger.open()
    assert ledger.epoch == "b81f"
    state = ledger.load("paper")
    assert state is not None
    assert (state.account.seq, state.account.balance) == (14, Decimal("100197.20"))
    assert [signal.id for signal in state.waiting] == ["s4"]
    chain = ledger.chain("paper", "s1")
    assert chain is not None
    assert [deal.id for deal in chain.deals] == ["d-6", "d-13"]
    assert ledger.verify() == []
    ledger.close()


def test_opening_again_migrates_nothing(tmp_path: Path):
    ledger = Ledger(tmp_path / "ledger.db")
    for _ in range(2):
        ledger.open()
        ledger.close()
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [
            (f"{SCHEMA:04}",)
        ]
