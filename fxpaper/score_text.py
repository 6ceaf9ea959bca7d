"""A model's score as text: each number with its definition, and the reliability curve as bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

WIDTH = 40

DEFINITIONS = {
    "trades": "closed positions that its signals opened, since the last reset",
    "hit rate": "trades that brought money after their costs, over all; with its 90 % interval",
    "expectancy": "mean R: net over the money at risk at the open; with its standard error",
    "sqn": "root of the number of trades (100 at most) × mean R ÷ standard deviation of R",
    "profit factor": "what winners brought ÷ what losers cost",
    "average win": "net of a winner",
    "average loss": "net of a loser",
    "worst streak": "most losers in a row",
    "net": "profit, commission and swap of all trades",
    "brier": "mean of (confidence − won)²: 0 is perfect, always saying 0.5 gives 0.25",
    "log score": "mean of −ln(probability given to what happened): 0 is perfect",
    "ece": "mean distance between confidence and rate of winning, over ten bins",
}

COLUMNS = (
    *("model", "executed", "refused", "trades", "hit rate", "expectancy", "sqn"),
    *("profit factor", "worst streak", "net", "brier", "ece", "decay"),
)


def row(score: Mapping[str, Any]) -> dict[str, str]:
    """Return a model's line in the table of all models; ``-`` is what cannot be computed."""
    signals, decay = score["signals"], score["decay"]
    lately = "weaker" if decay["weaker"] else "no sign"
    return {
        "model": score["model"],
        "executed": str(signals["executed"]),
        "refused": str(signals["refused"]),
        "decay": "-" if decay["difference"] is None else lately,
        **{name: found or "-" for name, found in _numbers(score).items()},
    }


def rows(score: Mapping[str, Any]) -> list[dict[str, str]]:
    """Return every number of a score with its definition, or with why there is none."""
    missing = score["missing"]
    return [
        {
            "number": name,
            "value": found or f"none: {missing.get(name.replace(' ', '_'), 'not known')}",
            "what it is": DEFINITIONS[name],
        }
        for name, found in _numbers(score).items()
    ]


def curve(bins: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the reliability curve, a line for each bin.

    ``#`` reaches as far as trades were won, ``|`` stands where the confidence says they would be:
    ``0.6-0.7 ##########################|.............  said 0.65, won 0.6500 of 20``.
    """
    return [
        f"{one['begins']}-{one['ends']} {_bar(float(one['rate']), float(one['confidence']))}  "
        f"said {one['confidence']}, won {one['rate']} of {one['trades']}"
        for one in bins
    ]


def _numbers(score: Mapping[str, Any]) -> dict[str, str | None]:
    calibration = score["calibration"] or {}
    money = score["currency"]
    return {
        "trades": str(score["trades"]),
        "hit rate": _with(
            score["hit_rate"], f" ({score['hit_rate_from']} to {score['hit_rate_to']})"
        ),
        "expectancy": _with(score["expectancy"], f" R{_error(score['expectancy_error'])}"),
        "sqn": score["sqn"],
        "profit factor": score["profit_factor"],
        "average win": _with(score["average_win"], f" {money}"),
        "average loss": _with(score["average_loss"], f" {money}"),
        "worst streak": str(score["worst_streak"]),
        "net": f"{score['net']} {money}",
        "brier": calibration.get("brier"),
        "log score": calibration.get("log_score"),
        "ece": calibration.get("ece"),
    }


def _error(error: str | None) -> str:
    return "" if error is None else f" ± {error}"


def _with(number: str | None, rest: str) -> str | None:
    return None if number is None else number + rest


def _bar(rate: float, confidence: float) -> str:
    filled = round(rate * WIDTH)
    bar = list("#" * filled + "." * (WIDTH - filled))
    bar.insert(round(confidence * WIDTH), "|")
    return "".join(bar)
