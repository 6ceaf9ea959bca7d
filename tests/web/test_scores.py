"""What models came to, by value."""

from __future__ import annotations

from tests.web.conftest import Daemon
from tests.web.payloads import SIGNAL


async def trade_and_refuse(daemon: Daemon) -> None:
    """Let "trend" win once, and have "carry" refused."""
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    await daemon.ask("POST", "/positions/p-7/close")
    await daemon.ask("POST", "/signals", json=SIGNAL | {"id": "s2", "model": "carry"})


async def test_the_score_of_a_model(daemon: Daemon):
    """One trade of 0.82: +200.00 less 2.80, 2 R; (1 - 0.82)² = 0.0324; -ln 0.82 = 0.1985."""
    await trade_and_refuse(daemon)
    status, found, response = await daemon.ask("GET", "/models/trend/score")
    assert status == 200
    assert response.headers["Fxpaper-Seq"] == "12"
    assert found == {
        "model": "trend",
        "symbol": None,
        "currency": "USD",
        "signals": {"waiting": 0, "executed": 1, "refused": 0, "combined": 0},
        "refusals": {},
        "trades": 1,
        "wins": 1,
        "losses": 0,
        "hit_rate": "1.0000",
        "hit_rate_from": "0.2699",
        "hit_rate_to": "1.0000",
        "trades_with_r": 1,
        "expectancy": "2.0000",
        "expectancy_error": None,
        "sqn": None,
        "profit_factor": None,
        "average_win": "197.20",
        "average_loss": None,
        "worst_streak": 0,
        "net": "197.20",
        "calibration": {
            "basis": "trend on all symbols, 1 trade",
            "trades": 1,
            "minimum": 50,
            "enough": False,
            "brier": "0.0324",
            "log_score": "0.1985",
            "ece": "0.1800",
            "bins": [
                {
                    "begins": "0.8",
                    "ends": "0.9",
                    "trades": 1,
                    "wins": 1,
                    "confidence": "0.8200",
                    "rate": "1.0000",
                }
            ],
            "blocks": [
                {
                    "begins": "0.82",
                    "ends": "0.82",
                    "trades": 1,
                    "wins": 1,
                    "probability": "1.0000",
                    "lower": "0.3784",
                }
            ],
        },
        "decay": {
            "weaker": False,
            "text": "Too few trades to tell: 1 with an R, 30 are needed.",
            "latest": None,
            "latest_trades": 0,
            "earlier": None,
            "earlier_trades": 0,
            "difference": None,
            "error": None,
        },
        "missing": {
            "expectancy_error": "one trade has no deviation",
            "sqn": "one trade has no deviation",
            "profit_factor": "no losing trade",
            "average_loss": "no losing trade",
        },
    }


async def test_the_scores_of_all_models_by_name(daemon: Daemon):
    await trade_and_refuse(daemon)
    status, found, _ = await daemon.ask("GET", "/scores")
    assert status == 200
    assert [one["model"] for one in found["items"]] == ["carry", "trend"]
    carry, trend = found["items"]
    assert (carry["trades"], carry["calibration"]) == (0, None)
    assert carry["refusals"] == {"auto_execution_off": 1}
    assert carry["signals"]["refused"] == 1
    assert carry["missing"]["hit_rate"] == "no closed trade"
    assert trend == (await daemon.ask("GET", "/models/trend/score"))[1]


async def test_a_score_of_one_symbol(daemon: Daemon):
    """However the symbol is written."""
    await trade_and_refuse(daemon)
    _, found, _ = await daemon.ask("GET", "/models/trend/score?symbol=eur/usd")
    assert (found["symbol"], found["trades"]) == ("EURUSD", 1)
    assert found["calibration"]["basis"] == "trend EURUSD, 1 trade"
    _, found, _ = await daemon.ask("GET", "/models/trend/score?symbol=USDJPY")
    assert (found["trades"], found["signals"]["executed"]) == (0, 0)
    status, problem, _ = await daemon.ask("GET", "/scores?symbol=EURUDS")
    assert (status, problem["code"]) == (422, "unknown_symbol")


async def test_a_model_that_nobody_knows(daemon: Daemon):
    status, problem, _ = await daemon.ask("GET", "/models/tredn/score")
    assert (status, problem["code"]) == (404, "not_found")
    assert problem["detail"].startswith('No model "tredn" has sent a signal')
