"""Opening a ledger that has a long history, against opening an empty one, in one run.

Run: .venv/bin/python benchmarks/ledger_start.py [--events 1000000]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.progress import track

from fxpaper.domain.account import Account, Mode
from fxpaper.domain.event import AccountOpened, CashKind, CashMoved, Recorded
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.money import from_minor
from fxpaper.ledger.ledger import Ledger

NOON = parse_instant("2026-11-18T12:00:00Z")
BATCH = 5_000


def opening_seconds(path: Path) -> float:
    """Return how long it takes until an account can be traded."""
    begun = time.perf_counter()
    ledger = Ledger(path)
    ledger.open()
    ledger.load("paper")
    seconds = time.perf_counter() - begun
    ledger.close()
    return seconds


def fill(path: Path, events: int) -> None:
    """Write so many events."""
    balance = from_minor(10_000_000, "USD")
    account = Account(
        id="paper",
        mode=Mode.PAPER,
        currency="USD",
        leverage=100,
        balance=balance,
        initial_balance=balance,
        opened_at=NOON,
    )
    cent = from_minor(1, "USD")
    ledger = Ledger(path)
    ledger.open()
    ledger.commit([Recorded("paper", 1, NOON, AccountOpened(account))])
    for first in track(range(2, events + 1, BATCH), "writing", transient=True):
        rows = []
        for seq in range(first, min(first + BATCH, events + 1)):
            balance += cent
            rows.append(
                Recorded("paper", seq, NOON + seq, CashMoved(CashKind.DEPOSIT, cent, balance))
            )
        ledger.commit(rows)
    ledger.close()


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        short, long = Path(name) / "short.db", Path(name) / "long.db"
        fill(short, 1)
        fill(long, given.events)
        opening_seconds(long)
        seconds, bare = opening_seconds(long), opening_seconds(short)
        megabytes = long.stat().st_size / 1e6
    print(f"{given.events:,} events, {megabytes:.0f} MB: opened in {seconds:.2f} s")
    print(f"an empty ledger: {bare:.2f} s; {seconds / bare:.0f} times as long")


if __name__ == "__main__":
    main()
