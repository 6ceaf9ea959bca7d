"""Orders of a person over HTTP, with the real program: every kind, changed, cancelled, filled."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from tests.e2e.driving import Caller, daemon

START = "2026-11-18T12:{:02d}:{:02d}+00:00"


def write_quotes(path: Path, rise_after: int) -> None:
    """Write quotes that stay for so many seconds and rise by twenty pips after that."""
    lines = ["timestamp,bid,ask"]
    for second in range(1800):
        at, pips = START.format(second // 60, second % 60), 0 if second < rise_after else 20
        lines.append(f"{at},{1.1 + pips / 1e4:.5f},{1.1001 + pips / 1e4:.5f}")
    path.write_text("\n".join(lines) + "\n")


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    directory = tmp_path_factory.mktemp("orders")
    write_quotes(directory / "eurusd.csv", 1800)
    with daemon(directory / "d", "run", "--quotes", str(directory / "eurusd.csv")) as (caller, _):
        caller.until("/quotes", lambda body: body["items"])
        yield caller


def order(**said: object) -> dict[str, object]:
    return {"symbol": "EURUSD", "side": "buy", "lots": "0.10", **said}


def test_an_order_waits_is_changed_once_and_is_cancelled(ask: Caller):
    """A change decided on an older version is refused; so is a second cancellation."""
    status, done = ask("POST", "/orders", order(kind="limit", price="1.09500", stop_loss="1.09"))
    assert (status, done["orders"][0]["state"], done["deals"]) == (201, "placed", [])
    path = f"/orders/{done['orders'][0]['id']}"
    status, done = ask("PATCH", path, {"version": 1, "price": "1.09600", "stop_loss": None})
    assert (status, done["orders"][0]["price"]) == (200, "1.09600")
    assert (done["orders"][0]["stop_loss"], done["orders"][0]["version"]) == (None, 2)
    status, problem = ask("PATCH", path, {"version": 1, "price": "1.09700"})
    assert (status, problem["code"]) == (409, "changed_meanwhile")
    status, done = ask("DELETE", path)
    assert (status, done["orders"][0]["ended_code"]) == (200, "asked")
    assert ask("DELETE", path)[0] == 404


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        ({"kind": "stop", "price": "1.09"}, 422, "price_wrong_side"),
        ({"kind": "limit"}, 422, "wrong_order"),
        ({"lots": "0.105"}, 422, "lots_off_step"),
        ({"units": "1000"}, 422, "invalid"),
        ({"lots": "99"}, 422, "insufficient_margin"),
        ({"stop_loss": "1.2"}, 422, "stop_wrong_side"),
        ({"symbol": "EURUDS"}, 422, "unknown_symbol"),
        ({"price": "1.1234567", "kind": "limit"}, 422, "invalid"),
        ({"time_in_force": "gtd", "expires_at": "2026-11-18T12:00:00"}, 422, "invalid"),
        ({"trail": {"points": 50}}, 422, "wrong_order"),
        ({"lots": "NaN"}, 422, "invalid"),
        ({"kind": "peg"}, 422, "invalid"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(ask: Caller, said, status, code):
    """With the field or the number, and the account as it was."""
    before = ask("GET", "/account")[1]["seq"]
    found, problem = ask("POST", "/orders", order(**said))
    assert (found, problem["code"]) == (status, code), problem
    assert ask("GET", "/account")[1]["seq"] == before


def test_risk_becomes_lots_and_a_part_is_closed_then_the_rest_reversed(ask: Caller):
    """A position is opened by money at risk, halved, reversed and closed; every cent accounted."""
    said = order(risk_money="100", stop_loss="1.09760", take_profit="1.11")
    del said["lots"]
    status, done = ask("POST", "/orders", said)
    assert (status, done["positions"][0]["lots"]) == (201, "0.40")
    path = f"/positions/{done['positions'][0]['id']}"
    status, closed = ask("POST", f"{path}/close?lots=0.2")
    assert (status, closed["deal"]["lots"]) == (200, "0.2")
    result = closed["deal"]["attribution"]
    costs = ("delay", "spread", "slippage", "commission", "swap", "conversion")
    assert Decimal(result["mid"]) - sum(Decimal(result[name]) for name in costs) == Decimal(
        result["net"]
    )
    status, done = ask("PATCH", path, {"exits": {"trailing": {"points": 30}}})
    assert (status, done["positions"][0]["trailing"]) == (200, True)
    status, done = ask("POST", f"{path}/reverse", {})
    assert (status, [deal["entry"] for deal in done["deals"]]) == (200, ["out", "in"])
    assert (done["positions"][0]["side"], done["positions"][0]["lots"]) == ("sell", "0.20")
    status, done = ask("POST", "/close-all", {"symbol": "EURUSD"})
    assert (status, done["positions"]) == (200, [])


def test_one_of_a_pair_fills_and_the_other_is_cancelled(tmp_path):
    """The market rises into the stop; the limit below is given up in the same breath."""
    write_quotes(tmp_path / "eurusd.csv", 6)
    with daemon(tmp_path / "d", "run", "--quotes", str(tmp_path / "eurusd.csv")) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        rise_into_the_stop(ask)


def rise_into_the_stop(ask: Caller) -> None:
    pair = [
        order(kind="stop", price="1.10100", lots="0.10"),
        order(kind="limit", price="1.09000", lots="0.10"),
    ]
    status, done = ask("POST", "/order-groups", {"contingency": "oco", "orders": pair})
    assert status == 201
    first, second = (one["id"] for one in done["orders"])
    ask.until("/orders", lambda body: all(o["state"] != "placed" for o in body["items"]))
    states = {one["id"]: one for one in ask("GET", "/orders")[1]["items"]}
    assert (states[first]["state"], states[first]["fill_price"]) == ("filled", "1.10210")
    assert (states[second]["state"], states[second]["ended_code"]) == (
        "cancelled",
        "sibling_filled",
    )


def test_money_is_paid_in_and_out_and_the_account_begins_anew(ask: Caller):
    """What is held cannot be taken out; after a reset nothing is open."""
    before = Decimal(ask("GET", "/account")[1]["balance"])
    status, done = ask("POST", "/account/cash", {"amount": "250.50", "comment": "more"})
    assert (status, Decimal(done["account"]["balance"]) - before) == (200, Decimal("250.50"))
    status, problem = ask("POST", "/account/cash", {"amount": "-9000000"})
    assert (status, problem["code"]) == (422, "insufficient_margin")
    status, done = ask("POST", "/account/reset", {"balance": "5000"})
    assert (status, done["account"]["balance"]) == (200, "5000.00")
    assert ask("GET", "/positions")[1]["items"] == []
