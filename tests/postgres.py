"""A PostgreSQL server of the tests' own, on a free port, with a fresh database for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "fxpaper"
_COUNT = itertools.count(1)


def programs() -> Path | None:
    """Return the directory of the server's programs, or None where there is none."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return versions[-1].parent if versions else None


class Server:
    """A running server.

    Args:
        port: it listens on, on this machine only.
    """

    def __init__(self, port: int) -> None:
        self.port = port

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """Make an empty database and return its address."""
        import psycopg

        name = f"ledger_{os.getpid()}_{next(_COUNT)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}")
        return self.url(name)


@contextmanager
def running(programs_in: Path) -> Iterator[Server]:
    """Run a server in a directory of its own until the block ends."""
    with tempfile.TemporaryDirectory(prefix="fxpaper-pg-") as name:
        directory = Path(name)
        as_user: list[str] = []
        if getattr(os, "geteuid", lambda: 1)() == 0:  # the server refuses to run as root
            as_user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"]
            os.chown(directory, 65534, 65534)
        data = directory / "data"
        options = ["-D", str(data), "-U", USER, "-A", "trust", "--locale", "C", "-E", "UTF8"]
        made = subprocess.run(
            [*as_user, str(programs_in / "initdb"), *options],
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 0, made.stderr
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={name}"]
        flags = [part for setting in settings for part in ("-c", setting)]
        process = subprocess.Popen(
            [*as_user, str(programs_in / "postgres"), "-D", str(data), *flags],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            _wait(port)
            yield Server(port)
        finally:
            process.terminate()
            process.wait(20)


def _wait(port: int) -> None:
    import psycopg

    for _ in range(200):
        try:
            url = f"postgresql://{USER}@127.0.0.1:{port}/postgres"
            psycopg.connect(url, connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the PostgreSQL server of the tests did not start")
