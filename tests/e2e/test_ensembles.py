"""Two models that decide together: the real program, killed between their two votes."""

from __future__ import annotations

import json

from fxpaper.ledger.ledger import Ledger
from tests.e2e.driving import advice, daemon, fxpaper, write_quotes

CONFIG = """
[ensembles.blend]
models = ["trend", "mean"]
method = "vote"
window_seconds = 250
"""


def said(model: str, **changes: object) -> dict[str, object]:
    return {**advice(f"by-{model}"), "model": model, **changes}


def test_a_vote_survives_a_crash_and_is_told_from_every_side(tmp_path):
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    data.mkdir()
    (data / "fxpaper.toml").write_text(CONFIG)
    options = ("run", "--quotes", str(quotes))
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
        chain = ask("GET", f"/signals/{made}")[1]
        assert (chain["signal"]["model"], chain["signal"]["status"]) == ("blend", "executed")
        assert (chain["signal"]["door"], chain["signal"]["confidence"]) == ("ensemble", "0.7")
        assert [(one["model"], one["agrees"]) for one in chain["signal"]["contributions"]] == [
            ("trend", True),
            ("mean", True),
        ]
        counts = {one["model"]: one for one in ask("GET", "/models")[1]["items"]}
        assert counts["trend"]["combined"] == counts["blend"]["executed"] == 1
        told = fxpaper(data, "why", made, "--data-dir", str(data))[1]
        assert "Contributions" in told
        assert "by-mean" in told
        member = fxpaper(data, "why", "by-trend", "--data-dir", str(data))[1]
        assert f"combined into signal {made}" in " ".join(member.split())
    ledger = Ledger(data / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        assert len(ledger.signals("paper", 10, status=None).items) == 3
    finally:
        ledger.close()


def test_a_replay_knows_ensembles(tmp_path):
    quotes, file, data = tmp_path / "eurusd.csv", tmp_path / "signals.jsonl", tmp_path / "data"
    write_quotes(quotes)
    data.mkdir()
    (data / "fxpaper.toml").write_text(CONFIG)
    at = [f"2026-11-18T12:0{minute}:00Z" for minute in (1, 2)]
    lines = [said("trend", time=at[0]), said("mean", time=at[1])]
    file.write_text("".join(json.dumps(one) + "\n" for one in lines))
    words = ("replay", str(quotes), "--signals", str(file), "--data-dir", str(data), "--json")
    code, told = fxpaper(data, *words)
    assert code == 0, told
    found = json.loads(told[told.index("{") :])
    assert [one["status"] for one in found["signals"]] == ["combined", "combined", "executed"]
