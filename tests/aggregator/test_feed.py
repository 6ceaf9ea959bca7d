"""The feed outlives its sources, and says what it knows about them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from fxpaper.aggregator.feed import Extras, PriceFeed
from fxpaper.aggregator.probes import Probes
from fxpaper.aggregator.quality import Reason
from fxpaper.aggregator.recorder import Recorder
from fxpaper.aggregator.recording import read_recording
from fxpaper.aggregator.source import Capabilities, Finding, SourceCondition, Span, Usage
from fxpaper.aggregator.sources.recorded import RecordedSource
from fxpaper.aggregator.sources.simulator import SimulatorSource
from fxpaper.aggregator.store import open_store
from fxpaper.clock import ManualClock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.engine.sessions import forex_is_open
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError
from fxpaper.profiles import read_profile

NOON = parse_instant("2026-11-18T12:00:00Z")
SATURDAY = parse_instant("2026-11-21T12:00:00Z")
SECOND = NS_PER_SECOND
EURUSD = ("EURUSD",)
KNOWN = read_profile("standard").instruments


class Line:
    """A source at whose other end the test sits: it says quotes or breaks down when told to."""

    def __init__(
        self,
        name: str,
        clock: ManualClock,
        *,
        polled: bool = False,
        grade: Grade = Grade.A,
        symbols: tuple[str, ...] = ("EURUSD", "USDJPY"),
    ) -> None:
        self.symbols = symbols
        self.name = name
        self.polled = polled
        transport = Transport.REST if polled else Transport.STREAM
        self.evidence = Evidence(name, transport, Spread.REAL, grade)
        self.capabilities = Capabilities(
            title=name, evidence=self.evidence, sides="", updates="", history="", free_plan=""
        )
        self.runs: list[frozenset[str]] = []
        self.raw = ""
        self.latest: Quote | None = None
        self.asked = 0
        self.looks = 0
        self.probes = 0
        self.closed = False
        self.past: list[Bar] = []
        self.answer: Quote | Exception | None = None
        self._clock = clock
        self._queue: asyncio.Queue[Quote | Exception | None] = asyncio.Queue()

    def quote(self, bid: int, age: float = 0.0, symbol: str = "EURUSD") -> Quote:
        now = self._clock.now()
        return Quote(symbol, bid, bid + 12, now - int(age * SECOND), now, self.evidence)

    def say(self, what: Quote | Exception | None) -> None:
        self._queue.put_nowait(what)

    def supports(self, symbol: str) -> bool:
        return symbol in self.symbols

    async def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        self.runs.append(symbols)
        while (said := await self._queue.get()) is not None:
            if isinstance(said, Exception):
                raise said
            yield said

    async def fetch(self, symbol: str) -> Quote:
        self.asked += 1
        await asyncio.sleep(0)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer or self.quote(108_000, symbol=symbol)

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        del span
        self.looks += 1
        return [bar for bar in self.past if bar.symbol == symbol]

    async def usage(self) -> Usage | None:
        return None

    async def probe(self, symbol: str) -> Finding:
        self.probes += 1
        return Finding(ok=True, text=f"{symbol} is there")

    async def close(self) -> None:
        self.closed = True


class Stage:
    """A running feed, its published quotes, and its clock."""

    def __init__(self, feed: PriceFeed, clock: ManualClock) -> None:
        self.feed, self.clock = feed, clock
        self.published: list[Quote] = []
        self.bars: list[Bar] = []

    async def until(self, happened) -> None:
        """Let the feed work until something is true."""
        async with asyncio.timeout(5):
            while not happened():  # noqa: ASYNC110 - whatever a test asks for
                await asyncio.sleep(0.001)

    def state(self, name: str):
        return next(state for state in self.feed.states() if state.name == name)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
def perform(tmp_path, clock):
    """Run a feed with some sources for the length of a block."""

    @asynccontextmanager
    async def perform(*sources, symbols=EURUSD, at=None, redis=None, **besides):
        if at is not None:
            clock.move_to(at)
        store = await open_store(redis, tmp_path)
        extras = Extras(rhythm=0.002, instruments=KNOWN, **besides)
        feed = PriceFeed(sources, symbols, clock, store, forex_is_open, extras)
        stage = Stage(feed, clock)
        async with asyncio.TaskGroup() as group:
            running = group.create_task(feed.run(stage.published.append, stage.bars.append))
            yield stage
            running.cancel()
        await store.close()

    return perform


async def test_quotes_of_the_first_source_are_published_and_remembered(perform, clock):
    line = Line("line", clock)
    async with perform(line) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
        assert [quote.bid for quote in stage.published] == [108_240]
        assert stage.feed.latest("EURUSD") is stage.published[0]
        assert stage.feed.bars.series("EURUSD", "1m", 1)[0].close == 108_240
        state = stage.state("line")
        assert (state.state, state.active, state.symbols) == (SourceCondition.LIVE, True, EURUSD)
        assert state.last_quote_at == NOON
        assert stage.feed.note() is None
    assert line.closed


@pytest.mark.parametrize(
    ("failure", "condition", "text"),
    [
        (TransientError("closed by the other side"), SourceCondition.FAILED, "closed by"),
        (RateLimitedError("8 of 8", NOON + 9 * SECOND), SourceCondition.LIMITED, "8 of 8"),
        (ConfigurationError("wrong key"), SourceCondition.FAILED, "wrong key"),
        (KeyError("bug"), SourceCondition.FAILED, "KeyError: 'bug'"),
        (TimeoutError("late"), SourceCondition.FAILED, "TimeoutError: late"),
    ],
)
async def test_whatever_a_source_raises_the_next_one_serves(
    perform, clock, failure, condition, text
):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second) as stage:
        first.say(first.quote(108_240))
        await stage.until(lambda: stage.published)
        first.say(failure)
        await stage.until(lambda: second.runs)
        clock.move_to(NOON + SECOND)
        second.say(second.quote(108_250))
        await stage.until(lambda: len(stage.published) == 2)
        state = stage.state("first")
        assert (state.state, state.active) == (condition, False)
        assert text in (state.error or "")
        assert stage.state("second").active


async def test_a_source_that_recovers_takes_over_with_its_first_fresh_quote(perform, clock):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second) as stage:
        await stage.until(lambda: first.runs)
        first.say(TransientError("gone"))
        await stage.until(lambda: second.runs)
        second.say(second.quote(108_250))
        clock.move_to(NOON + 5 * SECOND)
        await stage.until(lambda: len(first.runs) == 2)
        second.say(second.quote(108_251))
        await stage.until(lambda: len(stage.published) == 2)
        clock.move_to(NOON + 6 * SECOND)
        first.say(first.quote(108_260))
        await stage.until(lambda: len(stage.published) == 3)
        sources = [quote.evidence.source for quote in stage.published]
        assert sources == ["second", "second", "first"]
        await stage.until(lambda: stage.state("second").state is SourceCondition.IDLE)


async def test_a_wrong_key_disables_only_its_own_source_and_for_good(perform, clock):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second) as stage:
        first.say(ConfigurationError("set the key"))
        await stage.until(lambda: second.runs)
        clock.move_to(NOON + 100 * SECOND)
        second.say(second.quote(108_250))
        await stage.until(lambda: stage.published)
        assert len(first.runs) == 1
        assert stage.state("first").retry_at is None


async def test_bad_quotes_are_counted_and_never_published(perform, clock):
    line = Line("line", clock)
    async with perform(line) as stage:
        for bid in (108_240, 0, 200_000):
            line.say(line.quote(bid))
        clock.move_to(NOON + SECOND)
        line.say(line.quote(108_241))
        await stage.until(lambda: len(stage.published) == 2)
        assert [quote.bid for quote in stage.published] == [108_240, 108_241]
        assert stage.feed.refusals() == {
            ("line", Reason.NOT_POSITIVE): 1,
            ("line", Reason.JUMP): 1,
        }


async def test_fresh_asks_a_polled_source_once_for_everybody(perform, clock):
    rest = Line("rest", clock, polled=True)
    async with perform(rest) as stage:
        await stage.until(lambda: rest.runs)
        quotes = await asyncio.gather(*(stage.feed.fresh("EURUSD") for _ in range(5)))
        assert {quote.bid for quote in quotes} == {108_000}
        assert rest.asked == 1
        assert len(stage.published) == 1
        await stage.feed.fresh("EURUSD")
        assert rest.asked == 1
        clock.move_to(NOON + 2 * SECOND)
        await stage.feed.fresh("EURUSD")
        assert rest.asked == 2


async def test_fresh_of_a_stream_is_its_latest(perform, clock):
    line = Line("line", clock)
    async with perform(line) as stage:
        await stage.until(lambda: line.runs)
        with pytest.raises(TransientError, match="line has not quoted EURUSD yet"):
            await stage.feed.fresh("EURUSD")
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
        assert await stage.feed.fresh("EURUSD") is stage.published[0]
        assert line.asked == 0


async def test_fresh_turns_to_the_next_source_when_the_first_fails(perform, clock):
    first, second = (Line(name, clock, polled=True) for name in ("first", "second"))
    async with perform(first, second) as stage:
        await stage.until(lambda: first.runs)
        first.answer = TransientError("no answer")
        assert (await stage.feed.fresh("EURUSD")).evidence.source == "second"
        assert stage.state("first").state is SourceCondition.FAILED


async def test_fresh_says_when_the_only_plan_is_spent(perform, clock):
    rest = Line("rest", clock, polled=True)
    async with perform(rest) as stage:
        await stage.until(lambda: rest.runs)
        rest.answer = RateLimitedError("8 of 8 credits", NOON + 60 * SECOND)
        with pytest.raises(RateLimitedError, match="8 of 8 credits"):
            await stage.feed.fresh("EURUSD")
        assert stage.state("rest").state is SourceCondition.LIMITED
        assert stage.state("rest").retry_at == NOON + 60 * SECOND
        assert stage.feed.note() == "No price source works at the moment: rest: 8 of 8 credits"
        with pytest.raises(TransientError, match="No source serves EURUSD now"):
            await stage.feed.fresh("EURUSD")


async def test_without_a_network_the_note_asks_for_one(perform, clock):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second) as stage:
        first.say(TransientError("First cannot be reached: no such host"))
        await stage.until(lambda: second.runs)
        second.say(TransientError("Second cannot be reached: no such host"))
        await stage.until(lambda: stage.feed.note() is not None)
        assert stage.feed.note() == (
            "No price source can be reached (first, second); is there a network?"
        )


async def test_a_stream_that_falls_silent_is_replaced_while_the_market_is_open(perform, clock):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second) as stage:
        first.say(first.quote(108_240))
        await stage.until(lambda: stage.published)
        clock.move_to(NOON + 120 * SECOND)
        await stage.until(lambda: second.runs)
        assert stage.state("first").error == "no quote for 120 s"


async def test_a_weekend_disturbs_nobody(perform, clock):
    line, rest = Line("line", clock), Line("rest", clock, polled=True)
    async with perform(line, rest, at=SATURDAY) as stage:
        line.say(line.quote(108_240, age=14 * 3600))
        await stage.until(lambda: stage.published)
        for hour in range(1, 20):
            clock.move_to(SATURDAY + hour * 3600 * SECOND)
            await asyncio.sleep(0.005)
        assert len(line.runs) == 1
        assert rest.runs == []
        assert stage.state("line").state is SourceCondition.QUIET
        assert stage.feed.bars.series("EURUSD", "1m", 5) == []


async def test_a_polled_source_rests_over_the_weekend_once_it_has_answered(perform, clock):
    rest = Line("rest", clock, polled=True)
    async with perform(rest, at=SATURDAY) as stage:
        rest.say(rest.quote(108_240, age=14 * 3600))
        await stage.until(lambda: stage.published)
        await stage.until(lambda: stage.feed._seats["rest"].symbols == frozenset())
        assert stage.state("rest").state is SourceCondition.QUIET
        clock.move_to(parse_instant("2026-11-22T22:00:00Z"))
        await stage.until(lambda: len(rest.runs) == 2)


async def test_history_fills_the_chart_and_made_up_bars_never_join_real_ones(
    perform, clock, instruments
):
    line, simulator = Line("line", clock), SimulatorSource(instruments, clock, 1)
    past = Bar("EURUSD", "1m", NOON - 60 * SECOND, 1, 2, 1, 2, 0, closed=True, source="line")
    async with perform(line, simulator) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
        await asyncio.sleep(0.02)
        assert len(stage.feed.bars.series("EURUSD", "1m", 500)) == 1
    line = Line("line", clock)
    line.past = [past]
    async with perform(line) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: len(stage.feed.bars.series("EURUSD", "1m", 500)) == 2)


async def test_bars_are_told_once_when_they_close(perform, clock):
    line = Line("line", clock)
    async with perform(line) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
        clock.move_to(NOON + 62 * SECOND)
        await stage.until(lambda: stage.bars)
        line.say(line.quote(108_250))
        await stage.until(lambda: len(stage.published) == 2)
        assert [(bar.interval, bar.opened_at) for bar in stage.bars] == [("1m", NOON)]


async def test_a_recording_is_played_to_its_end(tmp_path, instruments):
    path = tmp_path / "eurusd.csv"
    lines = [f"2026-11-18T12:{n // 60:02}:{n % 60:02}Z,1.0824,1.08252\n" for n in range(150)]
    path.write_text("timestamp,bid,ask\n" + "".join(lines))
    clock = ManualClock(NOON)
    store = await open_store(None, tmp_path)
    source = RecordedSource(read_recording(path, instruments), clock, None)
    feed = PriceFeed([source], EURUSD, clock, store, forex_is_open, extras=Extras(rhythm=0.002))
    stage = Stage(feed, clock)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(feed.run(stage.published.append, stage.bars.append))
        await stage.until(lambda: stage.state("recorded").state is SourceCondition.FINISHED)
        running.cancel()
    await store.close()
    assert len(stage.published) == 150
    minutes = [bar.quotes for bar in stage.bars if bar.interval == "1m"]
    assert minutes[:2] == [60, 60]  # the third is closed by the time that goes on after the end
    assert clock.now() == NOON + (149 + 121) * SECOND  # no age limit reaches so far
    assert feed.note() is None


async def test_latest_quotes_reach_the_store(perform, clock):
    line = Line("line", clock)
    async with perform(line) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
        cache = stage.feed._cache
        async with asyncio.timeout(5):
            while await cache.latest("EURUSD") is None:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert await cache.latest("EURUSD") == stage.published[0]


async def test_streams_serve_before_what_is_asked_and_better_grades_before_worse_ones(
    perform, clock
):
    rest, poor, best = (
        Line("rest", clock, polled=True),
        Line("poor", clock, grade=Grade.B),
        Line("best", clock),
    )
    async with perform(rest, poor, best) as stage:
        await stage.until(lambda: best.runs)
        assert [state.name for state in stage.feed.states()] == ["best", "poor", "rest"]
        assert (poor.runs, rest.runs) == ([], [])


async def test_a_witness_is_heard_but_not_believed_and_takes_over_without_connecting(
    perform, clock
):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second, witnesses=True) as stage:
        await stage.until(lambda: first.runs and second.runs)
        first.say(first.quote(108_240))
        second.say(second.quote(108_250))
        await stage.until(lambda: stage.published)
        await asyncio.sleep(0.01)
        assert [quote.evidence.source for quote in stage.published] == ["first"]
        first.say(TransientError("gone"))
        await stage.until(lambda: stage.state("first").state is SourceCondition.FAILED)
        clock.move_to(NOON + SECOND)
        second.say(second.quote(108_251))
        await stage.until(lambda: len(stage.published) == 2)
        assert len(second.runs) == 1
        assert stage.state("second").active


async def test_a_line_that_is_open_but_dead_is_replaced_in_seconds(perform, clock):
    first, second = Line("first", clock), Line("second", clock)
    async with perform(first, second, witnesses=True) as stage:
        await stage.until(lambda: first.runs and second.runs)
        first.say(first.quote(108_240))
        await stage.until(lambda: stage.published)
        for second_passed in range(1, 13):
            clock.move_to(NOON + second_passed * SECOND)
            second.say(second.quote(108_250 + second_passed))
            await asyncio.sleep(0.01)
        await stage.until(lambda: stage.published[-1].evidence.source == "second")
        assert "in which another source moved" in (stage.state("first").error or "")


async def test_a_cross_that_nobody_quotes_is_worked_out_and_says_so(perform, clock):
    line = Line("line", clock)
    async with perform(line, symbols=("EURJPY",), triangulate=True) as stage:
        await stage.until(lambda: line.runs)
        assert line.runs == [frozenset({"EURUSD", "USDJPY"})]
        line.say(line.quote(108_000))
        line.say(line.quote(150_000, symbol="USDJPY"))
        await stage.until(lambda: stage.feed.latest("EURJPY") is not None)
        quote = stage.feed.latest("EURJPY")
        assert (quote.bid, quote.evidence.source) == (162_000, "EURUSD*USDJPY")
        assert quote.evidence.grade is Grade.B
        assert stage.feed.bars.series("EURJPY", "1m", 1)[0].source == "EURUSD*USDJPY"


async def test_the_last_quotes_are_shown_after_the_next_start_and_never_fill(
    perform, clock, tmp_path
):
    line = Line("line", clock)
    async with perform(line, keep_in=tmp_path) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
    clock.move_to(NOON + 1800 * SECOND)
    async with perform(Line("line", clock), keep_in=tmp_path) as stage:
        shown = stage.feed.latest("EURUSD")
        assert (shown.bid, shown.quoted_at, shown.evidence.grade) == (108_240, NOON, Grade.E)
        assert stage.published == []
    clock.move_to(NOON + 3601 * SECOND)
    async with perform(Line("line", clock), keep_in=tmp_path) as stage:
        assert stage.feed.latest("EURUSD") is None


async def test_a_damaged_file_of_last_quotes_stops_nothing(perform, clock, tmp_path):
    (tmp_path / "last_quotes.json").write_text("{")
    async with perform(Line("line", clock), keep_in=tmp_path) as stage:
        assert stage.feed.latest("EURUSD") is None


async def test_minutes_missing_after_a_gap_are_fetched(perform, clock):
    line = Line("line", clock)
    async with perform(line) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: line.looks == 1)
        line.past = [
            Bar("EURUSD", "1m", at, 108_245, 108_250, 108_240, 108_248, 0, closed=True, source="x")
            for at in range(NOON, NOON + 600 * SECOND, 60 * SECOND)
        ]
        for number in range(1, 6):
            clock.move_to(NOON + number * 100 * SECOND)
            line.say(line.quote(108_240 + number))
            await stage.until(lambda number=number: len(stage.published) == number + 1)
        await asyncio.sleep(0.02)
        assert line.looks == 1
        assert len(stage.feed.bars.series("EURUSD", "1m", 50)) < 9
        clock.move_to(NOON + 600 * SECOND)
        line.say(line.quote(108_250))
        await stage.until(lambda: line.looks == 2)
        await stage.until(lambda: len(stage.feed.bars.series("EURUSD", "1m", 50)) == 11)


async def test_every_quote_that_is_passed_on_is_recorded(perform, clock, tmp_path):
    line = Line("line", clock)
    recorder = Recorder(tmp_path / "recordings", KNOWN, clock)
    async with perform(line, recorder=recorder) as stage:
        line.say(line.quote(108_240))
        line.say(line.quote(0))
        await stage.until(lambda: stage.published)
    recording = read_recording(tmp_path / "recordings" / "2026-11-18.parquet", KNOWN)
    assert [quote.bid for quote in recording] == [108_240]


async def test_a_source_that_is_asked_is_probed_once_a_day(perform, clock, tmp_path):
    lines = []
    for hours in (0, 1, 25):
        clock.move_to(NOON + hours * 3600 * SECOND)
        lines.append(Line("line", clock, polled=True))
        async with perform(lines[-1], probes=Probes(tmp_path)) as stage:
            await stage.until(lambda: stage.state("line").probe is not None)
            await asyncio.sleep(0.01)
            assert stage.state("line").probe.text == "EURUSD is there"
    assert [line.probes for line in lines] == [1, 0, 1]


async def test_a_stream_is_not_probed_because_a_second_line_would_push_the_first_out(
    perform, clock, tmp_path
):
    line = Line("line", clock)
    async with perform(line, probes=Probes(tmp_path)) as stage:
        await stage.until(lambda: line.runs)
        await asyncio.sleep(0.01)
        assert stage.state("line").probe is None
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.state("line").probe is not None)
        assert stage.state("line").probe.text == "EURUSD streams, grade A, real spread."
    assert line.probes == 0


async def test_prices_go_on_while_redis_is_away_and_the_state_is_told(perform, clock, own_redis):
    line = Line("line", clock)
    async with perform(line, redis=own_redis.url) as stage:
        line.say(line.quote(108_240))
        await stage.until(lambda: stage.published)
        assert stage.feed.note() is None
        own_redis.stop()
        clock.move_to(NOON + SECOND)
        line.say(line.quote(108_241))
        await stage.until(lambda: len(stage.published) == 2)
        await stage.until(lambda: stage.feed.note() is not None)
        assert "nothing that costs a call is asked until it does" in stage.feed.note()
        own_redis.start()
        await stage.until(lambda: stage.feed.note() is None)
