from collections.abc import Iterator
from pathlib import Path

import pytest

from fxpaper.ledger.ledger import Ledger
from tests.postgres import Server

STORES = ("sqlite", "postgres")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test of a ledger on every store, unless it looks into the file itself."""
    wants = set(metafunc.definition._fixtureinfo.argnames)
    if "where" in metafunc.fixturenames and not wants & {"path", "written"}:
        metafunc.parametrize("where", STORES, indirect=True)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def where(request: pytest.FixtureRequest, path: Path) -> Path | str:
    """Tell where the ledger is: a file, or a database."""
    if getattr(request, "param", "sqlite") == "sqlite":
        return path
    server: Server = request.getfixturevalue("postgres")
    return server.new_database()


@pytest.fixture
def ledger(where: Path | str) -> Iterator[Ledger]:
    ledger = Ledger(where)
    ledger.open()
    yield ledger
    ledger.close()
