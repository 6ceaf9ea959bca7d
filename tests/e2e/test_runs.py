"""``replay --out``, ``diff``, ``--twins`` and ``ledger``: the real commands on real files."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.driving import advice, daemon, fxpaper, write_quotes


@pytest.fixture
def signals(tmp_path: Path) -> Path:
    write_quotes(tmp_path / "q.csv")
    path = tmp_path / "s.jsonl"
    path.write_text(json.dumps({**advice("one"), "time": "2026-11-18T12:01:00Z"}) + "\n")
    return path


def replayed(directory: Path, name: str, *more: str, **env: str) -> tuple[int, str]:
    words = ("replay", "--quotes", "q.csv", "--symbol", "EURUSD", "--signals", "s.jsonl")
    return fxpaper(directory, *words, "--out", name, *more, **env)


def test_two_runs_are_the_same_until_their_costs_differ(tmp_path: Path, signals: Path):
    """Byte for byte the same; with slippage they part at the fill, which is shown."""
    assert signals.exists()
    assert replayed(tmp_path, "a.run")[0] == replayed(tmp_path, "b.run")[0] == 0
    assert (tmp_path / "a.run").read_bytes() == (tmp_path / "b.run").read_bytes()
    code, text = fxpaper(tmp_path, "diff", "a.run", "b.run")
    assert (code, "The runs are the same." in text) == (0, True)
    replayed(tmp_path, "c.run", FXPAPER_SLIPPAGE="fixed", FXPAPER_SLIPPAGE_AMOUNT="3")
    code, text = fxpaper(tmp_path, "diff", "a.run", "c.run", "--json")
    found = json.loads(text)
    assert (code, found["kind"]) == (1, "order_filled")
    before, after = found["fields"]["event.order.fill_price"]
    assert after - before == 3
    code, text = fxpaper(tmp_path, "diff", "a.run", "q.csv")
    assert (code, "q.csv line 1 is not of a run" in text) == (4, True), text


def test_twins_price_the_same_signals_three_times(tmp_path: Path, signals: Path):
    """The kind one is never worse than ours, the unkind one never better."""
    assert signals.exists()
    code, text = replayed(tmp_path, "a.run", "--twins", "--json")
    assert code == 0
    twins = {row["costs"]: float(row["net"]) for row in json.loads(text)["twins"]}
    assert twins["optimistic"] == twins["base"] > twins["pessimistic"]


def test_a_backup_taken_while_the_daemon_runs_comes_back(tmp_path: Path, signals: Path):
    """Restoring refuses what is damaged or in the way, and keeps aside what it replaces."""
    data = tmp_path / "d"
    with daemon(data, "run", "--symbol", "EURUSD", "--quotes", str(tmp_path / "q.csv")) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        ask.until("/quotes", lambda body: body["items"])
        ask("POST", "/signals", advice("one"))
        assert fxpaper(tmp_path, "ledger", "backup", "b.db", "--data-dir", "d")[0] == 0
        assert fxpaper(tmp_path, "ledger", "verify", "--data-dir", "d")[0] == 0
        ask("POST", "/signals", advice("two"))
        code, text = fxpaper(tmp_path, "ledger", "restore", "b.db", "--data-dir", "d", "--force")
        assert (code, "Another fxpaper is using" in text) == (4, True), text
    code, text = fxpaper(tmp_path, "ledger", "restore", "b.db", "--data-dir", "d")
    assert (code, "With --force it is kept aside first." in text) == (4, True), text
    assert fxpaper(tmp_path, "ledger", "restore", "b.db", "--data-dir", "d", "--force")[0] == 0
    assert (data / "ledger.db.before-1").exists()
    with daemon(data, "run", "--symbol", "EURUSD", "--quotes", str(tmp_path / "q.csv")) as (ask, _):
        assert [one["id"] for one in ask("GET", "/signals")[1]["items"]] == ["one"]
    with closing(sqlite3.connect(tmp_path / "b.db")) as connection:
        connection.execute("UPDATE accounts SET balance = '1'")
        connection.commit()
    code, text = fxpaper(tmp_path, "ledger", "restore", "b.db", "--data-dir", "e")
    assert (code, "b.db is damaged" in text) == (4, True), text
    assert not (tmp_path / "e" / "ledger.db").exists()
    assert signals.exists()
