"""The real program for a benchmark: started on recorded quotes, on loopback, and always stopped."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Daemon:
    """A daemon that answers.

    Args:
        pid: its process.
        port: on 127.0.0.1.
        token: for ``Authorization: Bearer``.
    """

    pid: int
    port: int
    token: str


@contextmanager
def running(directory: Path, quotes: Path) -> Iterator[Daemon]:
    """Play quotes in real time while the block runs; ``directory`` is its data directory."""
    options = ["--quotes", str(quotes), "--port", "0", "--data-dir", str(directory)]
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "fxpaper.cli", "run", *options], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        if not any(line.startswith("API:") for line in process.stdout):
            raise SystemExit("The daemon did not start; what it said is above.")
        port, token = (directory / "port").read_text(), (directory / "token").read_text()
        yield Daemon(process.pid, int(port), token.strip())
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used, all its threads together."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
