"""fxpaper's own dialect: what is understood, and what is said about the rest."""

import json

import pytest

from fxpaper.domain.signal import PipsLevel, RLevel, Signal, UnreadableSignal
from fxpaper.profiles import read_profile
from fxpaper.signals.intake.native import Arrival, read_signal

ARRIVAL = Arrival(
    account="paper",
    instruments=read_profile("standard").instruments,
    door="http",
    received_at=1_000_000_000_000_000_000,
    lifetime_ns=300_000_000_000,
)
GOOD = {
    "id": "a",
    "model": "m",
    "symbol": "eur/usd",
    "side": "buy",
    "confidence": 0.82,
    "stop_loss": {"pips": 25},
    "take_profit": "2r",
    "time": "2026-11-20T21:00:00Z",
}


def read(**changes):
    return read_signal(json.dumps({**GOOD, **changes}).encode(), ARRIVAL)


def test_a_good_signal_is_read_exactly():
    """Numbers from their own digits, the symbol in its canonical name."""
    signal = read()
    assert isinstance(signal, Signal)
    assert (signal.symbol, str(signal.confidence)) == ("EURUSD", "0.82")
    assert (signal.stop_loss, signal.take_profit) == (PipsLevel(25), RLevel(2))
    assert signal.expires_at - signal.at == 300_000_000_000


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        pytest.param({"symbol": "EURUDS"}, "unknown_symbol", "EURUSD", id="typo in the symbol"),
        pytest.param({"confidence": 70}, "confidence_out_of_range", "0.7", id="percent?"),
        pytest.param({"confidence": float("nan")}, "malformed", "NaN", id="NaN"),
        pytest.param({"confidence": -0.1}, "confidence_out_of_range", "-0.1", id="negative"),
        pytest.param({"confidence": True}, "malformed", "number", id="a truth is no number"),
        pytest.param({"confidence": None}, "malformed", "missing", id="no confidence"),
        pytest.param({"stop_loss": -5}, "malformed", "positive", id="negative stop"),
        pytest.param({"stop_loss": "1e400"}, "malformed", "size", id="absurd stop"),
        pytest.param({"stop_loss": {"r": 1}}, "malformed", "R", id="stop in R"),
        pytest.param({"time": "2026-11-20T21:00:00"}, "time_without_zone", "Z", id="no zone"),
        pytest.param({"stoploss": 1}, "malformed", "stop_loss", id="mistyped key"),
        pytest.param({"side": "long"}, "malformed", "buy, sell or close", id="side"),
        pytest.param({"id": "\ud800"}, "malformed", "printable", id="half a character"),
        pytest.param({"id": "x-1"}, "malformed", "x-", id="an id kept for unreadable signals"),
        pytest.param({"model": ""}, "malformed", "model", id="no model"),
        pytest.param({"expiry": "2026-11-20T20:00:00Z"}, "malformed", "expiry", id="expiry first"),
    ],
)
def test_what_cannot_be_read_says_what_would_be_right(changes, code, words):
    """A record with code and sentence, never an exception."""
    found = read(**changes)
    assert isinstance(found, UnreadableSignal)
    assert found.refusal.code == code
    assert words in found.refusal.text


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000, b'{"a":' * 999])
def test_garbage_is_recorded_and_not_raised(body):
    """Whatever arrives."""
    found = read_signal(body, ARRIVAL)
    assert isinstance(found, UnreadableSignal)
    assert found.refusal.code == "malformed"


def test_a_repeat_has_the_same_digest_and_another_body_has_not():
    """Even where the time was not given and each arrival has its own."""
    later = Arrival(
        account="paper",
        instruments=ARRIVAL.instruments,
        door="file",
        received_at=2_000_000_000_000_000_000,
        lifetime_ns=1,
    )
    body = json.dumps({key: value for key, value in GOOD.items() if key != "time"}).encode()
    first, second = read_signal(body, ARRIVAL), read_signal(body, later)
    assert isinstance(first, Signal)
    assert isinstance(second, Signal)
    assert first.digest == second.digest
    changed = read(side="sell")
    assert isinstance(changed, Signal)
    assert changed.digest != first.digest
