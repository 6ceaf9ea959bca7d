"""Bars of the past: fetched once, in pieces, kept, made longer, and never of a closed market."""

from __future__ import annotations

import asyncio

import pytest

from fxpaper.aggregator.history import History
from fxpaper.aggregator.source import Capabilities, Span
from fxpaper.clock import ManualClock
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Spread, Transport
from fxpaper.engine.sessions import forex_is_open
from fxpaper.errors import InputError, RateLimitedError
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments
EURUSD = KNOWN["EURUSD"]
NOW = parse_instant("2026-11-18T12:00:30Z")
HOUR = 3600 * NS_PER_SECOND
EVIDENCE = Evidence("past", Transport.REST, Spread.MODELLED, Grade.C)


class Past:
    """A source with a past; it notes what it is asked for."""

    name = "past"
    capabilities = Capabilities(
        title="Past",
        evidence=EVIDENCE,
        sides="",
        updates="",
        history="",
        free_plan="",
        past=("1m", "1h"),
        past_bars=24,
    )

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.asked: list[Span] = []
        self.fault: Exception | None = None

    def supports(self, symbol: str) -> bool:
        return symbol == "EURUSD"

    async def history(self, symbol: str, span: Span) -> list[Bar]:
        await asyncio.sleep(0)
        self.asked.append(span)
        if self.fault is not None and len(self.asked) > 1:
            raise self.fault
        length = INTERVALS[span.interval] * NS_PER_SECOND
        return [
            Bar(symbol, span.interval, at, 1 + n, 9 + n, 1 + n, 5 + n, 0, closed=True, source="x")
            for n, at in enumerate(range(-(-span.begins // length) * length, span.ends, length))
            if at + length <= self.clock.now()
        ]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def past(clock) -> Past:
    return Past(clock)


@pytest.fixture
def history(tmp_path, past, clock) -> History:
    return History(tmp_path, [past], clock, forex_is_open)


def stretch(begins: str, ends: str) -> tuple[int, int]:
    return parse_instant(begins), parse_instant(ends)


async def test_what_was_fetched_is_not_fetched_again(history, past, tmp_path, clock):
    two_days = stretch("2026-11-16T00:00:00Z", "2026-11-18T00:00:00Z")
    bars = await history.bars(EURUSD, "1h", two_days)
    assert len(bars) == 48
    assert [(one.ends - one.begins) // HOUR for one in past.asked] == [24, 24]
    assert await history.bars(EURUSD, "1h", two_days) == bars
    again = History(tmp_path, [past], clock, forex_is_open)
    assert await again.bars(EURUSD, "1h", two_days) == bars
    assert len(past.asked) == 2


async def test_only_what_is_missing_is_fetched(history, past):
    await history.bars(EURUSD, "1h", stretch("2026-11-17T06:00:00Z", "2026-11-17T12:00:00Z"))
    await history.bars(EURUSD, "1h", stretch("2026-11-17T00:00:00Z", "2026-11-17T18:00:00Z"))
    hours = [(one.begins // HOUR % 24, one.ends // HOUR % 24) for one in past.asked]
    assert hours == [(6, 12), (0, 6), (12, 18)]


async def test_a_weekend_is_neither_asked_for_nor_kept(history, past):
    weekend = stretch("2026-11-13T20:00:00Z", "2026-11-16T02:00:00Z")
    bars = await history.bars(EURUSD, "1h", weekend)
    days = [(one.opened_at - weekend[0]) // HOUR for one in bars]
    assert days == [0, 1, 50, 51, 52, 53]
    assert len(past.asked) == 3 - 1


async def test_an_hour_that_is_not_over_is_fetched_when_it_is(history, past, clock):
    begins = parse_instant("2026-11-18T10:00:00Z")
    today = (begins, begins + 10 * HOUR)
    assert len(await history.bars(EURUSD, "1h", today)) == 2
    assert len(await history.bars(EURUSD, "1h", today)) == 2
    assert len(past.asked) == 1
    clock.move_to(NOW + HOUR)
    assert len(await history.bars(EURUSD, "1h", today)) == 3
    assert len(past.asked) == 2


async def test_days_are_made_of_hours(history, past):
    days = await history.bars(EURUSD, "1d", stretch("2026-11-16T12:00:00Z", "2026-11-18T12:00:00Z"))
    assert [one.opened_at for one in days] == [
        parse_instant("2026-11-16T00:00:00Z"),
        parse_instant("2026-11-17T00:00:00Z"),
    ]
    assert (days[0].open, days[0].high, days[0].low, days[0].close) == (1, 32, 1, 28)
    assert {one.interval for one in past.asked} == {"1h"}


async def test_callers_at_the_same_time_share_one_fetch(history, past):
    day = stretch("2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z")
    found = await asyncio.gather(*(history.bars(EURUSD, "1h", day) for _ in range(50)))
    assert {len(bars) for bars in found} == {24}
    assert len(past.asked) == 1


async def test_a_spent_plan_keeps_what_was_fetched(history, past):
    past.fault = RateLimitedError("spent", NOW + HOUR)
    two_days = stretch("2026-11-16T00:00:00Z", "2026-11-18T00:00:00Z")
    with pytest.raises(RateLimitedError):
        await history.bars(EURUSD, "1h", two_days)
    past.fault = None
    assert len(await history.bars(EURUSD, "1h", two_days)) == 48
    assert len(past.asked) == 3


async def test_progress_is_told(history):
    told: list[float] = []
    four_days = stretch("2026-11-14T12:00:00Z", "2026-11-18T12:00:00Z")
    await history.bars(EURUSD, "1h", four_days, told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0


async def test_no_source_with_a_past_is_a_sentence(history):
    with pytest.raises(InputError, match="No configured source has a past of XAUUSD"):
        await history.bars(KNOWN["XAUUSD"], "1h", (NOW - HOUR, NOW))


async def test_a_damaged_file_says_what_to_do(history, tmp_path):
    day = stretch("2026-11-17T00:00:00Z", "2026-11-18T00:00:00Z")
    await history.bars(EURUSD, "1h", day)
    (tmp_path / "past" / "EURUSD" / "1h" / "2026-11.parquet").write_bytes(b"PAR1 not")
    with pytest.raises(InputError, match="is damaged"):
        await history.bars(EURUSD, "1h", day)
