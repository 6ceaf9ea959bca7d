"""One daemon with three accounts, driven from outside."""

from __future__ import annotations

import json
from http.client import HTTPException
from pathlib import Path

import pytest

from fxpaper.ledger.ledger import Ledger
from tests.e2e.driving import advice, daemon, fxpaper, write_quotes

THREE = """
[accounts.small]
balance = 10000
risk_percent = 0.5

[accounts.euro]
currency = "EUR"
balance = 50000
models = ["m*"]
"""
NAMES = ["paper", "small", "euro"]
DYING = str(Path(__file__).parent / "dying_between.py")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data directory with the settings of three accounts, beside quotes."""
    write_quotes(tmp_path / "eurusd.csv")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "fxpaper.toml").write_text(THREE)
    return tmp_path / "data"


def run(data: Path, *more: str) -> tuple[str, ...]:
    return ("run", "--quotes", str(data.parent / "eurusd.csv"), *more)


def timed(name: str) -> dict[str, object]:
    return {**advice(name), "time": "2026-11-18T12:00:00Z"}


def test_each_account_executes_a_signal_in_its_own_way(data: Path):
    """0.8 of 1 % of 100,000 over 300 a lot is 2.66 lots, of 0.5 % of 10,000 it is 0.13."""
    here = ("--data-dir", str(data))
    with daemon(data, *run(data)) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        assert [one["id"] for one in ask("GET", "/accounts")[1]["items"]] == NAMES
        code, said = fxpaper(data, "model", "on", "m", "--all-accounts", *here)
        assert (code, said.count(" is on.")) == (0, 3)
        code, said = fxpaper(data, "halt", "--account", "euro", *here)
        assert (code, "fxpaper resume --account euro" in said) == (0, True)
        status, record = ask("POST", "/signals", advice("one"))
        assert (status, record["status"], record["lots"]) == (201, "executed", "2.66")
        others = {one["account"]: one for one in record["others"]}
        assert (others["small"]["status"], others["small"]["lots"]) == ("executed", "0.13")
        assert (others["euro"]["status"], others["euro"]["code"]) == ("refused", "trading_halted")
        code, said = fxpaper(data, "why", "one", "--account", "euro", *here)
        assert (code, "trading_halted" in said) == (0, True)
        code, said = fxpaper(data, "headroom", "--account", "euro", *here)
        assert (code, "EUR; the day" in said) == (0, True)
    code, said = fxpaper(data, "why", "one", "--account", "small", *here)
    assert (code, "buy 0.13 EURUSD" in said) == (0, True)
    code, said = fxpaper(data, "why", "one", "--account", "smal", *here)
    assert (code, 'There is no account "smal" in the ledger' in said) == (4, True)


def test_each_account_is_read_and_commanded_by_its_name(data: Path):
    with daemon(data, *run(data)) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        assert ask("PUT", "/models/m?account=small", {"auto_execute": True})[0] == 200
        assert ask("GET", "/models?account=euro")[1]["items"] == []
        status, record = ask("POST", "/signals?account=small", advice("one"))
        assert (status, record["account"], record["others"]) == (201, "small", [])
        assert ask("GET", "/signals")[1]["items"] == []
        [position] = ask("GET", "/positions?account=small")[1]["items"]
        assert (position["account"], position["lots"]) == ("small", "0.13")
        assert ask("POST", f"/positions/{position['id']}/close")[0] == 404
        status, closed = ask("POST", f"/positions/{position['id']}/close?account=small")
        assert (status, closed["deal"]["account"]) == (200, "small")
        assert len(ask("GET", "/deals?account=small")[1]["items"]) == 2
        assert ask("GET", "/account?account=euro")[1]["currency"] == "EUR"
        status, done = ask("POST", "/account/cash?account=euro", {"amount": "100"})
        assert (status, done["account"]["balance"]) == (200, "50100.00")
        assert ask("GET", "/account")[1]["balance"] == "100000.00"
        status, refused = ask("GET", "/account?account=smal")
        assert (status, refused["code"]) == (404, "unknown_account")
        assert refused["limit"] == "paper, small, euro"
        status, refused = ask("POST", "/signals", {**advice("two"), "account": "smal"})
        assert (status, refused["code"]) == (422, "unknown_account")
        assert refused["limit"] == "paper, small, euro"


def test_a_signal_is_sent_to_one_account_and_lists_the_others_otherwise(data: Path):
    here = ("--data-dir", str(data))
    said = ("--model", "m", "--symbol", "EURUSD", "--side", "buy", "--confidence", "0.8")
    with daemon(data, *run(data)) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        fxpaper(data, "model", "on", "m", "--account", "euro", *here)
        send = ("signal", "send", *said, "--stop-loss", "30pips", *here)
        code, shown = fxpaper(data, *send, "--account", "euro")
        assert (code, shown.startswith("executed")) == (0, True)
        code, shown = fxpaper(data, *send)
        assert (code, "small: waiting (auto_execution_off)" in shown) == (1, True)
        assert "euro: executed 1.46 lots" in shown
        code, shown = fxpaper(data, "status", "--account", "euro", *here)
        assert (code, "EUR " in shown) == (0, True)


def journals(data: Path) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Return the ids in each account's journal, and how many orders each has."""
    ledger = Ledger(data / "ledger.db", read_only=True)
    ledger.open()
    try:
        assert ledger.verify() == []
        return (
            {one: [row.signal.id for row in ledger.signals(one, 10).items] for one in NAMES},
            {one: len(ledger.orders(one, 10).items) for one in NAMES},
        )
    finally:
        ledger.close()


