"""kill -9 at any moment loses nothing that was acknowledged and leaves no half commit."""

import subprocess
import sys
from pathlib import Path

from fxpaper.ledger.ledger import Ledger
from tests.ledger.crash_writer import EVENTS_IN_A_BATCH

ROOT = Path(__file__).parents[2]


def _killed_after(where: Path | str, acknowledgements: int) -> int:
    """Run the writer, kill it at once when it has said so many; return the last batch it said."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.ledger.crash_writer", str(where)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(acknowledgements)]
        writer.kill()
        said += writer.stdout.readlines()
    return int([line for line in said if line.endswith("\n")][-1])


def test_every_acknowledged_batch_survives_whole(where: Path | str):
    for acknowledgements in (1, 2, 7, 19, 40, 60):
        acknowledged = _killed_after(where, acknowledgements)
        looking = Ledger(where, read_only=True)
        looking.open()
        seen = len(looking.model_counts("paper"))
        looking.close()
        ledger = Ledger(where)
        ledger.open()
        state = ledger.load("paper")
        assert state is not None
        batches, partial = divmod(state.account.seq - 1, EVENTS_IN_A_BATCH)
        assert partial == 0
        assert batches in {acknowledged + 1, acknowledged + 2}
        assert seen == batches
        assert len(ledger.events_since("paper", 0, 10**6)) == state.account.seq
        assert ledger.verify() == []
        ledger.close()
