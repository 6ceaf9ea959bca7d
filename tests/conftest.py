"""Servers of the tests' own that several rooms ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.postgres import Server, programs, running


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server."""
    found = programs()
    if found is None:
        pytest.skip("there is no PostgreSQL server here; scripts/test installs one on Debian")
    with running(found) as server:
        yield server
