"""Driving the real program from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

START = "2026-11-18T12:{:02d}:{:02d}+00:00"


def write_quotes(path: Path) -> None:
    lines = ["timestamp,bid,ask"]
    for second in range(1800):
        at = START.format(second // 60, second % 60)
        lines.append(f"{at},1.{10000 + second % 7:05d},1.{10010 + second % 7:05d}")
    path.write_text("\n".join(lines) + "\n")


@contextmanager
def daemon(directory: Path, *options: str, program: tuple[str, ...] = ("-m", "fxpaper.cli")):
    """Run fxpaper until the block ends; it is killed with -9, as a crash would."""
    process = subprocess.Popen(
        [sys.executable, *program, *options, "--port", "0", "--data-dir", directory],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    lines = []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            if line.startswith("API:"):
                break
        else:
            pytest.fail("".join(lines))
        yield Caller(directory, process.pid), "".join(lines)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


class Caller:
    """Asks the API as a program would."""

    def __init__(self, directory: Path, pid: int) -> None:
        self.pid = pid
        port = (directory / "port").read_text()
        self.base = f"http://127.0.0.1:{port}/api/v1"
        self.token = (directory / "token").read_text().strip()

    def __call__(self, method: str, path: str, body: object = None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.base + path, data, headers, method=method)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310
                return response.status, json.load(response)
        except urllib.error.HTTPError as problem:
            with problem:
                return problem.code, json.load(problem)

    def until(self, path: str, done):
        for _ in range(200):
            _, body = self("GET", path)
            if done(body):
                return body
            time.sleep(0.1)
        pytest.fail(f"{path} never came to it: {body}")


def advice(name: str) -> dict[str, object]:
    return {
        "id": name,
        "model": "m",
        "symbol": "EURUSD",
        "side": "buy",
        "confidence": 0.8,
        "stop_loss": {"pips": 30},
        "take_profit": {"r": 2},
    }


def fxpaper(directory: Path, *words: str, **more: str) -> tuple[int, str]:
    """Run a command there and return its exit code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "fxpaper.cli", *words],
        cwd=directory,
        env={
            **os.environ,
            "HOME": str(directory),
            "XDG_DATA_HOME": str(directory / "data"),
            **more,
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr + done.stdout
    return done.returncode, done.stderr + done.stdout
