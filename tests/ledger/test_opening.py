"""What cannot be opened says what is wrong and what to do; nothing is changed by trying."""

import os
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from fxpaper.errors import ConfigurationError, FxpaperError, IntegrityError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.schema import SCHEMA
from tests.ledger import samples

NOBODY = 65534


def _refused(path: Path, *, read_only: bool = False) -> FxpaperError:
    with pytest.raises(FxpaperError) as caught:
        Ledger(path, read_only=read_only).open()
    assert str(path) in str(caught.value) or str(path.parent) in str(caught.value)
    return caught.value


@pytest.fixture
def written(path: Path, ledger: Ledger) -> Path:
    """A ledger of many pages, closed."""
    ledger.commit(samples.day())
    for name in range(200):
        ledger.commit(samples.opened(f"account-{name}"))
    ledger.close()
    assert path.stat().st_size > 100_000
    return path


def test_a_missing_directory_is_made(tmp_path: Path):
    ledger = Ledger(tmp_path / "a" / "b" / "ledger.db")
    ledger.open()
    assert ledger.account_ids() == []
    ledger.close()


def test_names_with_signs_of_an_address_are_only_names(tmp_path: Path):
    ledger = Ledger(tmp_path / "50 % of #1?mode=ro&x.db")
    ledger.open()
    ledger.close()
    assert (tmp_path / "50 % of #1?mode=ro&x.db").exists()


def test_a_commit_is_written_ahead_and_synced(path: Path, ledger: Ledger):
    assert path.exists()
    assert ledger._writer is not None
    with ledger._writer.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 5000,
    }


def test_a_ledger_has_one_writer_at_a_time(path: Path, ledger: Ledger):
    error = _refused(path)
    assert isinstance(error, ConfigurationError)
    assert str(path.parent) in str(error)
    assert "Another fxpaper" in str(error)
    assert "--data-dir" in str(error)
    ledger.close()
    second = Ledger(path)
    second.open()
    second.close()


def test_a_failed_open_lets_go_of_the_lock(path: Path):
    path.write_bytes(b"nothing that SQLite knows " * 100)
    _refused(path)
    path.unlink()
    ledger = Ledger(path)
    ledger.open()
    ledger.close()


def test_a_file_in_the_way_of_the_directory_is_named(tmp_path: Path):
    (tmp_path / "file").write_text("")
    error = _refused(tmp_path / "file" / "ledger.db")
    assert isinstance(error, ConfigurationError)
    assert "--data-dir" in str(error)


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """A directory that the running user, for once not root, may read but not write."""
    directory = Path(tempfile.mkdtemp())
    directory.chmod(0o755)
    ledger = Ledger(directory / "ledger.db")
    ledger.open()
    ledger.commit(samples.day())
    ledger.close()
    (directory / "ledger.db.lock").unlink(missing_ok=True)
    directory.chmod(0o555)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    yield directory
    if root:
        os.seteuid(0)
    directory.chmod(0o755)
    shutil.rmtree(directory)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
@pytest.mark.parametrize("name", ["ledger.db", "new.db", "new/new.db"])
def test_a_directory_without_rights_is_named(unprivileged: Path, name: str):
    error = _refused(unprivileged / name)
    assert isinstance(error, ConfigurationError)
    assert "Permission denied" in str(error)
    assert "--data-dir" in str(error)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such rights")
def test_looking_without_rights_works_or_names_them(unprivileged: Path):
    error = _refused(unprivileged / "ledger.db", read_only=True)
    assert isinstance(error, ConfigurationError)
    assert "--data-dir" in str(error)


@pytest.mark.parametrize("read_only", [False, True])
def test_random_bytes_are_no_database(path: Path, read_only: bool):  # noqa: FBT001
    before = bytes(range(256)) * 64
    path.write_bytes(before)
    error = _refused(path, read_only=read_only)
    assert isinstance(error, ConfigurationError)
    assert "is not a database" in str(error)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_an_empty_file_is_a_lost_ledger_and_never_a_new_one(path: Path, read_only: bool):  # noqa: FBT001
    path.touch()
    error = _refused(path, read_only=read_only)
    assert isinstance(error, IntegrityError)
    assert "0 bytes" in str(error)


@pytest.mark.parametrize("kept", [0.03, 0.25, 0.5, 0.97])
def test_a_truncated_ledger_is_damaged(written: Path, kept: float):
    with written.open("r+b") as file:
        file.truncate(int(written.stat().st_size * kept))
    error = _refused(written)
    assert isinstance(error, IntegrityError)
    assert "is damaged" in str(error)
    assert "restore a backup" in str(error)


def test_a_page_of_noise_is_damage_wherever_it_is(written: Path):
    pages = written.stat().st_size // 4096
    with written.open("r+b") as file:
        file.seek(pages // 2 * 4096)
        file.write(b"\xa5" * 4096)
    error = _refused(written)
    assert isinstance(error, IntegrityError)
    assert "is damaged" in str(error)


def test_a_ledger_whose_making_was_cut_short_is_made_at_the_next_start(path: Path):
    with closing(sqlite3.connect(path)) as begun:
        begun.execute("PRAGMA journal_mode=WAL")
    error = _refused(path, read_only=True)
    assert isinstance(error, ConfigurationError)
    assert "still empty" in str(error)
    ledger = Ledger(path)
    ledger.open()
    ledger.commit(samples.day())
    assert ledger.verify() == []
    ledger.close()


def test_another_programs_database_is_left_alone(path: Path):
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE photos (id INTEGER)")
    before = path.read_bytes()
    error = _refused(path)
    assert isinstance(error, ConfigurationError)
    assert "not a ledger of fxpaper" in str(error)
    assert "photos" in str(error)
    assert path.read_bytes() == before


@pytest.mark.parametrize("read_only", [False, True])
def test_a_newer_schema_is_refused_and_left_alone(written: Path, read_only: bool):  # noqa: FBT001
    _set_version(written, "0014")
    with pytest.raises(ConfigurationError) as caught:
        Ledger(written, read_only=read_only).open()
    assert str(caught.value) == (
        f"Database schema 14 is newer than this program ({SCHEMA}). "
        "Install a newer fxpaper, or restore a backup."
    )
    with closing(sqlite3.connect(written)) as connection:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    assert found == [("0014",)]


def test_looking_neither_holds_nor_changes_a_ledger(path: Path, ledger: Ledger):
    ledger.commit(samples.day()[:7])
    looking = Ledger(path, read_only=True)
    looking.open()
    assert looking.epoch == ledger.epoch
    assert looking.chain("paper", "s1") is not None
    ledger.commit(samples.day()[7:])
    assert len(looking.deals("paper", 10).items) == 2
    with pytest.raises(ConfigurationError, match="not open for writing"):
        looking.commit(samples.opened("other"))
    looking.close()


def test_looking_at_a_closed_ledger_needs_no_daemon(written: Path):
    looking = Ledger(written, read_only=True)
    looking.open()
    assert looking.signal("paper", "s1") is not None
    looking.close()
    again = Ledger(written)
    again.open()
    assert again.verify() == []
    again.close()


def test_looking_at_a_missing_ledger_says_where(path: Path):
    error = _refused(path, read_only=True)
    assert isinstance(error, ConfigurationError)
    assert "There is no ledger" in str(error)
    assert not path.exists()


def test_looking_at_an_older_schema_asks_for_the_upgrade(written: Path):
    _set_version(written, "0000")
    with pytest.raises(ConfigurationError, match=rf"Database schema 0 is older .* \({SCHEMA}\)"):
        Ledger(written, read_only=True).open()


def _set_version(path: Path, version: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
