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


BARS = "timestamp,open,high,low,close\n"


def test_bars_are_traded_on_where_there_are_no_quotes(tmp_path: Path):
    """The stop-loss wins unless finer bars prove otherwise; a bar that cannot be is named."""
    hour = "2026-11-18T{:02d}:00:00Z,{}\n"
    flat, both = "1.10000,1.10000,1.10000,1.10000", "1.10000,1.10400,1.09500,1.10000"
    (tmp_path / "b.csv").write_text(BARS + "".join(hour.format(h, flat) for h in (12, 13)))
    with (tmp_path / "b.csv").open("a") as more:
        more.write(hour.format(14, both))
    minute = "2026-11-18T14:{:02d}:00Z,{}\n"
    finer = BARS + minute.format(0, "1.10000,1.10400,1.09990,1.10300")
    (tmp_path / "f.csv").write_text(finer + minute.format(1, "1.10300,1.10300,1.09500,1.10000"))
    said = {**advice("one"), "time": "2026-11-18T12:30:00Z", "take_profit": {"pips": 30}}
    (tmp_path / "s.jsonl").write_text(json.dumps(said) + "\n")
    words = ("replay", "--bars", "b.csv", "--symbol", "EURUSD", "--signals", "s.jsonl", "--json")
    code, text = fxpaper(tmp_path, *words)
    entry, exit_ = json.loads(text)["deals"]
    assert (code, entry["time"]) == (0, "2026-11-18T13:00:00.000000Z")
    assert (exit_["reason"], exit_["ambiguous"]) == ("stop_loss", True)
    assert (exit_["profit"], exit_["alternative"]) == ("-798.00", "798.00")
    _, text = fxpaper(tmp_path, *words, "--finer", "f.csv")
    exit_ = json.loads(text)["deals"][1]
    assert (exit_["reason"], exit_["ambiguous"]) == ("take_profit", False)
    (tmp_path / "b.csv").write_text(BARS + hour.format(12, "1.1,1.0,1.0,1.1"))
    code, text = fxpaper(tmp_path, *words)
    assert (code, "b.csv line 2: open 1.1 and close 1.1 do not lie" in text) == (4, True), text
