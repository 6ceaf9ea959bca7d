"""What no terminal should say: bytes at random, and valid messages with something wrong in them."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

AT = 1_700_000_000_000
POSITION = [9, "EURUSD.m", 0, 0.1, 1.08, 1.07, 1.1, -0.5, AT, "12"]
ORDER = [10, "EURUSD.m", 2, 0.1, 1.05, 0, 0, 0, AT, 0, "13"]
DEAL = [8, 7, 9, "EURUSD.m", 0, 0, 0.1, 1.08, -0.7, 0, 0, 0, AT, "12", 0, "fx:c1"]
CASH = [6, 0, 0, "", 2, 0, 0, 0, 0, 0, 0, 500, AT, "0", 0, "deposit"]
VALID: dict[str, dict[str, Any]] = {
    "hello": {
        "s": 0,
        "t": 0,
        "v": 1,
        "token": "guess",
        "login": "9",
        "server": "Demo",
        "offset": 7200,
        "offset_valid": True,
        "epoch": "e",
    },
    "spec": {
        "s": 1,
        "t": 0,
        "symbol": "EURUSD.m",
        "digits": 5,
        "point": 0.00001,
        "contract": 100000,
        "vol_min": 0.01,
        "stops": 3,
        "swap_mode": 1,
        "swap_long": -7.25,
        "swap_triple": 3,
        "calc_mode": 0,
        "base": "EUR",
        "profit": "USD",
    },
    "ticks": {
        "s": 2,
        "t": 0,
        "sym": "EURUSD.m",
        "n": 0,
        "ticks": [[1_700_000_000_000, 1.08241, 1.08251]],
        "lost": 0,
        "offset": 7200,
    },
    "hb": {"s": 3, "t": 0, "offset": 7200, "offset_valid": True, "connected": True},
    "deals": {"s": 5, "t": 0, "rows": [DEAL, CASH]},
    "acct": {
        "s": 6,
        "t": 0,
        "balance": 1000,
        "equity": 990.5,
        "margin": 10,
        "trade": True,
        "positions": [POSITION],
        "orders": [ORDER],
    },
    "res": {"s": 7, "t": 0, "id": "c1", "state": "done", "retcode": 10009, "order": 77},
    "bars": {"s": 8, "t": 0, "req": 1, "sym": "EURUSD.m", "rows": [[AT // 1000, 1, 3, 0.5, 2]]},
    "bye": {"s": 4, "t": 0, "reason": "chart closed"},
}
ODD = (
    *("null", "true", "-1", "0", "1e400", "1e99999999", "-1e99999999", "1e-99999999", "9" * 30),
    *('"NaN"', '"sNaN"', '"Infinity"', '"-Infinity"', '"1_0"', '""', '"\\u0000"', '"\\ud800"'),
    *("[]", "{}", "[[]]", '{"kind":"bye"}', "[" * 5000, '"' + "x" * 3000 + '"', "1.5", "Infinity"),
    *("9223372036854775807", "-9223372036854775808", "18446744073709551616", "9" * 5000),
    *("[[1,2]]", "[[1,2,3,4]]", '[["a",1,1]]', '[[1700000000000,"NaN",1]]', "[[9e9,1,1]]"),
    *("[[99999999999999999999999,1,2]]", '[[1700000000000,"Infinity",1e99999999]]', "[[-1,1,1]]"),
)


def spoilt(value: Any, draw: st.DrawFn) -> str:
    """Return a value as JSON, with something odd in its place or somewhere inside it."""
    if isinstance(value, list) and value and draw(st.booleans()):
        at = draw(st.integers(0, len(value) - 1))
        parts = [json.dumps(one) for one in value]
        parts[at] = spoilt(value[at], draw)
        return "[" + ",".join(parts) + "]"
    odd: str = draw(st.sampled_from(ODD) | st.integers().map(str) | st.text().map(json.dumps))
    return odd


@st.composite
def changed(draw: st.DrawFn) -> list[bytes]:
    """Draw a valid message in which one value is another, is missing or comes twice."""
    kind = draw(st.sampled_from(sorted(VALID)))
    fields = {name: json.dumps(value) for name, value in VALID[kind].items()}
    name = draw(st.sampled_from([*fields, "more"]))
    fields[name] = spoilt(VALID[kind].get(name), draw)
    if draw(st.integers(0, 9)) == 0:
        del fields[name]
    parts = [f'"{one}":{value}' for one, value in fields.items()]
    if draw(st.integers(0, 9)) == 0:
        parts.append(parts[0])
    return [kind.encode(), ("{" + ",".join(parts) + "}").encode("utf-8", "surrogatepass")]


@st.composite
def torn(draw: st.DrawFn) -> list[bytes]:
    """Draw a message, valid or changed, with bytes overwritten, cut off or added."""
    kind, body = draw(changed())
    made = bytearray(body)
    for _ in range(draw(st.integers(0, 3))):
        made[draw(st.integers(0, len(made) - 1))] = draw(st.integers(0, 255))
    return [kind, bytes(made[: draw(st.integers(0, len(made)))] + draw(st.binary(max_size=4)))]


def garbage() -> st.SearchStrategy[list[bytes]]:
    """Return any frames at all."""
    kinds = st.sampled_from([kind.encode() for kind in VALID]) | st.binary(max_size=20)
    free = st.lists(st.binary(max_size=60), min_size=1, max_size=5)
    return free | st.tuples(kinds, st.binary(max_size=60)).map(list)


def anything() -> st.SearchStrategy[list[bytes]]:
    """Return frames of every sort."""
    return changed() | torn() | garbage()
