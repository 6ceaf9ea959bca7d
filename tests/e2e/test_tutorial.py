"""The tutorial's script, whole: it trains, replays, starts a daemon and trades there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd

from fxpaper.domain.signal import Signal, SignalStatus
from fxpaper.ledger.ledger import Ledger

SCRIPT = Path("examples/train_a_model.py").resolve()
SMALL = ("--interval", "1m", "--speed", "120")


def run(folder: Path, *words: str) -> str:
    """Run the script in a folder, with a home of its own, and return what it printed."""
    done = subprocess.run(
        [sys.executable, SCRIPT, *SMALL, *words],
        cwd=folder,
        env={
            **os.environ,
            "PYTHONPATH": str(SCRIPT.parent.parent),
            "XDG_DATA_HOME": str(folder / "home"),
        },
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_without_a_recording_it_says_so_and_its_signals_are_journalled_and_traded(tmp_path):
    """Two signals to open and what closes them, in the journal of a daemon that it has started."""
    said = run(tmp_path, "--hours", "8", "--trades", "2")
    assert said.startswith("SIMULATED PRICES: you have no recording")
    assert "Brier score" in said
    assert "$ fxpaper replay" in said
    assert 'Automatic execution of "tutorial" is on.' in said
    assert said.rstrip().endswith("made-up prices only; nothing was sent to a broker.")
    ledger = Ledger(tmp_path / "tutorial" / "daemon-1" / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        journal = ledger.signals("paper", 100).items[::-1]
        orders = ledger.orders("paper", 100).items
        deals = ledger.deals("paper", 100).items
    finally:
        ledger.close()
    opening = [one for one in journal if isinstance(one.signal, Signal) and one.signal.stop_loss]
    assert len(opening) == 2
    assert {one.signal.door for one in journal} == {"http"}
    assert [one.status for one in opening] == [SignalStatus.EXECUTED] * 2
    assert {one.signal.id for one in opening} <= {order.signal_id for order in orders}
    assert len(deals) == 4
    assert len(journal) == 4


def test_a_recording_of_ones_own_is_taken_where_the_daemon_keeps_it(tmp_path):
    """Of the symbol that is asked for; what another one did is left out."""
    times = pd.date_range("2026-11-16T08:00Z", periods=5400, freq="2s")
    bids = 1.10 + np.random.default_rng(1).normal(0, 0.00003, len(times)).cumsum()
    one = pd.DataFrame({"timestamp": times, "bid": bids.round(5)})
    own = one.assign(ask=(one["bid"] + 0.0001).round(5))
    both = [own.assign(symbol=symbol) for symbol in ("EURUSD", "GBPUSD")]
    kept = tmp_path / "home" / "fxpaper" / "recordings" / "2026-11-16.parquet"
    kept.parent.mkdir(parents=True)
    pd.concat(both).sort_values("timestamp").to_parquet(kept)
    said = run(tmp_path, "--trades", "0")
    assert said.startswith("5,400 quotes of EURUSD from 2026-11-16 08:00:00")
    assert "SIMULATED" not in said
    assert said.rstrip().endswith("recorded prices only; nothing was sent to a broker.")
