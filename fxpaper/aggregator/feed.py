"""The price feed: sources by priority in, one examined stream of quotes out.

It outlives every failure of a source: what a source raises becomes its state, a line in the log,
and a reason to ask the next one.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog
from msgspec.structs import replace
from redis.exceptions import RedisError

from fxpaper.aggregator.backfill import Backfill
from fxpaper.aggregator.bars import Bars
from fxpaper.aggregator.cache import QuoteCache, SingleFlight
from fxpaper.aggregator.last_quotes import LastQuotes
from fxpaper.aggregator.probes import Probes
from fxpaper.aggregator.quality import Examiner, Reason, Rejection
from fxpaper.aggregator.recorder import Recorder
from fxpaper.aggregator.rotation import Candidate, Rotation
from fxpaper.aggregator.seat import Seat
from fxpaper.aggregator.source import Source, SourceState
from fxpaper.aggregator.states import state_of, why_no_prices
from fxpaper.aggregator.store import Store
from fxpaper.aggregator.triangulation import Crosses
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Grade, Quote, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

log = structlog.get_logger(__name__)

_SILENCE_NS = 120 * NS_PER_SECOND
_SHARED_NS = 2 * NS_PER_SECOND
_SEED_AFTER_SECONDS = 15.0
_FRESH_NS = {Transport.STREAM: 30 * NS_PER_SECOND, Transport.REST: 180 * NS_PER_SECOND}


@dataclass(frozen=True, slots=True, kw_only=True)
class Extras:
    """What a feed does besides passing quotes on.

    Args:
        instruments: the known ones; without them no move is judged and nothing is worked out.
        witnesses: whether a second stream is heard beside the serving one, for comparison.
        triangulate: whether crosses that no source quotes are worked out.
        recorder: keeps every quote that is passed on.
        probes: asks each source once a day what its key gets.
        keep_in: folder for the last quotes, which are shown after the next start.
        rhythm: seconds between two looks at what is silent, rested or due.
    """

    instruments: Mapping[str, Instrument] = field(default_factory=dict)
    witnesses: bool = False
    triangulate: bool = False
    recorder: Recorder | None = None
    probes: Probes = field(default_factory=Probes)
    keep_in: Path | None = None
    rhythm: float = 0.5


class PriceFeed:
    """Runs the sources and passes on what is fit to be passed on.

    Args:
        sources: by priority, best first.
        symbols: that are wanted.
        clock: of the market.
        store: for the latest quotes.
        is_open: tells whether the market trades at an instant.
        extras: what it does besides.

    Attributes:
        bars: made of the quotes that were passed on.
        symbols: that are asked for: what is wanted, and the legs of crosses that nobody quotes.
    """

    def __init__(
        self,
        sources: Sequence[Source],
        symbols: Sequence[str],
        clock: Clock,
        store: Store,
        is_open: Callable[[Instant], bool],
        extras: Extras | None = None,
    ) -> None:
        extras = extras or Extras()
        sources = sorted(sources, key=_standing_order)
        self.bars = Bars(is_open)
        self._crosses = Crosses(
            symbols if extras.triangulate else (),
            extras.instruments,
            lambda symbol: any(source.supports(symbol) for source in sources),
        )
        self.symbols = tuple(dict.fromkeys((*symbols, *self._crosses.legs)))
        self._recorder = extras.recorder
        self._probes = extras.probes
        self._switches: Counter[str] = Counter()
        self._clock = clock
        self._is_open = is_open
        self._rhythm = extras.rhythm
        self._cache = QuoteCache(store)
        self._flights = SingleFlight()
        pips = {name: one.pip for name, one in extras.instruments.items()}
        self._examiner = Examiner(is_open, pips)
        self._seats = {
            source.name: Seat(source, self._on_quote, self._on_end) for source in sources
        }
        candidates = [_candidate(source) for source in sources]
        self._rotation = Rotation(candidates, self.symbols, witnesses=extras.witnesses)
        self._backfill = Backfill(self.bars, sources, self._may_seed)
        self._last = LastQuotes(extras.keep_in, clock.now())
        self._store_trouble: str | None = None
        self._publish: Callable[[Quote], None] = _drop
        self._on_bar: Callable[[Bar], None] = _drop

    async def run(
        self, publish: Callable[[Quote], None], on_bar: Callable[[Bar], None] | None = None
    ) -> None:
        """Work until cancelled; closes the sources at the end.

        Args:
            publish: is told each quote that is passed on.
            on_bar: is told each bar when it closes, once.
        """
        self._publish = publish
        self._on_bar = on_bar or _drop
        try:
            async with asyncio.TaskGroup() as group:
                for seat in self._seats.values():
                    group.create_task(seat.run())
                group.create_task(self._use_store())
                group.create_task(self._fill_past())
                if self._recorder is not None:
                    group.create_task(self._recorder.run())
                group.create_task(self._probe())
                await self._look_after()
        finally:
            self._last.keep(self._known(), self._clock.now(), last=True)
            for seat in self._seats.values():
                await seat.source.close()

    def latest(self, symbol: str) -> Quote | None:
        """Return the latest quote of a symbol, however old; after a start an earlier run's."""
        return self._examiner.latest(symbol) or self._last.earlier.get(symbol)

    async def fresh(self, symbol: str) -> Quote:
        """Return a quote asked for just now, or the latest where a stream serves the symbol.

        A source that fails is replaced by the next at once.

        Raises:
            RateLimitedError: the budget of the last source that could be asked is spent.
            TransientError: no source can be asked, or none answered.
        """
        problem = TransientError(f"No source serves {symbol} now. {self.note() or ''}".strip())
        for _ in self._seats:
            seat = self._seats.get(self._rotation.serving(symbol) or "")
            if seat is None:
                break
            try:
                return await self._fresh_from(seat, symbol)
            except TransientError as failure:
                problem = failure
                if self._rotation.serving(symbol) == seat.source.name:
                    break
        raise problem

    def states(self) -> list[SourceState]:
        """Return how each source is doing, by priority."""
        now = self._clock.now()
        is_open = self._is_open(now)
        return [
            replace(
                state_of(seat, self._rotation, now, is_open=is_open),
                probe=self._probes.found(name),
                switches=self._switches[name],
                refused=self._refused(name),
                capabilities=seat.source.capabilities,
            )
            for name, seat in self._seats.items()
        ]

    def refusals(self) -> dict[tuple[str, Reason], int]:
        """Return how many quotes were kept back or corrected, by source and reason."""
        return dict(self._examiner.counts)

    def _refused(self, name: str) -> dict[str, int]:
        counts = self._examiner.counts.items()
        return {reason.value: count for (source, reason), count in counts if source == name}

    def note(self) -> str | None:
        """Return what is wrong with the prices, in one sentence; None while all is well."""
        return why_no_prices(self.states()) or self._store_trouble

    async def _fresh_from(self, seat: Seat, symbol: str) -> Quote:
        latest = self.latest(symbol)
        if not seat.source.polled:
            if latest is None:
                raise TransientError(f"{seat.source.name} has not quoted {symbol} yet.")
            return latest
        if latest is not None and latest.evidence.source == seat.source.name:
            age = self._clock.now() - latest.received_at
            if age < _SHARED_NS:
                return latest
        return await self._flights.fetch(symbol, lambda: self._fetch(seat, symbol))

    async def _fetch(self, seat: Seat, symbol: str) -> Quote:
        try:
            quote = await seat.source.fetch(symbol)
        except Exception as problem:
            if seat.source.supports(symbol):
                self._on_end(seat, problem)
            else:
                self._match()
            if isinstance(problem, TransientError):
                raise
            raise TransientError(f"{seat.source.name}: {problem}") from problem
        self._on_quote(seat, quote)
        return self.latest(symbol) or quote

    def _on_quote(self, seat: Seat, quote: Quote) -> None:
        """Examine a quote and pass it on if its source serves the symbol."""
        name, symbol, now = seat.source.name, quote.symbol, self._clock.now()
        fresh = self._is_fresh(quote, now)
        self._probes.note_stream(seat.source, quote, now)
        before = self._rotation.serving(symbol)
        if self._rotation.is_witness(name, symbol):
            self._compare(quote, now, fresh=fresh)
            return
        outcome = self._examiner.examine(quote, now)
        if isinstance(outcome, Rejection):
            repeated = outcome.reason is Reason.REPEATED
            if not repeated and self._worth_telling(outcome.reason, name):
                log.warning("quote_refused", source=name, reason=outcome.reason, text=outcome.text)
            self._rotation.report_quote(name, symbol, now, fresh=fresh and repeated)
            return
        if not self._rotation.report_quote(name, symbol, now, fresh=fresh):
            return
        if before != name:
            log.info("source_switched", symbol=symbol, before=before, now=name)
            self._switches[name] += 1
            self._match()
        self._pass_on(outcome)
        for cross in self._crosses.worked_out(symbol, self._examiner.latest):
            if self._rotation.serving(cross.symbol) is None:
                self._pass_on(cross)

    def _pass_on(self, quote: Quote) -> None:
        """Tell everybody a quote that may be believed."""
        symbol, previous = quote.symbol, self._examiner.latest(quote.symbol)
        self._backfill.notice(
            symbol, quote.quoted_at, None if previous is None else previous.quoted_at
        )
        self._examiner.accept(quote)
        self._cache.note(quote)
        if self._recorder is not None:
            self._recorder.note(quote)
        self._publish(quote)
        for bar in self.bars.on_quote(quote):
            self._on_bar(bar)

    def _compare(self, quote: Quote, now: Instant, *, fresh: bool) -> None:
        """Take the quote of a source that serves nobody now, to hold the others against it."""
        outcome = self._examiner.witness(quote, now)
        name = quote.evidence.source
        if isinstance(outcome, Rejection):
            if self._worth_telling(outcome.reason, name):
                log.warning("witness_differs", source=name, text=outcome.text)
        elif self._examiner.witness_moved(name, quote.symbol) and fresh:
            self._rotation.report_move(quote.symbol)
        self._rotation.report_quote(name, quote.symbol, now, fresh=fresh)

    def _worth_telling(self, reason: Reason, name: str) -> bool:
        """Tell whether a refusal belongs in the log: the 1st, 10th, 100th … of its kind does."""
        digits = str(self._examiner.counts[name, reason])
        return digits.strip("0") == "1"

    def _is_fresh(self, quote: Quote, now: Instant) -> bool:
        limit = _FRESH_NS.get(quote.evidence.transport)
        return limit is None or now - quote.quoted_at <= limit or not self._is_open(now)

    def _on_end(self, seat: Seat, problem: Exception | None) -> None:
        """Turn what a source raised into its standing and give its symbols to others."""
        name, now = seat.source.name, self._clock.now()
        match problem:
            case None:
                log.info("source_finished", source=name)
                self._rotation.report_gone(name, None)
            case ConfigurationError():
                log.error("source_disabled", source=name, problem=str(problem))
                self._rotation.report_gone(name, str(problem))
            case RateLimitedError(retry_at=retry_at):
                log.warning("source_limited", source=name, problem=str(problem))
                self._rotation.report_limited(name, retry_at, str(problem))
            case TransientError():
                log.warning("source_failed", source=name, problem=str(problem))
                self._rotation.report_failure(name, now, str(problem))
            case _:
                log.error("source_failed", source=name, exc_info=problem)
                text = f"{type(problem).__name__}: {problem}"
                self._rotation.report_failure(name, now, text)
        self._match()

    def _match(self) -> None:
        """Give every source the symbols that it is to be connected for."""
        now = self._clock.now()
        is_open = self._is_open(now)
        for name, symbols in self._rotation.assign(now).items():
            seat = self._seats[name]
            known = all(self.latest(symbol) is not None for symbol in symbols)
            # Nothing new can come before the market opens; one answer each is enough to show.
            rests = seat.source.polled and not is_open and known
            seat.assign(frozenset() if rests else symbols)

    async def _look_after(self) -> None:
        while True:
            now = self._clock.now()
            self._rotation.check_silence(now, is_open=self._is_open(now))
            self._match()
            for bar in self.bars.on_time(now):
                self._on_bar(bar)
            await asyncio.sleep(self._rhythm)

    async def _use_store(self) -> None:
        """Write the latest quotes and read the budgets, as far as the store answers."""
        while True:
            try:
                await self._cache.flush()
                await asyncio.to_thread(self._last.keep, self._known(), self._clock.now())
                for seat in self._seats.values():
                    seat.usage = await seat.source.usage() or seat.usage
                self._store_trouble = None
            except (RedisError, TransientError) as problem:
                if self._store_trouble is None:
                    log.warning("store_silent", problem=str(problem))
                self._store_trouble = (
                    "The store with the budgets (redis_url) does not answer: nothing that costs a "
                    "call is asked until it does; streams go on."
                )
            await asyncio.sleep(self._rhythm)

    async def _fill_past(self) -> None:
        """Fill the charts from the first source that has a past; quotes come first."""
        for _ in range(round(_SEED_AFTER_SECONDS / self._rhythm)):
            if all(self._examiner.latest(symbol) is not None for symbol in self.symbols):
                break
            await asyncio.sleep(self._rhythm)
        for symbol in self.symbols:
            await self._backfill.fill(symbol, self._clock.now())
        while True:
            await asyncio.sleep(self._rhythm)
            await self._backfill.fill_gaps(self._clock.now())

    async def _probe(self) -> None:
        """Ask what a key gets, unless that was asked lately.

        Streams are not asked: many a plan has one line only, and a second would push ours out.
        """
        for seat in self._seats.values():
            if not seat.source.polled:
                continue
            symbol = next((one for one in self.symbols if seat.source.supports(one)), None)
            if symbol is not None:
                await self._probes.ask(seat.source, symbol, self._clock.now())

    def _known(self) -> list[Quote]:
        latest = (self._examiner.latest(symbol) for symbol in self.symbols)
        return [quote for quote in latest if quote is not None]

    def _may_seed(self, source: Source, symbol: str) -> bool:
        """Tell whether a source's past belongs on the chart; made-up bars never join real ones."""
        made_up = source.evidence.simulated and self._rotation.serving(symbol) != source.name
        return source.supports(symbol) and not made_up


def _candidate(source: Source) -> Candidate:
    stream = source.evidence.transport is Transport.STREAM
    return Candidate(
        source.name, source.supports, _SILENCE_NS if stream else None, polled=source.polled
    )


def _standing_order(source: Source) -> tuple[bool, Grade]:
    """Streams before what is asked, better grades before worse ones, then as configured."""
    return source.polled, source.evidence.grade


def _drop(_: object) -> None:
    """Take something and do nothing with it."""
