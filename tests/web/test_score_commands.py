"""``fxpaper model scores`` and ``score`` against a running server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from fxpaper.cli import app
from fxpaper.score_text import curve
from tests.web.conftest import Daemon
from tests.web.payloads import SIGNAL


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["model", *words])


@pytest.fixture
async def said(daemon: Daemon, tmp_path: Path):
    """Run ``fxpaper model`` where "trend" has won once and "carry" was refused."""
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    await daemon.ask("POST", "/positions/p-7/close")
    await daemon.ask("POST", "/signals", json=SIGNAL | {"id": "s2", "model": "carry"})
    where = ["--port", str(daemon.server.port), "--data-dir", str(tmp_path)]

    return lambda *words: asyncio.to_thread(run, *words, *where)


def cells(text: str) -> list[list[str]]:
    """Return the cells of every line of a table."""
    return [
        [cell.strip() for cell in line.strip("│┃ ").replace("┃", "│").split("│")]
        for line in text.splitlines()
        if "│" in line or "┃" in line
    ]


async def test_the_table_of_all_models(said):
    found = await said("scores")
    assert found.exit_code == 0
    head, carry, trend = cells(found.output)
    assert dict(zip(head, trend, strict=True)) == {
        "model": "trend",
        "executed": "1",
        "refused": "0",
        "trades": "1",
        "hit rate": "1.0000 (0.2699 to 1.0000)",
        "expectancy": "2.0000 R",
        "sqn": "-",
        "profit factor": "-",
        "worst streak": "0",
        "net": "197.20 USD",
        "brier": "0.0324",
        "ece": "0.1800",
        "decay": "-",
    }
    assert dict(zip(head, carry, strict=True))["hit rate"] == "-"


async def test_one_model_with_definitions_curve_and_reasons(said):
    found = (await said("score", "trend")).output
    shown = {row[0]: row[1] for row in cells(found) if len(row) == 3}
    assert shown["average win"] == "197.20 USD"
    assert shown["profit factor"] == "none: no losing trade"
    assert "mean of (confidence − won)²: 0 is perfect" in found
    assert "said 0.8200, won 1.0000 of 1" in found
    assert "Too few trades to trust a calibration: 1 of 50 trades." in found
    assert "Too few trades to tell: 1 with an R, 30 are needed." in found
    assert ["auto_execution_off", "1"] in cells((await said("score", "carry")).output)


async def test_scores_as_json_and_of_one_symbol(said):
    assert json.loads((await said("scores", "--json")).stdout)["items"][1]["net"] == "197.20"
    found = json.loads((await said("score", "trend", "--symbol", "USDJPY", "--json")).stdout)
    assert (found["symbol"], found["trades"]) == ("USDJPY", 0)


async def test_a_model_that_nobody_knows(said):
    found = await said("score", "tredn")
    assert found.exit_code != 0
    assert 'No model "tredn"' in found.output


def test_the_definitions_are_in_the_help():
    found = " ".join(run("score", "--help").output.split())
    assert "mean R: net over the money at risk at the open" in found


@pytest.mark.parametrize(
    ("rate", "confidence", "bar"),
    [
        ("0.5000", "0.7500", "#" * 20 + "." * 10 + "|" + "." * 10),
        ("1.0000", "0.7500", "#" * 30 + "|" + "#" * 10),
        ("0.0000", "1.0000", "." * 40 + "|"),
    ],
)
def test_the_curve_shows_what_was_won_and_what_was_said(rate: str, confidence: str, bar: str):
    """Forty characters are a probability of 1."""
    one = {"begins": "0.7", "ends": "0.8", "rate": rate, "confidence": confidence, "trades": 8}
    assert curve([one]) == [f"0.7-0.8 {bar}  said {confidence}, won {rate} of 8"]
