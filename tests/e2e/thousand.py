"""A thousand signals of every kind, the same ones each time, for doors that are compared.

The market they meet stands still: one quote of each symbol at noon, at which the clock stays. So
what is decided about them depends on their order alone.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COUNT = 1000
LAST = "last"
NOON, SOON = "2026-11-18T12:00:00Z", "2026-11-18T12:05:00Z"
MODELS = ("ants", "bees", "cats")
OFF = "owls"
SETTINGS = """
symbols = ["EURUSD", "GBPUSD", "USDJPY"]
risk_percent = "0.2"
max_open_risk_percent = "1.5"
max_leg_risk_percent = "0.9"
limits = "none"
"""
SPEED = "0.000000000001"
"""A minute of waiting moves the clock by less than a nanosecond."""

Table = dict[str, Any]

_BIDS = {"EURUSD": (1.10000, 5), "GBPUSD": (1.27000, 5), "USDJPY": (150.000, 3)}


@dataclass(frozen=True, slots=True)
class Sent:
    """One of the thousand.

    Args:
        body: as it is sent.
        table: what it says; None where it is no JSON object.
        readable: whether it is a signal.
    """

    body: str
    table: Table | None
    readable: bool = True


def write_standing_quotes(path: Path) -> None:
    """Write a recording that at ``SPEED`` never gets to its last quote."""
    lines = ["timestamp,symbol,bid,ask"]
    for symbol, (bid, digits) in _BIDS.items():
        lines.append(f"{NOON},{symbol},{bid:.{digits}f},{bid + 10.0 ** (1 - digits):.{digits}f}")
    lines.append("2026-11-18T13:00:00Z,EURUSD,1.10000,1.10010")
    path.write_text("\n".join(lines) + "\n")


def thousand() -> list[Sent]:
    """Return the signals in the order in which every door is given them; the last ends them."""
    chance = random.Random(20261118)  # noqa: S311 - signals, not secrets
    found: list[Sent] = []
    for number in range(COUNT - 1):
        [kind] = chance.choices(list(_KINDS), weights=list(_KINDS.values()))
        found.append(kind(number, chance, found))
    return [*found, _sent(_valid(COUNT - 1, chance) | {"id": LAST})]


def _valid(number: int, chance: random.Random) -> Table:
    symbol, side = chance.choice(list(_BIDS)), chance.choice(("buy", "sell"))
    pips = chance.choice((10, 15.5, 20, 40, 80))
    stops = ({"pips": pips}, f"{pips}pips", _away(symbol, side, -pips))
    profits: tuple[Table, ...] = (
        {},
        {"take_profit": {"r": 2}},
        {"take_profit": "60pips"},
        {"take_profit": {"price": _away(symbol, side, 70)}},
    )
    return {
        "id": f"s{number:04}",
        "model": chance.choice(MODELS),
        "symbol": symbol,
        "side": side,
        "confidence": chance.randint(50, 100) / 100,
        "stop_loss": chance.choice(stops),
        "time": NOON,
        "expiry": SOON,
    } | chance.choice(profits)


def _away(symbol: str, side: str, pips: float) -> float:
    """Return a price that many pips from the bid, on the side where it wins."""
    bid, digits = _BIDS[symbol]
    sign = 1 if side == "buy" else -1
    return round(bid + sign * pips * 10.0 ** (1 - digits), digits)


def _sent(said: Table, *, readable: bool = True) -> Sent:
    return Sent(json.dumps(said, separators=(",", ":")), said, readable)


def _good(number: int, chance: random.Random, _: list[Sent]) -> Sent:
    return _sent(_valid(number, chance))


def _close(number: int, chance: random.Random, _: list[Sent]) -> Sent:
    told = _valid(number, chance)
    return _sent({key: told[key] for key in ("id", "model", "symbol", "time")} | {"side": "close"})


def _refused(number: int, chance: random.Random, _: list[Sent]) -> Sent:
    """Return one that is read and must not be executed."""
    told = _valid(number, chance)
    symbol, side = told["symbol"], told["side"]
    wrong: Table = chance.choice(
        (
            {"confidence": 0.49},
            {"stop_loss": None},
            {"stop_loss": _away(symbol, side, 30)},
            {"take_profit": _away(symbol, side, -30)},
            {"stop_loss": {"pips": 9000}},
            {"symbol": "GBPUSD", "stop_loss": "2300pips", "confidence": 0.5},
            {"time": "2026-11-18T11:00:00Z", "expiry": "2026-11-18T11:05:00Z"},
            {"time": "2026-11-11T12:00:00Z", "expiry": None},
            {"time": "2026-11-18T12:01:00Z"},
            {"model": OFF},
        )
    )
    return _sent({key: value for key, value in (told | wrong).items() if value is not None})


def _unreadable(number: int, chance: random.Random, _: list[Sent]) -> Sent:
    """Return one that is JSON and no signal."""
    told = _valid(number, chance)
    wrong: Table = chance.choice(
        (
            {"confidence": 70},
            {"symbol": "EURUDS"},
            {"symbol": "EURUSD.r"},
            {"side": "hold"},
            {"time": "2026-11-18T12:00:00"},
            {"time": "noon"},
            {"expiry": "2026-11-18T11:59:00Z"},
            {"id": f"x-{number}"},
            {"stop_loss": "2r"},
            {"stop_loss": -20},
            {"take_profit": {"pips": 20, "r": 2}},
            {"stop_los": 1.1},
            {"account": "other"},
        )
    )
    return _sent(told | wrong, readable=False)


def _junk(number: int, chance: random.Random, _: list[Sent]) -> Sent:
    """Return one that is no JSON object."""
    texts = ('{{"id": "s{0}", "model":', '{{"id": "s{0}"}} again', "[{0}]", "hello {0}")
    return Sent(chance.choice(texts).format(number), None, readable=False)


def _again(number: int, chance: random.Random, found: list[Sent]) -> Sent:
    """Return an earlier one once more, perhaps in another order of its keys."""
    earlier = [one.table for one in found if one.table and one.readable]
    told = chance.choice(earlier[-200:]) if earlier else _valid(number, chance)
    return _sent(dict(reversed(told.items())) if chance.random() < 0.5 else told)


def _reused(number: int, chance: random.Random, found: list[Sent]) -> Sent:
    """Return another signal under an id that is taken."""
    earlier = [one.table for one in found if one.table and one.readable]
    told = _valid(number, chance)
    return _sent(told | {"id": chance.choice(earlier)["id"]} if earlier else told)


_KINDS: dict[Callable[[int, random.Random, list[Sent]], Sent], int] = {
    _good: 45,
    _close: 18,
    _refused: 15,
    _unreadable: 10,
    _junk: 4,
    _again: 5,
    _reused: 3,
}
