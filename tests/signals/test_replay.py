"""Recorded quotes and signals through desk and engine: real quotes of one January evening."""

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from fxpaper.aggregator.recording import read_recording
from fxpaper.config import Settings
from fxpaper.engine.costs import CostModel
from fxpaper.profiles import read_profile
from fxpaper.replaying import Asked, replay_recording

PROFILE = read_profile("standard")
QUOTES = [
    ("2013-01-02T12:00:00+00:00", "86.700", "86.710"),
    ("2013-01-02T12:00:02+00:00", "86.702", "86.712"),
    ("2013-01-02T12:01:00+00:00", "86.720", "86.730"),
    ("2013-01-02T12:01:01+00:00", "86.640", "86.650"),
    ("2013-01-02T12:01:02+00:00", "86.500", "86.510"),
]


@pytest.fixture
def run(tmp_path: Path):
    """Replay signals over the five quotes."""
    file = tmp_path / "usdjpy.csv"
    with file.open("w", newline="") as handle:
        csv.writer(handle).writerows([("timestamp", "bid", "ask"), *QUOTES])
    recording = read_recording(file, PROFILE.instruments)

    def replayed(*signals):
        content = "\n".join(json.dumps(signal) for signal in signals).encode()
        asked = Asked(
            recording=recording,
            content=content,
            name="s.jsonl",
            settings=Settings(),
            profile=PROFILE,
        )
        return replay_recording(asked, lambda _: None, CostModel())

    return replayed


def signal(**changes):
    return {
        "id": "a",
        "model": "m",
        "symbol": "USDJPY",
        "side": "buy",
        "confidence": 1,
        "stop_loss": {"price": "86.650"},
        "time": "2013-01-02T12:00:01Z",
        **changes,
    }


def test_a_gapped_stop_pays_the_gap_and_yen_become_dollars(run):
    """Bought at the ask in force, stopped at the first bid through the stop."""
    result = run(signal())
    entry, exit_ = result["deals"]
    assert (entry["price"], entry["side"], entry["entry"]) == ("86.710", "buy", "in")
    assert (exit_["price"], exit_["reason"], exit_["time"]) == (
        "86.640",
        "stop_loss",
        "2013-01-02T12:01:01.000000Z",
    )
    yen = Decimal("-0.070") * 100_000 * Decimal(entry["lots"])
    assert Decimal(exit_["profit"]) == (yen / Decimal("86.640")).quantize(Decimal("0.01"))
    assert result["account"]["balance"] == str(Decimal(100_000) + Decimal(exit_["profit"]))


def test_a_stale_quote_never_fills_the_signal_waits_for_the_next(run):
    """Half a minute into the silence: filled on the quote that ends it."""
    result = run(signal(time="2013-01-02T12:00:30Z"))
    assert result["deals"][0]["price"] == "86.730"
    assert result["deals"][0]["time"] == "2013-01-02T12:01:00.000000Z"


def test_a_signal_that_expires_while_it_waits_says_what_it_waited_for(run):
    """And nothing is bought."""
    result = run(signal(time="2013-01-02T12:00:30Z", expiry="2013-01-02T12:00:40Z"))
    assert result["deals"] == []
    assert result["signals"][0]["code"] == "stale_quote"


def test_the_same_signal_twice_is_taken_once_and_another_body_is_refused(run):
    """Whatever the file says."""
    result = run(signal(), signal(), signal(side="sell", stop_loss={"pips": 9}))
    assert len(result["deals"]) == 2
    assert [record["code"] for record in result["signals"]] == [None, "signal_id_reused"]


def test_the_same_inputs_give_the_same_hash(run):
    """And other inputs another."""
    assert run(signal())["hash"] == run(signal())["hash"]
    assert run(signal())["hash"] != run(signal(confidence=0.9))["hash"]


def test_a_signal_for_another_account_is_refused_and_the_others_go_on(run):
    """As at every other door; the replay has one account."""
    result = run(signal(id="theirs", account="other"), signal())
    assert [record["code"] for record in result["signals"]] == ["unknown_account", None]
    assert result["signals"][0]["text"].startswith('s.jsonl line 1: There is no account "other"')
