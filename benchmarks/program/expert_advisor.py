"""The Expert Advisor for a benchmark: translated as in its tests, compiled for speed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path

ROOT = Path(__file__).parents[2]
WARM_BID = "1.00000"
FIRST_BID = 1.1


def compiled(folder: Path) -> Path | None:
    """Return the program, or None where there is no compiler."""
    if shutil.which("g++") is None or sys.platform != "linux":
        return None
    source, program = folder / "ea.cpp", folder / "ea"
    translate = [sys.executable, "tests/mql5/translate.py", "mql5/fxpaper.mq5"]
    made = subprocess.run(translate, cwd=ROOT, capture_output=True, check=True)  # noqa: S603
    source.write_bytes(made.stdout)
    flags = ["-std=c++17", "-O2", "-w", "-I", str(ROOT / "tests/mql5")]
    subprocess.run(["g++", *flags, "-o", program, source], check=True)  # noqa: S603, S607
    return program


def chart(program: Path, inputs: dict[str, str], ticks: int, gap: float, here: Connection) -> None:
    """Quote one symbol: slowly until the pipe says that quotes arrive, then what is timed."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [program],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **inputs, "InpTimerMs": "1"},
        text=True,
    )
    assert process.stdin is not None
    print("symbol EURUSD.m 5 EUR USD 0", file=process.stdin, flush=True)
    while not here.poll(0.3):
        print(f"tick EURUSD.m 0 {WARM_BID} 1.00010", file=process.stdin, flush=True)
    here.recv()
    sent_at = []
    for number in range(ticks):
        bid = FIRST_BID + number % 5000 / 100_000
        sent_at.append(time.monotonic())
        print(f"tick EURUSD.m 0 {bid:.5f} 1.3", file=process.stdin, flush=gap > 0)
        if gap > 0:
            time.sleep(max(0.0, sent_at[0] + (number + 1) * gap - time.monotonic()))
    process.stdin.flush()
    here.send((sent_at, 0.0))
    here.recv()
    process.stdin.close()
    process.wait(10)
