"""Two models that decide together: the real program, killed between their two votes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fxpaper.ledger.ledger import Ledger
from tests.e2e.driving import advice, daemon, fxpaper, write_quotes

CONFIG = """
[ensembles.blend]
models = ["trend", "mean"]
method = "vote"
window_seconds = 250
"""


def rows(data: Path) -> dict[str, str]:
    """Return what became of each signal, after checking the ledger against its log."""
    ledger = Ledger(data / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        return {one.signal.id: one.status.value for one in ledger.signals("paper", 10).items}
    finally:
        ledger.close()


def said(model: str, **changes: object) -> dict[str, object]:
    return {**advice(f"by-{model}"), "model": model, **changes}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with the ensemble, and quotes beside it."""
    write_quotes(tmp_path / "eurusd.csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "fxpaper.toml").write_text(CONFIG)
    return tmp_path / "data"


def test_a_vote_survives_a_crash_and_is_told_from_every_side(data: Path):
    options = ("run", "--quotes", str(data.parent / "eurusd.csv"))
    with daemon(data, *options) as (ask, _):
        ask("PUT", "/models/blend", {"auto_execute": True})
        status, first = ask("POST", "/signals", said("trend"))
        assert (status, first["status"], first["code"]) == (202, "waiting", "no_agreement")
        assert first["text"].startswith('Ensemble "blend": 1 of 2 votes for buy; waits until ')
        assert ask("POST", "/signals", said("trend"))[1]["duplicate"]
    with daemon(data, *options) as (ask, _):
        status, second = ask("POST", "/signals", said("mean", confidence=0.6))
        assert (status, second["status"]) == (201, "combined")
        made = second["ensemble_signal_id"]
        ask.until("/orders", lambda body: len(body["items"]) == 1)
        shown = ask("GET", f"/signals/{made}")[1]["signal"]
        counts = {one["model"]: one for one in ask("GET", "/models")[1]["items"]}
        told = fxpaper(data, "why", made, "--data-dir", str(data))[1]
        member = fxpaper(data, "why", "by-trend", "--data-dir", str(data))[1]
    assert (shown["model"], shown["status"], shown["door"]) == ("blend", "executed", "ensemble")
    assert (shown["confidence"], shown["lots"]) == ("0.7", "2.33")
    voted = {(one["model"], one["agrees"]) for one in shown["contributions"]}
    assert voted == {("trend", True), ("mean", True)}
    assert counts["trend"]["combined"] == counts["blend"]["executed"] == 1
    assert "Contributions" in told
    assert "by-mean" in told
    assert f"combined into signal {made}" in " ".join(member.split())
    assert rows(data) == {"by-trend": "combined", "by-mean": "combined", made: "executed"}


def test_a_replay_knows_ensembles(data: Path):
    file = data / "signals.jsonl"
    at = [f"2026-11-18T12:0{minute}:00Z" for minute in (1, 2)]
    lines = [said("trend", time=at[0]), said("mean", time=at[1])]
    file.write_text("".join(json.dumps(one) + "\n" for one in lines))
    quotes, config = str(data.parent / "eurusd.csv"), str(data / "fxpaper.toml")
    words = ("--signals", str(file), "--quotes", quotes, "--config", config, "--json")
    code, told = fxpaper(data, "replay", *words)
    assert code == 0, told
    found = json.loads(told[told.index("{") :])
    assert [one["status"] for one in found["signals"]] == ["combined", "combined", "executed"]
