"""A commit that fails has written nothing; the next one goes on from what is there."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from fxpaper.domain.event import Event, SignalReceived
from fxpaper.errors import ConfigurationError, IntegrityError
from fxpaper.ledger.ledger import Ledger
from tests.ledger import samples


def _limit_pages(ledger: Ledger, count: int) -> None:
    """Let SQLite refuse to grow the file, which is what it meets on a full disk."""
    assert ledger._writer is not None
    with ledger._writer.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA max_page_count={count}")


def test_a_full_disk_loses_only_the_commit_that_met_it(path: Path, ledger: Ledger):
    ledger.commit(samples.day())
    _limit_pages(ledger, 1)
    many: list[Event] = [SignalReceived(samples.signal(f"many-{i}")) for i in range(500)]
    with pytest.raises(ConfigurationError, match="No space is left") as caught:
        ledger.commit(samples.recorded(many, first=15))
    assert str(path) in str(caught.value)
    state = ledger.load("paper")
    assert state is not None
    assert state.account.seq == 14
    assert ledger.verify() == []
    _limit_pages(ledger, 1_000_000)
    ledger.commit(samples.recorded(many, first=15))
    assert ledger.verify() == []
    assert len(ledger.events_since("paper", 0, 1000)) == 514


def test_a_failure_half_way_through_the_tables_writes_none_of_them(path: Path, ledger: Ledger):
    ledger.commit(samples.day()[:3])
    with closing(sqlite3.connect(path)) as vandal:
        vandal.execute("ALTER TABLE deals RENAME TO stolen")
    with pytest.raises(IntegrityError, match="not as fxpaper left it"):
        ledger.commit(samples.day()[3:])
    with closing(sqlite3.connect(path)) as repair:
        repair.execute("ALTER TABLE stolen RENAME TO deals")
    assert [recorded.seq for recorded in ledger.events_since("paper", 0, 100)] == [1, 2, 3]
    assert ledger.orders("paper", 10).items == ()
    ledger.commit(samples.day()[3:])
    assert ledger.verify() == []


def test_a_database_locked_by_another_program_is_named(path: Path, ledger: Ledger):
    assert ledger._writer is not None
    with ledger._writer.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=1")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConfigurationError, match="Another program holds"):
            ledger.commit(samples.day())
        other.execute("ROLLBACK")
    ledger.commit(samples.day())
    assert ledger.verify() == []


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps an open file in its place")
@pytest.mark.parametrize("replaced", [False, True])
def test_a_ledger_deleted_under_its_daemon_takes_no_more(
    path: Path,
    ledger: Ledger,
    replaced: bool,  # noqa: FBT001
):
    ledger.commit(samples.day())
    path.rename(path.with_suffix(".gone"))
    if replaced:
        path.write_bytes(b"")
    later: list[Event] = [SignalReceived(samples.signal("later"))]
    with pytest.raises(ConfigurationError, match="was removed or replaced"):
        ledger.commit(samples.recorded(later, first=15))


def test_a_damaged_row_says_so_when_it_is_read(path: Path, ledger: Ledger):
    ledger.commit(samples.day())
    with closing(sqlite3.connect(path)) as vandal, vandal:
        vandal.execute("UPDATE events SET body = '{}' WHERE seq = 6")
        vandal.execute("UPDATE orders SET body = 'x'")
    with pytest.raises(IntegrityError, match="Event 6 of account paper cannot be read"):
        ledger.events_since("paper", 0, 100)
    with pytest.raises(IntegrityError, match="A stored order cannot be read"):
        ledger.orders("paper", 10)
