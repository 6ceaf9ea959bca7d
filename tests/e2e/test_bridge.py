"""A terminal and the real daemon: keys, the doctor, ticks."""

from __future__ import annotations

import json
import socket
import time
from itertools import count

import pytest
import zmq

from tests.e2e.driving import daemon, fxpaper

BROKER_AHEAD_MS = 7_200_000


@pytest.fixture
def address() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{free.getsockname()[1]}"


@pytest.fixture
def dial(address):
    """Connect as an Expert Advisor does."""
    context = zmq.Context()
    line = context.socket(zmq.DEALER)
    line.setsockopt(zmq.LINGER, 0)
    line.setsockopt(zmq.RCVTIMEO, 10_000)

    def dial(**keys: str):
        for name, value in keys.items():
            setattr(line, name, value.encode())
        line.connect(f"tcp://{address}")
        return line

    yield dial
    line.close()
    context.term()


def say(line: zmq.Socket[bytes], kind: str, number: int, **fields: object) -> None:
    line.send_multipart([kind.encode(), json.dumps({"s": number, "t": 0, **fields}).encode()])


def doctor(directory, address: str) -> tuple[int, list[dict[str, object]]]:
    code, said = fxpaper(
        directory,
        "doctor",
        "mt5",
        "--data-dir",
        "d",
        "--json",
        FXPAPER_METATRADER_ADDRESS=address,
        FXPAPER_SOURCES="metatrader",
    )
    return code, json.loads(said)


def test_the_doctor_names_the_first_broken_link(tmp_path, address):
    code, said = fxpaper(tmp_path, "doctor", "mt5", "--data-dir", "d")
    assert code == 1
    assert "metatrader_address is not set" in said
    code, links = doctor(tmp_path, address)
    assert code == 1
    assert [(link["link"], link["ok"]) for link in links] == [("setting", True), ("daemon", False)]


def test_a_terminal_with_a_key_serves_ticks_and_the_doctor_is_content(
    tmp_path, address, dial, monkeypatch
):
    code, said = fxpaper(tmp_path, "keygen", "laptop", "--data-dir", "d", "--json")
    keys = json.loads(said)
    assert code == 0
    assert set(keys) == {"InpServerKey", "InpPublicKey", "InpSecretKey"}
    monkeypatch.setenv("FXPAPER_METATRADER_ADDRESS", address)
    monkeypatch.setenv("FXPAPER_SOURCES", "metatrader")
    with daemon(tmp_path / "d", "run") as (call, _):
        line = dial(
            curve_serverkey=keys["InpServerKey"],
            curve_publickey=keys["InpPublicKey"],
            curve_secretkey=keys["InpSecretKey"],
        )
        said_hello = {"login": "123", "server": "Demo", "epoch": "e"}
        say(line, "hello", 0, offset=7200, offset_valid=True, **said_hello)
        assert line.recv_multipart()[0] == b"welcome"
        described = {"digits": 5, "point": 0.00001, "contract": 100000}
        say(line, "spec", 1, symbol="EURUSD.m", base="EUR", profit="USD", **described)
        kind = b"hb"
        while kind == b"hb":
            kind, body = line.recv_multipart()
        assert (kind, json.loads(body)["symbols"]) == (b"sub", ["EURUSD.m"])
        at = time.time_ns() // 1_000_000 + BROKER_AHEAD_MS
        say(line, "ticks", 2, sym="EURUSD.m", n=0, ticks=[[at, 1.08241, 1.08251]])

        numbers = count(3)

        def heard(sources) -> bool:
            say(line, "hb", next(numbers), offset=7200, offset_valid=True)
            (source,) = sources["items"]
            return source["state"] in {"live", "quiet"}

        call.until("/sources", heard)
        _, sources = call("GET", "/sources")
        assert sources["items"][0]["symbols"] == ["EURUSD"]
        say(line, "hb", next(numbers), offset=7200, offset_valid=True)
        code, links = doctor(tmp_path, address)
        assert [link["link"] for link in links if not link["ok"]] in ([], ["terminal"])
        assert {link["link"]: link["found"] for link in links}["line"].startswith("encrypted; 1")


def test_a_profile_is_made_from_what_a_terminal_told(tmp_path):
    code, said = fxpaper(tmp_path, "profile", "import", "--out", "mine.toml", "--data-dir", "d")
    assert code == 4
    assert "No terminal has connected yet" in said
    told = {"s": 1, "t": 0, "symbol": "EURUSD.m", "digits": 5, "point": "0.00001"}
    spec = {"kind": "spec", **told, "contract": "100000", "vol_max": "20"}
    folder = tmp_path / "d" / "metatrader" / "specs"
    folder.mkdir(parents=True)
    body = {"terminal": "123@Demo", "company": "Broker", "specs": {"EURUSD": spec}}
    (folder / "123-Demo.json").write_text(json.dumps(body))
    words = ("profile", "import", "--out", "mine.toml", "--data-dir", "d")
    code, said = fxpaper(tmp_path, *words)
    assert code == 0
    assert "1 of 30 instruments are 123@Demo's in mine.toml" in said
    code, said = fxpaper(tmp_path, *words)
    assert code == 4
    assert "nothing was overwritten" in said
    code, said = fxpaper(tmp_path, "config", "check", FXPAPER_PROFILE=str(tmp_path / "mine.toml"))
    assert code == 0


def test_an_address_that_others_reach_needs_keys(tmp_path):
    code, said = fxpaper(
        tmp_path,
        "run",
        "--port",
        "0",
        "--data-dir",
        "d",
        FXPAPER_METATRADER_ADDRESS="0.0.0.0:5555",
        FXPAPER_SOURCES="metatrader",
    )
    assert code == 4
    assert "Run fxpaper keygen, or use 127.0.0.1" in said
