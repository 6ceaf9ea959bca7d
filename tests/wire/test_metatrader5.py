"""The terminal on the same machine, through a stand-in for MetaTrader's Windows-only package.

Nothing here has run against the real package or a real terminal; see ``terminal_package.py``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import replace
from functools import partial

import pytest

from fxpaper.aggregator.registry import known_sources
from fxpaper.aggregator.source import Span
from fxpaper.aggregator.sources.metatrader5 import SPEC, MetaTrader5Source
from fxpaper.aggregator.sources.metatrader5_clock import Tick, TickClock, Trail
from fxpaper.config import Settings
from fxpaper.configured_sources import sources_of
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Grade, Quote, Spread
from fxpaper.errors import ConfigurationError, TransientError
from tests.wire.terminal_package import TerminalPackage

NOW = parse_instant("2026-11-18T12:00:30Z")
HOUR = 3600
TWO_HOURS = 2 * HOUR
EURUSD = frozenset({"EURUSD"})


@pytest.fixture
def package(clock) -> TerminalPackage:
    terminal = TerminalPackage(clock, TWO_HOURS)
    terminal.quote(1.08, late_ms=90_000)
    return terminal


@pytest.fixture
async def source(package, setup):
    made = MetaTrader5Source("auto", setup, package, pause=0.0)
    yield made
    await made.close()


def moves(package: TerminalPackage, count: int, first: float = 1.081) -> list[Callable[[], None]]:
    """Return so many quotes, each a tenth of a second after the one before."""

    def move(number: int) -> None:
        package.pass_time(0.1)
        package.quote(round(first + number * 0.0001, 5), late_ms=40)

    return [partial(move, number) for number in range(count)]


async def first_quotes(source, count: int, symbols=EURUSD) -> list[Quote]:
    found = []
    async with asyncio.timeout(3), aclosing(source.quotes(symbols)) as quotes:
        async for quote in quotes:
            found.append(quote)
            if len(found) == count:
                break
    return found


async def test_nothing_is_quoted_before_the_clock_is_known_and_nothing_is_lost_then(
    package, source
):
    """The first look shows an old tick, three moves tell the clock, and then all come."""
    package.script = [lambda: None, *moves(package, 5)]
    found = await first_quotes(source, 5)
    assert [one.bid for one in found] == [108_100, 108_110, 108_120, 108_130, 108_140]
    assert {one.ask - one.bid for one in found} == {10}
    assert [one.quoted_at for one in found] == [
        NOW + (100 * number - 40) * NS_PER_MS for number in (1, 2, 3, 4, 5)
    ]
    assert found[0].received_at == NOW + 300 * NS_PER_MS
    evidence = found[0].evidence
    assert (evidence.source, evidence.grade, evidence.spread) == (
        "metatrader5",
        Grade.A,
        Spread.REAL,
    )
    assert ("symbol_select", "EURUSD.m", True) in package.told
    assert package.told[0] == ("initialize",)


async def test_ticks_between_two_looks_and_of_one_millisecond_all_come_once(package, source):
    def burst() -> None:
        package.pass_time(0.05)
        for bid in (1.09, 1.0901, 1.0901, 1.0902):
            package.quote(bid)

    package.script = [lambda: None, *moves(package, 3), burst, lambda: None, burst]
    found = await first_quotes(source, 11)
    assert [one.bid for one in found[3:]] == [109_000, 109_010, 109_010, 109_020] * 2


async def test_a_tick_without_both_sides_is_none(package, source):
    package.script = [
        lambda: None,
        *moves(package, 3),
        lambda: package.quote(1.2, ask=0.0),
        lambda: (package.pass_time(1), package.quote(1.09)),
    ]
    assert [one.bid for one in await first_quotes(source, 4)][3] == 109_000


async def test_the_offset_outlives_the_connection_and_the_weekend(package, source):
    package.script = [lambda: None, *moves(package, 3)]
    await first_quotes(source, 3)
    package.pass_time(2 * 86_400)
    [quote] = await first_quotes(source, 1)
    assert quote.quoted_at == NOW + 260 * NS_PER_MS


async def test_a_closed_terminal_is_a_sentence_and_is_connected_anew(package, source):
    package.script = [lambda: None, *moves(package, 3), lambda: setattr(package, "open", False)]
    with pytest.raises(TransientError, match=r"does not quote EURUSD.m: No IPC connection \(-10"):
        await first_quotes(source, 4)
    with pytest.raises(TransientError, match=r"cannot be reached: IPC .*check metatrader5_path"):
        await first_quotes(source, 1)
    package.open = True
    package.script = moves(package, 1)
    assert len(await first_quotes(source, 1)) == 1
    assert [one[0] for one in package.told].count("initialize") == 3


async def test_a_terminal_without_its_broker_or_the_symbol_says_so(package, source):
    package.reaches_broker = False
    with pytest.raises(TransientError, match="has no connection to its broker"):
        await first_quotes(source, 1)
    package.reaches_broker = True
    with pytest.raises(TransientError, match="has none of USDJPY"):
        await first_quotes(source, 1, frozenset({"USDJPY"}))
    assert source.supports("GBPUSD")
    assert not source.supports("USDJPY")
    package.script = [lambda: setattr(package, "reaches_broker", False)]
    with pytest.raises(TransientError, match="has no connection to its broker"):
        await first_quotes(source, 1)


async def test_a_path_that_is_none_stops_the_source(setup, package, tmp_path):
    missing = tmp_path / "terminal64.exe"
    source = MetaTrader5Source(str(missing), setup, package)
    with pytest.raises(ConfigurationError, match="there is no such file"):
        await first_quotes(source, 1)
    missing.touch()
    await source._show(EURUSD)
    assert package.told[0] == ("initialize", str(missing))
    await source.close()


@pytest.mark.skipif(sys.platform == "win32", reason="there it is installed")
async def test_a_package_that_is_not_there_stops_the_source(setup):
    source = MetaTrader5Source("auto", setup)
    with pytest.raises(ConfigurationError, match="pip install MetaTrader5"):
        await first_quotes(source, 1)
    await source.close()


async def test_a_broker_symbol_that_a_person_chose_is_taken(setup, package):
    chosen = replace(setup, broker_names={"EURUSD": "GBPUSD.m"})
    source = MetaTrader5Source("auto", chosen, package)
    assert await source._show(EURUSD) == {"GBPUSD.m": "EURUSD"}
    await source.close()


async def test_bars_are_in_utc_by_the_clock_of_then(package, source):
    """A clock seven hours ahead of New York's is UTC+2 in November and was UTC+3 in October."""
    package.script = [lambda: None, *moves(package, 3)]
    november, october = (parse_instant(f"2026-{day}T10:00:00Z") for day in ("11-18", "10-14"))
    package.bars = [
        (october // NS_PER_SECOND + 3 * HOUR, 1.07),
        (november // NS_PER_SECOND + 2 * HOUR, 1.08),
        (november // NS_PER_SECOND + 4 * HOUR, 1.09),
    ]
    for day, bid in ((october, 107_000), (november, 108_000)):
        [bar] = await source.history("EURUSD", Span("1h", day, day + HOUR * NS_PER_SECOND))
        assert (bar.opened_at, bar.open, bar.high, bar.low) == (day, bid, bid + 100, bid - 100)
    late = Span("1h", november, november + 5 * HOUR * NS_PER_SECOND)
    assert [one.open for one in await source.history("EURUSD", late)] == [108_000]
    assert package.told[-1][1:3] == ("EURUSD.m", 16385)


async def test_the_latest_minutes_come_unasked_and_nothing_comes_without_the_clock(package, source):
    with pytest.raises(TransientError, match=r"EURUSD\.m does not; try again while the market"):
        await source.history("EURUSD")
    package.script = moves(package, 3)
    minute = NOW // NS_PER_SECOND - 30
    package.bars = [(minute + TWO_HOURS - 60, 1.08), (minute + TWO_HOURS, 1.09)]
    [bar] = await source.history("EURUSD")
    assert (bar.interval, bar.opened_at, bar.closed) == ("1m", (minute - 60) * NS_PER_SECOND, True)


def test_only_moves_of_now_tell_the_clock():
    """A tick that stands, one that is late, and a single jump of a terminal that loads do not."""
    clock, ms = TickClock(), NOW // NS_PER_MS
    ahead = TWO_HOURS * 1000
    for _ in range(5):
        clock.see("A", ms - 172_800_000, NOW)
    for late in (400_000, 300_000, 200_000, 100_000):
        clock.see("B", ms + ahead - late, NOW)
    clock.see("A", ms - 86_400_000 + 1000, NOW)
    assert not clock.trusted
    for step in (1, 2, 3):
        clock.see("A", ms + ahead + step, NOW)
    assert clock.trusted
    assert clock.utc(ms + ahead) == ms * NS_PER_MS


def test_a_clock_that_changes_is_not_trusted_until_three_moves_agree():
    clock, ms = TickClock(), NOW // NS_PER_MS
    for step, ahead in enumerate((2, 2, 2, 2, 3, 3)):
        clock.see("A", ms + ahead * 3_600_000 + step, NOW)
        assert clock.trusted == (step == 3)
    clock.see("A", ms + 3 * 3_600_000 + 7, NOW)
    assert clock.trusted
    assert clock.utc(ms + 3 * 3_600_000) == ms * NS_PER_MS


def test_a_full_copy_is_taken_before_the_newest():
    trail = Trail(Tick(1000, 1.0, 1.1))
    copied = [Tick(ms, 1.0, 1.1) for ms in (1000, 1001, 1002)]
    assert trail.take(copied, None) == copied[1:]
    assert trail.begins == 1
    assert trail.take(copied, Tick(2000, 1.2, 1.3)) == [Tick(2000, 1.2, 1.3)]
    assert trail.take([Tick(2000, 1.2, 1.3)], Tick(2000, 1.2, 1.3)) == []


def test_elsewhere_than_on_windows_it_is_known_and_takes_no_part(setup, monkeypatch):
    """The settings of a Windows machine still start a daemon here."""
    assert list(known_sources())[1] == "metatrader5"
    unfit = replace(SPEC, unfit="metatrader5 works on Windows only")
    monkeypatch.setitem(known_sources(), "metatrader5", unfit)
    settings = Settings(metatrader5_path="auto", sources=("metatrader5", "yahoo"))
    assert [one.name for one in sources_of(settings, setup)] == ["yahoo"]
    alone = Settings(metatrader5_path="auto", sources=("metatrader5",))
    with pytest.raises(ConfigurationError, match="metatrader5 works on Windows only"):
        sources_of(alone, setup)


@pytest.mark.skipif(sys.platform == "win32", reason="says what is so elsewhere")
def test_it_says_in_a_sentence_where_it_works(setup):
    assert "the Expert Advisor hands over the same prices" in SPEC.unfit
    with pytest.raises(ConfigurationError, match="works on Windows only"):
        SPEC.make(replace(setup, keys={"metatrader5_path": "auto"}))
