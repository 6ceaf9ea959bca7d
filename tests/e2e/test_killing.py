"""Killed with -9 at random moments while many post at once: nothing is lost, nothing doubled."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path

import pytest

from fxpaper.ledger.ledger import Ledger
from tests.e2e.driving import advice, daemon, write_quotes

ROUNDS, THREADS, EACH = 3, 6, 40


def post_all(
    ask: Callable[..., tuple[int, dict[str, str]]], names: list[str], answered: dict[str, str]
) -> None:
    for name in names:
        try:
            status, record = ask("POST", "/signals", {**advice(name), "model": name[0]})
        except (OSError, HTTPException, ValueError):
            return
        if status in {200, 201}:
            answered[name] = record["status"]


@pytest.mark.parametrize("store", ["sqlite", "postgres"])
def test_every_answered_signal_is_there_once_whatever_moment_the_kill_chooses(
    tmp_path, store, request, monkeypatch
):
    """And what was not answered is taken when it is sent again, once."""
    where: Path | str = tmp_path / "data" / "ledger.db"
    if store == "postgres":
        where = request.getfixturevalue("postgres").new_database()
        monkeypatch.setenv("FXPAPER_LEDGER_URL", where)
    chance = random.Random(11)  # noqa: S311 - moments, not secrets
    quotes, data = tmp_path / "eurusd.csv", tmp_path / "data"
    write_quotes(quotes)
    answered: dict[str, str] = {}
    sent: list[str] = []
    for number in range(ROUNDS):
        with daemon(data, "run", "--quotes", str(quotes)) as (ask, _):
            for letter in "abcdef":
                ask("PUT", f"/models/{letter}", {"auto_execute": True})
            again = [name for name in sent if name not in answered]
            names = [[f"{'abcdef'[t]}-{number}-{n}" for n in range(EACH)] for t in range(THREADS)]
            names[0] = again + names[0]
            sent += [name for part in names for name in part if name not in sent]
            threads = [
                threading.Thread(target=post_all, args=(ask, part, answered)) for part in names
            ]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.05, 0.6))
        for thread in threads:
            thread.join()
    check(where, answered)


def check(where: Path | str, answered: dict[str, str]) -> None:
    ledger = Ledger(where, read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        for name, status in answered.items():
            row = ledger.signal("paper", name)
            assert row is not None
            assert row.status.value == status
        orders = ledger.orders("paper", 10_000).items
        assert len({order.signal_id for order in orders}) == len(orders)
        executed = {name for name, status in answered.items() if status == "executed"}
        assert executed <= {order.signal_id for order in orders}
        assert len(answered) > 20
    finally:
        ledger.close()
