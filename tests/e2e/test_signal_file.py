"""``fxpaper run --signals FILE``: the real program on a file that grows."""

from __future__ import annotations

import json

from tests.e2e.driving import advice, daemon, write_quotes


def test_lines_are_taken_once_as_they_come_and_not_again_after_a_kill(tmp_path):
    """A half-written line waits for its rest; a bad one is journalled with its place."""
    quotes, data, file = tmp_path / "eurusd.csv", tmp_path / "data", tmp_path / "signals.jsonl"
    write_quotes(quotes)
    options = ("run", "--quotes", str(quotes), "--signals", str(file))
    with daemon(data, *options) as (ask, _):
        ask("PUT", "/models/m", {"auto_execute": True})
        line = json.dumps(advice("one"))
        bad = json.dumps({**advice("bad"), "confidence": 70})
        unnamed = {key: value for key, value in advice("x").items() if key != "id"}
        file.write_text(f"# from my model\n{line}\n{bad}\n{json.dumps(unnamed)}\n{line[:7]}")
        ask.until("/signals", lambda body: len(body["items"]) == 3)
        taken = ask("GET", "/signals")[1]["items"]
        refused = next(one for one in taken if one["status"] == "refused")
        assert refused["text"].startswith("signals.jsonl line 3: confidence 70 is outside 0–1.")
        with file.open("a") as appended:
            appended.write(line[7:].replace('"one"', '"two"') + "\n")
        ask.until("/signals", lambda body: body["items"][0]["id"] == "two")
        before = len(ask("GET", "/orders")[1]["items"])
        assert before == 3
    with daemon(data, *options) as (ask, _):
        with file.open("a") as appended:
            appended.write(line.replace('"one"', '"three"') + "\n")
        ask.until("/signals", lambda body: body["items"][0]["id"] == "three")
        assert len(ask("GET", "/signals")[1]["items"]) == 5
        ask.until("/orders", lambda body: len(body["items"]) == 4)
    file.write_text(line.replace('"one"', '"anew"') + "\n")
    with daemon(data, *options) as (ask, _):
        ask.until("/signals", lambda body: body["items"][0]["id"] == "anew")
        assert len(ask("GET", "/signals")[1]["items"]) == 6
