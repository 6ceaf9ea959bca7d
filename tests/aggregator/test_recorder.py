"""Recorded quotes: days as Parquet, nothing lost by a crash but its last second, replayed as is."""

from __future__ import annotations

import asyncio
import contextlib

import pyarrow.parquet as pa_parquet
import pytest

from fxpaper.aggregator.recorder import Recorder
from fxpaper.aggregator.recording import read_recording
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments
NOON = parse_instant("2026-11-18T12:00:00Z")
SECOND = NS_PER_SECOND


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def recorder(tmp_path, clock) -> Recorder:
    return Recorder(tmp_path / "recordings", KNOWN, clock)


def replayed(path) -> list[tuple[str, int, int, int]]:
    recording = read_recording(path, KNOWN)
    return [(one.symbol, one.bid, one.ask, one.quoted_at) for one in recording]


async def test_what_was_passed_on_is_replayed_at_the_times_it_was_received(
    recorder, tmp_path, quote
):
    recorder.note(quote(108_240, 108_252, NOON - SECOND, NOON))
    recorder.note(quote(150_001, 150_013, NOON, NOON + SECOND, "USDJPY"))
    recorder.write()
    recorder.fold()
    assert replayed(tmp_path / "recordings" / "2026-11-18.parquet") == [
        ("EURUSD", 108_240, 108_252, NOON),
        ("USDJPY", 150_001, 150_013, NOON + SECOND),
    ]
    table = pa_parquet.read_table(tmp_path / "recordings" / "2026-11-18.parquet").to_pylist()
    assert (table[0]["source"], table[0]["grade"], table[0]["spread"]) == ("stream", "A", "real")
    assert table[0]["quoted_at"].isoformat() == "2026-11-18T11:59:59+00:00"


async def test_the_present_day_can_be_replayed_while_it_grows(recorder, tmp_path, quote):
    recorder.note(quote(108_240, 108_252))
    recorder.write()
    path = tmp_path / "recordings" / "2026-11-18.csv"
    assert replayed(path) == [("EURUSD", 108_240, 108_252, NOON)]


async def test_a_day_that_is_over_becomes_parquet_and_the_next_begins(
    recorder, clock, tmp_path, quote
):
    recorder.note(quote())
    recorder.note(quote(108_250, at=NOON + 12 * 3600 * SECOND))
    clock.move_to(NOON + 12 * 3600 * SECOND)
    recorder.write()
    names = {path.name for path in (tmp_path / "recordings").iterdir()}
    assert names == {"2026-11-18.parquet", "2026-11-19.csv"}


async def test_a_second_run_on_one_day_adds_to_its_file(clock, tmp_path, quote):
    for number in range(2):
        another = Recorder(tmp_path / "recordings", KNOWN, clock)
        another.note(quote(108_240 + number, at=NOON + number * SECOND))
        another.write()
        another.fold()
    path = tmp_path / "recordings" / "2026-11-18.parquet"
    assert [bid for _, bid, _, _ in replayed(path)] == [108_240, 108_241]


async def test_what_a_crash_left_is_taken_in_and_a_torn_line_is_dropped(
    recorder, clock, tmp_path, quote
):
    recorder.note(quote())
    recorder.note(quote(108_250, at=NOON + SECOND))
    recorder.write()
    path = tmp_path / "recordings" / "2026-11-18.csv"
    path.write_bytes(path.read_bytes()[:-9])
    Recorder(tmp_path / "recordings", KNOWN, clock).fold()
    assert len(replayed(path.with_suffix(".parquet"))) == 1
    assert not path.exists()


async def test_a_crash_between_folding_and_removing_doubles_nothing(recorder, tmp_path, quote):
    recorder.note(quote())
    recorder.write()
    path = tmp_path / "recordings" / "2026-11-18.csv"
    lines = path.read_bytes()
    recorder.fold()
    path.write_bytes(lines)
    recorder.fold()
    assert len(replayed(path.with_suffix(".parquet"))) == 1


async def test_times_of_a_file_never_fall(recorder, tmp_path, quote):
    recorder.note(quote(received_at=NOON + SECOND))
    recorder.note(quote(108_250, received_at=NOON))
    recorder.write()
    times = [at for _, _, _, at in replayed(tmp_path / "recordings" / "2026-11-18.csv")]
    assert times == [NOON + SECOND, NOON + SECOND]


async def test_a_disk_that_refuses_loses_nothing_once_it_works_again(recorder, tmp_path, quote):
    blocked = tmp_path / "recordings"
    blocked.write_text("in the way")
    recorder.note(quote())
    recorder.write()
    blocked.unlink()
    recorder.note(quote(108_250, at=NOON + SECOND))
    recorder.write()
    assert len(replayed(blocked / "2026-11-18.csv")) == 2


async def test_stopping_closes_the_day(recorder, tmp_path, quote):
    recorder.note(quote())
    running = asyncio.create_task(recorder.run())
    await asyncio.sleep(0.01)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert len(replayed(tmp_path / "recordings" / "2026-11-18.parquet")) == 1
