"""A real daemon that plays a recording; one for all tests of a module."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fxpaper.client import Client
from tests.e2e.driving import daemon, write_quotes


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data directory of a daemon that runs, in which the model ``m`` is executed."""
    folder = tmp_path_factory.mktemp("client")
    write_quotes(folder / "eurusd.csv")
    options = ("run", "--quotes", str(folder / "eurusd.csv"), "--speed", "1")
    with daemon(folder / "data", *options) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        ask("PUT", "/models/m", {"auto_execute": True})
        yield folder / "data"


@pytest.fixture
def fx(data_dir: Path) -> Iterator[Client]:
    with Client(data_dir=data_dir) as client:
        yield client
