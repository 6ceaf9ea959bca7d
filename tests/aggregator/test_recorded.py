"""A recording is played at its speed and moves the market's clock."""

from __future__ import annotations

import itertools

import pytest

from fxpaper.aggregator.recording import Recording, read_recording
from fxpaper.aggregator.sources.recorded import RecordedSource
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.errors import TransientError

START = parse_instant("2013-01-01T22:00:00Z")
SECOND = NS_PER_SECOND
LINES = """timestamp,symbol,bid,ask
2013-01-01T22:00:00Z,USDJPY,86.655,86.728
2013-01-01T22:00:00.5Z,EURUSD,1.32000,1.32010
2013-01-01T22:00:02Z,USDJPY,86.657,86.728
"""


class Stopwatch:
    """Wall time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.seconds += seconds

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def recording(tmp_path, instruments):
    path = tmp_path / "ticks.csv"
    path.write_text(LINES)
    return read_recording(path, instruments)


def play(
    recording: Recording, speed: float | None
) -> tuple[RecordedSource, ManualClock, Stopwatch]:
    clock, watch = ManualClock(START), Stopwatch()
    return RecordedSource(recording, clock, speed, watch.wait, watch), clock, watch


async def test_the_clock_shows_each_quotes_time_when_the_quote_is_given(recording):
    source, clock, watch = play(recording, None)
    both = frozenset({"USDJPY", "EURUSD"})
    seen = [(quote.bid, clock.now() - START) async for quote in source.quotes(both)]
    assert seen == [(86_655, 0), (132_000, SECOND // 2), (86_657, 2 * SECOND)]
    assert watch.seconds == 0


@pytest.mark.parametrize(("speed", "seconds"), [(1.0, 2.0), (4.0, 0.5)])
async def test_playing_takes_the_recordings_time_divided_by_the_speed(recording, speed, seconds):
    source, _, watch = play(recording, speed)
    async for _ in source.quotes(frozenset({"USDJPY"})):
        pass
    assert watch.seconds == pytest.approx(seconds, abs=1e-6)


async def test_between_quotes_the_clock_moves_ten_times_a_second(recording):
    source, clock, watch = play(recording, 1.0)
    shown = []

    async def wait(seconds: float) -> None:
        shown.append(clock.now() - START)
        await watch.wait(seconds)

    source._wait = wait
    async for _ in source.quotes(frozenset({"USDJPY"})):
        pass
    assert max(watch.waits) <= 0.1
    steps = [after - before for before, after in itertools.pairwise(shown)]
    assert max(steps) <= SECOND // 10 + 1000


async def test_a_second_run_goes_on_where_the_first_stopped(recording):
    source, _, _ = play(recording, None)
    both = frozenset({"USDJPY", "EURUSD"})
    async for quote in source.quotes(both):
        assert quote.bid == 86_655
        break
    assert [quote.bid async for quote in source.quotes(both)] == [132_000, 86_657]
    assert [quote.bid async for quote in source.quotes(both)] == []


async def test_a_recording_cannot_be_asked_and_has_no_past(recording):
    source, _, _ = play(recording, None)
    assert source.supports("EURUSD")
    assert not source.supports("GBPUSD")
    assert await source.history("EURUSD") == []
    assert await source.usage() is None
    with pytest.raises(TransientError):
        await source.fetch("EURUSD")