def allow(data: Path) -> None:
    """Let the model execute on every account, in a daemon that ends before the test begins."""
    with daemon(data, *run(data)) as (ask, _):
        for name in NAMES:
            assert ask("PUT", f"/models/m?account={name}", {"auto_execute": True})[0] == 200


@pytest.mark.parametrize("have_it", [1, 2])
def test_killed_between_the_commits_the_watched_file_completes_it(data, have_it, monkeypatch):
    allow(data)
    monkeypatch.setenv("DIE_AFTER", str(have_it))
    file = data.parent / "signals.jsonl"
    options = run(data, "--signals", str(file))
    with daemon(data, *options, program=(DYING,)) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        file.write_text(json.dumps(timed("one")) + "\n")
        with pytest.raises((OSError, HTTPException)):
            ask.until("/health", lambda _: False)
    rows, _ = journals(data)
    assert sum(map(len, rows.values())) == have_it
    with daemon(data, *options) as (ask, _):
        for name in NAMES:
            ask.until(f"/orders?account={name}", lambda body: body["items"])
    assert journals(data) == ({name: ["one"] for name in NAMES}, dict.fromkeys(NAMES, 1))


@pytest.mark.parametrize("have_it", [1, 2])
def test_killed_between_the_commits_the_sender_completes_it_by_sending_again(
    data, have_it, monkeypatch
):
    """It was not answered, so it does not know."""
    allow(data)
    monkeypatch.setenv("DIE_AFTER", str(have_it))
    with daemon(data, *run(data), program=(DYING,)) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        with pytest.raises((OSError, HTTPException)):
            ask("POST", "/signals", timed("one"))
    rows, _ = journals(data)
    assert sum(map(len, rows.values())) == have_it
    with daemon(data, *run(data)) as (ask, _):
        ask.until("/quotes", lambda body: body["items"])
        status, record = ask("POST", "/signals", timed("one"))
        assert (status in {200, 201}, record["status"]) == (True, "executed")
        assert [one["status"] for one in record["others"]] == ["executed", "executed"]
    assert journals(data) == ({name: ["one"] for name in NAMES}, dict.fromkeys(NAMES, 1))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[accounts.paper]\n", '"paper" is the daemon\'s own account'),
        ("[accounts.real-shadow]\n", 'a name that ends with "-shadow"'),
        ('[accounts."a b"]\n', "Setting accounts.a b"),
        ("[accounts.a]\nrisk_procent = 1\n", "did you mean risk_percent?"),
        ("[accounts.a]\nrisk_percent = 101\n", "accounts.a.risk_percent: Input should be less"),
        ("[accounts.a]\nport = 1\n", 'Unknown setting "accounts.a.port"'),
        ('[accounts.a]\nsymbols = ["EURUDS"]\n', 'no symbol of the profile matches "EURUDS"'),
        ("accounts = 5\n", "Setting accounts: Input should be a valid dictionary"),
    ],
)
def test_settings_that_are_wrong_are_told_and_nothing_is_begun(tmp_path: Path, table, said):
    write_quotes(tmp_path / "eurusd.csv")
    (tmp_path / "c.toml").write_text(table)
    for words in ("config check", "run --port 0 --quotes eurusd.csv --data-dir d"):
        code, text = fxpaper(tmp_path, *words.split(), "--config", "c.toml")
        assert (code, said in " ".join(text.split())) == (4, True), text
    assert not (tmp_path / "d" / "ledger.db").exists()


def test_the_demo_is_as_it_was(tmp_path: Path):
    (tmp_path / "fxpaper.toml").write_text(THREE)
    with daemon(tmp_path, "demo") as (ask, _):
        assert [one["id"] for one in ask("GET", "/accounts")[1]["items"]] == ["paper"]
