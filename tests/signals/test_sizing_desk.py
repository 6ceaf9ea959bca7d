"""A desk that sizes in each way: levels, conversions, what is known of the past, replay."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from fxpaper.analytics.calibration import Calibrations
from fxpaper.domain.event import Recorded, encode_event
from fxpaper.domain.instant import Instant
from fxpaper.domain.order import Side
from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import (
    Decision,
    PipsLevel,
    PriceLevel,
    RLevel,
    SignalSide,
    SignalStatus,
)
from fxpaper.domain.sizing import SizingMode
from fxpaper.engine.bar_path import Bars
from fxpaper.engine.board import PriceBoard
from fxpaper.engine.stop_risk import gain_at_target, loss_at_stop
from fxpaper.engine.tape import Tape
from fxpaper.profiles import read_profile
from fxpaper.signals.desk import Desk
from fxpaper.signals.replay import replay, replay_bars, replay_every
from fxpaper.signals.rules import Rule, SignalRules
from fxpaper.signals.sizing.sizer import Past
from fxpaper.signals.volatility import Volatility
from tests.analytics.outcomes import won
from tests.signals.builders import NOW, decided, desk, quoted, signal
from tests.signals.test_volatility import HOUR, beginnings, days

FILE = Evidence("recorded", Transport.FILE, Spread.REAL, Grade.A)


def known(wins: int, losses: int) -> Past:
    """Return a past in which model m has won and lost so often with full confidence."""
    calibrations = Calibrations()
    for one in won("1", wins, losses):
        calibrations.add(replace(one, model="m"))
    return Past(calibrations)


def rules(sizing: str, **changes: Any) -> SignalRules:
    return SignalRules(sizing=SizingMode(sizing), **changes)


def asked(here: Desk, **changes: Any) -> Decision:
    """Return the decision of a signal that need not wait."""
    found = decided(here.receive(signal("one", **changes), NOW))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("symbol", "side", "stop", "quotes", "expected"),
    [
        pytest.param(
            *("EURUSD", "buy", PipsLevel(Decimal(25)), {"EURUSD": (108_000, 10)}, "0.40"),
            id="25 pips are 250 USD",
        ),
        pytest.param(
            *("USDJPY", "buy", PipsLevel(Decimal(50)), {"USDJPY": (149_990, 10)}, "0.29"),
            id="converted at the stop, 149.500: 50000 / 149.5 = 334.45",
        ),
        pytest.param(
            *("EURJPY", "buy", PipsLevel(Decimal(50))),
            *({"EURJPY": (165_000, 10), "USDJPY": (150_000, 10)}, "0.30"),
            id="a cross, yen owed at 150.000: 50000 / 150 = 333.33, 0.30 exactly",
        ),
        pytest.param(
            *("EURGBP", "sell", PipsLevel(Decimal(20))),
            *({"EURGBP": (86_000, 10), "GBPUSD": (126_990, 10)}, "0.39"),
            id="a cross, pounds owed at 1.27000: 200 x 1.27 = 254; 100 / 254 = 0.3937",
        ),
        pytest.param(
            *("XAUUSD", "buy", PriceLevel(Decimal("2392.00")), {"XAUUSD": (239_990, 10)}, "0.12"),
            id="gold, 8 dollars: 100 / 800 = 0.125",
        ),
    ],
)
@pytest.mark.parametrize("sizing", ["risk_money", "risk_percent"])
def test_a_hundred_dollars_in_every_kind_of_currency(sizing, symbol, side, stop, quotes, expected):
    here = desk(rules(sizing))
    for name, (bid, spread) in {"EURUSD": (108_000, 10), **quotes}.items():
        here.on_quote(quoted(spread, symbol=name, bid=bid))
    found = asked(here, symbol=symbol, side=SignalSide(side), stop_loss=stop)
    assert (found.refusal, found.lots) == (None, Decimal(expected))
    assert found.sizing["sizing"] == sizing


def test_fixed_lots_are_still_checked_by_the_risk_gate():
    """3 lots over 10 pips risk 300; 2 % of 10,000 is 200."""
    here = desk(rules("fixed_lots", lots=Decimal(3)))
    here.on_quote(quoted())
    found = asked(here)
    assert found.refusal is not None
    assert (found.refusal.code, found.refusal.actual) == (RefusalCode.RISK_TOO_HIGH, "300.00 USD")
    assert found.sizing["lots"] == "3.00"


def test_a_refusal_of_sizing_keeps_its_numbers():
    here = desk(rules("risk_money", risk_money=Decimal("0.5")))
    here.on_quote(quoted())
    found = asked(here)
    assert found.refusal is not None
    assert found.refusal.code is RefusalCode.LOTS_BELOW_MINIMUM
    assert found.refusal.text == (
        "0.50 USD at risk, with 100.00 USD lost per lot at the stop, allows 0.0050 lots of EURUSD; "
        "the smallest order is 0.01. Raise the risk or tighten the stop."
    )
    assert found.sizing["lots_before_rounding"] == "0.0050"


def test_kelly_with_a_calibrated_model():
    """10 pips lose 100, 15 win 150: b 1.5.

    Of 100 trades 60 won: p is 0.5360 at least (Wilson, 90 %), f* = p − (1 − p) / 1.5 = 0.2268, a
    quarter of it 5.7 %, capped 2 %.
    """
    here = desk(rules("kelly"), past=known(60, 40))
    here.on_quote(quoted())
    found = asked(here, take_profit=RLevel(Decimal("1.5")))
    assert (found.status, found.lots) == (SignalStatus.EXECUTED, Decimal("2.00"))
    shown = found.sizing
    assert (shown["reward_to_risk"], shown["kelly"], shown["risk"]) == (
        "1.5000",
        "0.2268",
        "200.00 USD",
    )


def test_kelly_without_an_edge_is_refused_with_its_numbers():
    """Of 73 trades 36 won: p is 0.4191 at least, and 2 p − 1 is below 0."""
    here = desk(rules("kelly"), past=known(36, 37))
    here.on_quote(quoted())
    found = asked(here, take_profit=RLevel(Decimal(1)))
    assert found.refusal is not None
    assert found.refusal.code is RefusalCode.NO_EDGE
    assert found.refusal.text == (
        "With a probability of winning of ≥ 0.4191 and a reward of 1.0000 times the risk, net of "
        "costs, Kelly's share of equity is -0.1618; only more than 0 is traded. A farther "
        "take_profit or a better model would have an edge."
    )
    assert (found.sizing["trades"], found.sizing["trades_needed"]) == ("73", "50")


@pytest.mark.parametrize(
    ("past", "trades"), [(Past(), "0"), (known(44, 5), "49")], ids=["nobody", "few"]
)
def test_kelly_without_evidence_is_risk_percent(past, trades):
    here = desk(rules("kelly"), past=past)
    here.on_quote(quoted())
    found = asked(here, take_profit=RLevel(Decimal(2)))
    assert found.lots == Decimal("1.00")
    assert (found.sizing["trades"], found.sizing["risk"]) == (trades, "100.00 USD")


@pytest.mark.parametrize(
    ("profile", "gain"),
    [("standard", Fraction(150)), ("raw", Fraction(143))],
    ids=["150", "150 less 3.50 a side"],
)
def test_a_reward_is_net_of_costs(profile, gain):
    board = PriceBoard(read_profile(profile))
    board.quotes["EURUSD"] = quoted()
    found = gain_at_target(board, "EURUSD", "USD", Side.BUY, (108_010, 108_160))
    assert found == gain
    sold = gain_at_target(board, "EURUSD", "USD", Side.SELL, (108_000, 107_850))
    assert sold == gain


def test_a_reward_is_converted_where_it_will_be_taken():
    """50 pips of USDJPY to 150.500 bid, 150.510 ask: 50000 / 150.51; a loss is at the bid."""
    board = PriceBoard(read_profile("standard"))
    board.quotes["USDJPY"] = quoted(10, symbol="USDJPY", bid=149_990)
    found = gain_at_target(board, "USDJPY", "USD", Side.BUY, (150_000, 150_500))
    assert found == Fraction(50_000) / Fraction("150.51")
    sold = gain_at_target(board, "USDJPY", "USD", Side.SELL, (149_990, 149_490))
    assert sold == Fraction(50_000) / Fraction("149.49")
    lost = loss_at_stop(board, "USDJPY", "USD", Side.BUY, (150_000, 149_500))
    assert lost == Fraction(50_000) / Fraction("149.5")


def test_a_reward_of_a_cross_is_received_at_the_bid():
    """200 pounds at 1.26990, without a quote unknown."""
    board = PriceBoard(read_profile("standard"))
    board.quotes["EURGBP"] = quoted(10, symbol="EURGBP", bid=86_000)
    prices = (86_010, 86_210)
    assert gain_at_target(board, "EURGBP", "USD", Side.BUY, prices) is None
    board.quotes["GBPUSD"] = quoted(10, symbol="GBPUSD", bid=126_990)
    assert gain_at_target(board, "EURGBP", "USD", Side.BUY, prices) == 200 * Fraction("1.2699")


def past_of(points: int, symbol: str = "EURUSD") -> Past:
    """Return a past in which each of the 19 days up to 18 September moved so far."""
    volatility = Volatility()
    for one in days([points] * 19, symbol):
        volatility.on_bar(one)
    return Past(volatility=volatility)


@pytest.mark.parametrize(
    ("symbol", "points", "quotes", "expected", "lost"),
    [
        pytest.param(
            *("EURUSD", 800, {"EURUSD": (108_000, 10)}, "0.12", "800.00 USD"),
            id="80 pips are 800 USD; 100 / 800 = 0.125",
        ),
        pytest.param(
            *("USDJPY", 1200, {"USDJPY": (150_000, 10)}, "0.12", "800.00 USD"),
            id="120 pips are 120,000 JPY, owed at 150.000: 800 USD",
        ),
        pytest.param(
            *("EURGBP", 500, {"EURGBP": (86_000, 10), "GBPUSD": (126_990, 10)}),
            *("0.15", "635.00 USD"),
            id="50 pips are 500 GBP, owed at 1.27: 635 USD; 100 / 635 = 0.1574",
        ),
        pytest.param(
            *("XAUUSD", 2500, {"XAUUSD": (239_990, 10)}, "0.04", "2500.00 USD"),
            id="25 dollars on 100 ounces: 100 / 2500",
        ),
    ],
)
def test_an_average_day_costs_one_per_cent(symbol, points, quotes, expected, lost):
    here = desk(rules("volatility"), past=past_of(points, symbol))
    for name, (bid, spread) in {"EURUSD": (108_000, 10), **quotes}.items():
        here.on_quote(quoted(spread, symbol=name, bid=bid))
    found = asked(here, symbol=symbol, stop_loss=PipsLevel(Decimal(25)))
    assert (found.refusal, found.lots) == (None, Decimal(expected))
    assert found.sizing["loss_per_lot_on_average_day"] == lost


def test_without_days_it_is_risk_percent():
    here = desk(rules("volatility"))
    here.on_quote(quoted())
    found = asked(here)
    assert found.lots == Decimal("1.00")
    assert found.sizing["average_day"] == "unknown yet: risk_percent instead"


def test_quotes_are_measured_only_where_a_rule_asks_for_it():
    gold = Rule(symbol="XAU*", changes={"sizing": SizingMode.VOLATILITY})
    assert desk(None, gold).measures_days
    assert desk(rules("volatility")).measures_days
    here = desk(rules("kelly"), past=Past())
    here.on_quote(quoted())
    assert not here.measures_days
    assert here.past.volatility._days == {}


def recorded(at: list[Instant], bid: list[int]) -> Tape:
    prices = np.array(bid, dtype=np.int64)
    nobody = np.zeros(len(at), dtype=np.int16)
    return Tape(("EURUSD",), nobody, prices, prices + 10, np.array(at, dtype=np.int64), FILE)


def told(events: list[Recorded]) -> list[bytes]:
    return [encode_event(one.event) for one in events]


def test_a_replay_measures_the_days_of_its_tape_and_skips_none():
    """A signal on the 3rd day falls back, one on the 18th is sized by 80 pips a day."""
    chance = np.random.default_rng(7)
    at, bid = [], []
    for begins in beginnings(19):
        for hour in range(24):
            swing = {3: 800, 9: 0}.get(hour, int(chance.integers(1, 800)))
            at.append(begins + hour * HOUR)
            bid.append(108_000 + swing)
    signals = []
    for number, day in ((1, 2), (2, 17)):
        begins = beginnings(19)[day] + 12 * HOUR
        signals.append(signal(f"s{number}", begins, stop_loss=PipsLevel(Decimal(90))))
    tape = recorded(at, bid)
    here, other = desk(rules("volatility")), desk(rules("volatility"))
    skipping = list(replay(tape, signals, here, lambda _: None))
    every = list(replay_every([tape.quote(place) for place in range(len(tape))], signals, other))
    assert told(skipping) == told(every)
    decisions = [one.event.decision for one in skipping if hasattr(one.event, "decision")]
    first, second = (decision.sizing for decision in decisions)
    assert first["average_day"] == "unknown yet: risk_percent instead"
    # 1 % of what 10,000 have become over 800 a lot.
    assert second["average_day"] == "80.0 pips"
    assert second["loss_per_lot_on_average_day"] == "800.00 USD"


def test_a_replay_of_bars_measures_whole_bars_and_not_their_opens_alone():
    """Each day is one bar of an hour, 80 pips high, that opens at its lowest."""
    bars = days([800] * 19)
    begins = bars[16].opened_at - HOUR
    ways = {"EURUSD": Bars(10, HOUR)}
    one = signal("one", begins, expires_at=begins + 24 * HOUR, stop_loss=PipsLevel(Decimal(90)))
    here = desk(rules("volatility"))
    caused = list(replay_bars({"EURUSD": bars}, [one], here, ways, {}, lambda _: None))
    found = decided(caused)
    assert found is not None
    assert found.sizing["average_day"] == "80.0 pips"
    assert found.lots == Decimal("0.12")
