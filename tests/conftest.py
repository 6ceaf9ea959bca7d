"""Servers of the tests' own that several rooms ask for."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.postgres import Server, programs, running
from tests.redis_server import RedisServer, started_redis

# Programs that tests start again and again would read every module anew without its byte code.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
os.environ.setdefault("PYTHONPYCACHEPREFIX", str(Path(tempfile.gettempdir()) / "fxpaper-pycache"))


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server."""
    found = programs()
    if found is None:
        pytest.skip("there is no PostgreSQL server here; scripts/test installs one on Debian")
    with running(found) as server:
        yield server


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start a real Redis server on a free port."""
    server = started_redis(tmp_path_factory.mktemp("redis"))
    yield server.url
    server.stop()


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Start a real Redis server that a test may kill."""
    server = started_redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()
