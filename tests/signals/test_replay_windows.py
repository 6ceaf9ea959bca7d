"""Skipping through a tape with windows gives the same bytes as feeding every quote."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fxpaper.domain.event import Recorded, encode_event
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from fxpaper.domain.signal import PipsLevel, Signal
from fxpaper.domain.window import read_window
from fxpaper.engine.tape import Tape
from fxpaper.signals.desk import Desk
from fxpaper.signals.news import Calendar, Impact, NewsEvent
from fxpaper.signals.replay import replay, replay_every
from fxpaper.signals.rules import SignalRules
from tests.signals.builders import NOW, decided, desk, signal

SECOND = NS_PER_SECOND
EVIDENCE = Evidence("recorded", Transport.FILE, Spread.REAL, Grade.A)
SYMBOLS = ("EURUSD", "GBPUSD")
RULES = SignalRules(
    rollover_window=(read_window("10:14-10:16 America/New_York"),),
    trading_hours=(read_window("10:13-10:30 America/New_York"),),
    news_before_minutes=1,
    news_after_minutes=2,
    max_open_risk_percent=Decimal(100),
    max_leg_risk_percent=Decimal(100),
)


def tape(seed: int, length: int) -> Tape:
    chance = np.random.default_rng(seed)
    number = chance.integers(0, 2, length).astype(np.int16)
    bid = np.where(number == 0, 108_000, 127_000) + chance.integers(-40, 41, length).cumsum()
    at = NOW + chance.integers(0, 9, length).cumsum() * SECOND
    return Tape(SYMBOLS, number, bid, bid + chance.integers(1, 60, length), at, EVIDENCE)


def stage(events: list[tuple[int, str]]) -> Desk:
    here = desk(RULES)
    here.use_calendar(
        Calendar(NewsEvent(NOW + at * SECOND, whose, Impact.HIGH, "CPI") for at, whose in events)
    )
    return here


def written(events: list[Recorded]) -> list[bytes]:
    return [f"{one.seq} {one.at} ".encode() + encode_event(one.event) for one in events]


SIGNALS = st.tuples(
    st.integers(0, 1200), st.sampled_from(SYMBOLS), st.integers(1, 600), st.integers(5, 40)
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 2**32),
    length=st.integers(1, 300),
    said=st.lists(SIGNALS, min_size=1, max_size=8),
    events=st.lists(
        st.tuples(st.integers(0, 1500), st.sampled_from(["USD", "EUR", "GBP", "JPY"])), max_size=4
    ),
)
def test_skipping_gives_the_same_bytes(seed, length, said, events):
    signals: list[Signal] = [
        signal(
            str(number),
            NOW + at * SECOND,
            symbol=symbol,
            expires_at=NOW + (at + lives) * SECOND,
            stop_loss=PipsLevel(Decimal(pips)),
        )
        for number, (at, symbol, lives, pips) in enumerate(sorted(said))
    ]
    whole = tape(seed, length)
    skipped = list(replay(whole, signals, stage(events), lambda _: None))
    every = list(replay_every(map(whole.quote, range(length)), signals, stage(events)))
    assert written(skipped) == written(every)


def test_a_signal_is_executed_in_a_replay_when_the_window_ends():
    """Quotes at 14:13:20, :57 and 14:17:20 UTC, the window until 14:14: decided on the second."""
    at = np.array([NOW, NOW + 37 * SECOND, NOW + 240 * SECOND])
    bid = np.array([108_000, 108_001, 108_500])
    rules = SignalRules(rollover_window=(read_window("10:13-10:14 America/New_York"),))
    whole = Tape(("EURUSD",), np.zeros(3, dtype=np.int16), bid, bid + 10, at, EVIDENCE)
    one = signal("one", NOW, expires_at=NOW + 300 * SECOND)
    decision = decided(replay(whole, [one], desk(rules), lambda _: None))
    assert decision is not None
    assert (decision.at, decision.entry_price) == (NOW + 40 * SECOND, 108_011)
