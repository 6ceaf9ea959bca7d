"""Kill a writing ledger with -9 at random moments, many times, and look at what is left.

Run: .venv/bin/python scripts/kills.py [--kills 200] [--store sqlite|postgres]
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from rich.progress import track

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fxpaper.ledger.ledger import Ledger  # noqa: E402
from tests.ledger.crash_writer import EVENTS_IN_A_BATCH  # noqa: E402
from tests.postgres import programs, running  # noqa: E402


def killed(where: Path | str, seconds: float) -> int | None:
    """Let a writer live so long after its first commit; return the last batch it told of."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.crash_writer", str(where)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        if writer.stdout is None:
            raise SystemExit("the writer says nothing")
        said = [writer.stdout.readline()]
        time.sleep(seconds)
        writer.kill()
        said += writer.stdout.readlines()
    whole = [line for line in said if line.endswith("\n")]
    return int(whole[-1]) if whole else None


def look(where: Path | str, told: int | None) -> str | None:
    """Return what is wrong with a ledger whose writer was killed; None when all is well."""
    ledger = Ledger(where)
    ledger.open()
    try:
        state = ledger.load("paper")
        if state is None:
            return "the account is gone"
        batches, partial = divmod(state.account.seq - 1, EVENTS_IN_A_BATCH)
        if partial:
            return f"half a batch: {state.account.seq} events"
        if told is not None and batches not in {told + 1, told + 2}:
            return f"batch {told} was told of, {batches} are there"
        differences = ledger.verify()
        return f"{len(differences)} rows are not what the log says" if differences else None
    finally:
        ledger.close()


def main() -> None:
    """Kill, look, count."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--store", choices=["sqlite", "postgres"], default="sqlite")
    given = parser.parse_args()
    chance = random.Random(7)  # noqa: S311 - moments, not secrets
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        where: Path | str = directory / "ledger.db"
        if given.store == "postgres":
            found = programs()
            if found is None:
                raise SystemExit("There is no PostgreSQL server here.")
            where = stack.enter_context(running(found)).new_database()
        for number in track(range(given.kills), "killing", transient=True):
            if number % 50 == 0 and isinstance(where, Path):
                where = directory / f"ledger-{number}.db"
            wrong = look(where, killed(where, chance.uniform(0, 0.15)))
            if wrong is not None:
                raise SystemExit(f"kill {number + 1}: {wrong}")
    sys.stdout.write(f"{given.kills} kills, {given.store}: nothing lost, nothing doubled.\n")


if __name__ == "__main__":
    main()
