"""Other people's ways to write a signal, by value; what is not understood is refused."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fxpaper.domain.signal import PipsLevel, PriceLevel, Signal, UnreadableSignal
from fxpaper.profiles import read_profile
from fxpaper.signals.intake.any_dialect import read_any
from fxpaper.signals.intake.dialects import Dialect, interpreted
from fxpaper.signals.intake.native import Arrival, read_signal

KNOWN = read_profile("standard").instruments
ARRIVAL = Arrival(
    account="paper", instruments=KNOWN, door="hook x", received_at=10**18, lifetime_ns=10**11
)
GIVEN = {"model": "x", "confidence": "0.6"}


def read(text: str) -> Signal:
    found = read_any(text.encode(), ARRIVAL, GIVEN)
    assert isinstance(found, Signal), found
    return found


@pytest.mark.parametrize(
    ("text", "dialect"),
    [
        ('{"ticker":"FX:EURUSD","action":"buy","sl":1.07,"tp":"1.09","close":1.08}', "tradingview"),
        ('{"ticker":"EURUSD","action":"long","stop":"1.0700","target":"1.09"}', "tradingview"),
        (
            '{"ticker":"EURUSD","action":"buy","quantity":3,"stopLoss":{"stopPrice":1.07},'  # noqa: ISC004
            '"takeProfit":{"limitPrice":1.09}}',
            "traderspost",
        ),
        ("EURUSD BUY 1.0800 TP 1.09 SL 1.07", "chat"),
        ("#EURUSD buy now @1.08\nSL: 1.07\nTP1: 1.09", "chat"),
        ("EURUSD BUY SL1.07 TP1.09", "chat"),
        ("EURUSD BUY, SL = 1.07, TP 1: 1.09", "chat"),
        ("Long EUR/USD, stop loss 1.07, take profit 1.09", "chat"),
    ],
)
def test_the_same_signal_in_many_dialects(text: str, dialect: str):
    assert interpreted(text.encode(), KNOWN).dialect == dialect
    signal = read(text)
    assert (signal.symbol, signal.side, signal.confidence) == ("EURUSD", "buy", Decimal("0.6"))
    assert signal.stop_loss == PriceLevel(Decimal("1.07"))
    assert signal.take_profit == PriceLevel(Decimal("1.09"))


def test_pineconnector_counts_in_pips_and_its_licence_is_not_ours():
    text = "60123456789,sell,USDJPY,risk=1,sl=20,tp=40"
    found = interpreted(text.encode(), KNOWN)
    assert (found.dialect, found.set_aside) == (Dialect.PINECONNECTOR, ("licence", "risk"))
    signal = read(text)
    assert (signal.side, signal.symbol) == ("sell", "USDJPY")
    assert signal.stop_loss == PipsLevel(Decimal(20))
    assert signal.take_profit == PipsLevel(Decimal(40))


@pytest.mark.parametrize(
    "text",
    [
        '{"ticker":"EURUSD","action":"exit"}',
        '{"ticker":"EURUSD","action":"sell","sentiment":"flat"}',
        "60123456789,closelong,EURUSD,comment=x",
        "CLOSE EURUSD",
    ],
)
def test_closing_in_every_dialect(text: str):
    assert read(text).side == "close"


def test_a_native_signal_keeps_what_it_says_and_is_given_what_it_does_not():
    signal = read('{"symbol":"EURUSD","side":"buy","confidence":0.9,"stop_loss":"25pips"}')
    assert (signal.model, signal.confidence) == ("x", Decimal("0.9"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"ticker":"EURUSD","action":"buy","stopp":1.07}', "stopp"),
        ("EURUSD and GBPUSD BUY", "2 known symbols"),
        ("BUY the rumour", "0 known symbols"),
        ("EURUSD BUY then SELL", "2 sides"),
        ("EURUSD BUY SL", "no price behind"),
        ("EURUSD BUY SL 1,0700 TP 1.09", "no price behind"),
        ("EURUSD BUY SL 1.07.00", "no price behind"),
        ("1,buy,EURUSD,sl_pct=1", "sl_pct"),
        ('{"ticker":"EURUSD","action":"buy","stopLoss":{"percent":1}}', "absolute price"),
        ("hello", "neither JSON nor a text"),
        ('{"ticker":', "not JSON"),
    ],
)
def test_what_is_not_understood_is_refused_and_named(text: str, said: str):
    found = read_any(text.encode(), ARRIVAL, GIVEN)
    assert isinstance(found, UnreadableSignal)
    assert said in found.refusal.text


def test_without_a_confidence_anywhere_it_is_refused():
    found = read_any(b"EURUSD BUY SL 1.07", ARRIVAL, {"model": "x"})
    assert isinstance(found, UnreadableSignal)
    assert found.refusal.code == "malformed"
    assert "confidence is missing" in found.refusal.text


@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))
)
def test_anything_is_read_or_refused(body: bytes):
    found = read_any(body, ARRIVAL, GIVEN)
    assert isinstance(found, Signal) or found.refusal.text


@pytest.mark.parametrize(
    ("text", "entry", "targets"),
    [
        ("XAUUSD BUY 1915 TP 1920 TP 1930 SL 1907", "1915", ["1920", "1930"]),
        (
            "SELL EURUSD @ 1.0850 SL 1.09 TP1 1.08 TP2 1.07 TP3 1.06",
            "1.0850",
            ["1.08", "1.07", "1.06"],
        ),
        ("EURUSD sell limit at 1.0850, SL: 1.09, TP: 1.08", "1.0850", ["1.08"]),
        ("EURUSD BUY NOW 1.08 SL 1.07", "1.08", []),
        ("EURUSD BUY SL 1.07 TP 1.09 TP 1.09", None, ["1.09"]),
        ("EURUSD BUY", None, []),
        ('{"ticker":"EURUSD","action":"buy","price":"1.0825","sl":1.07}', "1.0825", []),
        ('{"ticker":"EURUSD","action":"buy","signalPrice":1.0825}', "1.0825", []),
    ],
)
def test_entry_and_every_take_profit_are_understood(text, entry, targets):
    found = read_any(text.encode(), ARRIVAL, GIVEN)
    assert isinstance(found, Signal)
    assert found.entry == (None if entry is None else Decimal(entry))
    levels = [] if found.take_profit is None else [*found.rungs, found.take_profit]
    assert levels == [PriceLevel(Decimal(one)) for one in targets]


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"take_profit": []}, "1 to 10 levels"),
        ({"take_profit": ["1r"] * 11}, "1 to 10 levels"),
        ({"take_profit": ["1r", None]}, "each take_profit of a list is a level"),
        ({"take_profit": ["1r", "x"]}, "take_profit.1"),
        ({"entry": "-1"}, "entry must be positive"),
        ({"entry": "soon"}, "entry must be a number"),
    ],
)
def test_wrong_levels_are_named(payload, said):
    body = {"model": "m", "symbol": "EURUSD", "side": "buy", "confidence": 1, **payload}
    found = read_signal(json.dumps(body).encode(), ARRIVAL)
    assert isinstance(found, UnreadableSignal)
    assert said in found.refusal.text
