from collections.abc import Iterator
from pathlib import Path

import pytest

from fxpaper.ledger.ledger import Ledger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[Ledger]:
    ledger = Ledger(path)
    ledger.open()
    yield ledger
    ledger.close()
