"""Twelve Data: rates over REST, one credit of a small plan for each.

``/exchange_rate`` answers ``{"symbol": "EUR/USD", "rate": 1.17072, "timestamp": 1790766120}``;
``/price`` costs the same and carries no time. There is one price, so the typical spread is laid
around it. HTTP 200 is not success: errors come as ``{"code": 429, "status": "error", …}`` too.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.one_sided import bar_around, quote_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Finding, Span
from fxpaper.aggregator.sources.blocking import BlockingCalls
from fxpaper.aggregator.sources.polled import Polled, account_name
from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.domain.bar import INTERVALS, Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.twelve_data_calls import Answer, TwelveDataCalls

DEFAULT_URL = "https://api.twelvedata.com"
LATEST_MINUTES = 300
_EVIDENCE = Evidence("twelve_data", Transport.REST, Spread.MODELLED, Grade.C)
CAPABILITIES = Capabilities(
    title="Twelve Data",
    evidence=_EVIDENCE,
    sides="one price",
    updates="when asked; every symbol of a question costs a credit",
    history="years, 5,000 bars a credit",
    free_plan="8 credits a minute, 800 a day; XAUUSD, but not XAGUSD",
    sign_up="https://twelvedata.com/pricing",
    past=("1m", "5m", "15m", "30m", "1h"),
    past_bars=5000,
)
_RAW = 500
_THREADS = 2
_PATIENCE_SECONDS = 12.0
_MINUTE_NS = 60 * NS_PER_SECOND
_NAMES = {"1m": "1min", "5m": "5min", "15m": "15min", "30m": "30min", "1h": "1h"}
_BLOCKING_CODES = (400, 403, 404)
_OK, _UNAUTHORIZED, _TOO_MANY = 200, 401, 429


class TwelveDataSource(Polled):
    """Asks Twelve Data.

    Args:
        key: of the plan.
        setup: what it works with.
        base_url: where the provider is.
    """

    name = "twelve_data"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, key: str, setup: Setup, base_url: str = DEFAULT_URL) -> None:
        account = account_name(self.name, key)
        spending = Spending("Twelve Data", account, setup.budget, setup.clock, setup.urgency)
        super().__init__(setup.instruments, spending)
        self._key = key
        self._base_url = base_url
        self._calls = BlockingCalls("Twelve Data", _THREADS, _PATIENCE_SECONDS)
        self._sdk: TwelveDataCalls | None = None
        self._opening = threading.Lock()

    def quotes_instrument(self, instrument: Instrument) -> bool:
        """Every pair can be asked for; what a plan leaves out is learnt from its answer."""
        del instrument
        return True

    async def ask_quote(self, symbol: str, hurry: Hurry) -> Quote:
        """Return a quote asked for just now; costs a credit."""
        instrument = self._instruments[symbol]
        name = pair_name(instrument)
        answer = await self._ask(symbol, lambda sdk: sdk.exchange_rate(name), hurry)
        return _read_quote(answer.body, instrument, self._clock.now())

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return closed bars, oldest first; costs a credit."""
        instrument = self._instruments[symbol]
        name, interval = pair_name(instrument), "1m" if span is None else span.interval
        wanted = {"outputsize": LATEST_MINUTES} if span is None else _dates(span)
        answer = await self._ask(
            symbol, lambda sdk: sdk.time_series(name, _NAMES[interval], wanted), Hurry.SPARE
        )
        bars = _read_bars(answer.body, instrument, interval, self._clock.now())
        return bars if span is None else [one for one in bars if one.opened_at < span.ends]

    async def probe(self, symbol: str) -> Finding:
        """Ask what the key's plan allows and has used today; costs a credit."""
        answer = await self._ask(symbol, lambda sdk: sdk.usage(), Hurry.NOW)
        body = answer.body if isinstance(answer.body, dict) else {}
        day, limit = body.get("daily_usage"), body.get("plan_daily_limit")
        minute = body.get("plan_limit")
        if isinstance(day, int):
            await self._budget.settle(self._account, day=day)
        if isinstance(minute, int) and minute > 0:
            daily = limit if isinstance(limit, int) and limit > 0 else None
            await self._budget.learn(self._account, Limits(per_minute=minute, per_day=daily))
        plan = body.get("plan_category") or "unnamed"
        text = f"Plan {plan}: {minute} credits a minute, {limit} a day; {day} used today."
        return Finding(ok=True, text=text, raw=str(body)[:500])

    async def close(self) -> None:
        """Let go of the threads and their connections."""
        self._calls.close(None if self._sdk is None else self._sdk.close)

    async def _ask(
        self, symbol: str, call: Callable[[TwelveDataCalls], Answer], hurry: Hurry
    ) -> Answer:
        """Reserve, call, settle, and tell failures apart."""
        if not self.supports(symbol):
            raise TransientError(f"The Twelve Data plan does not include {symbol}.")
        await self._spending.reserve(hurry)
        try:
            answer = await self._calls.call(lambda: self._try(call))
        except OSError as problem:
            raise TransientError(f"Twelve Data cannot be reached: {problem}") from None
        if isinstance(answer, str):
            await self._budget.refund(self._account)
            raise TransientError(f"Twelve Data cannot be reached: {answer}")
        await self._budget.settle(self._account, minute=answer.credits_used)
        self.raw = str(answer.body or answer.message)[:_RAW]
        if answer.code != _OK:
            await self._fail(symbol, answer)
        if answer.body is None:
            raise TransientError(f"Twelve Data, {symbol}: {answer.message or 'no payload'}")
        return answer

    def _try(self, call: Callable[[TwelveDataCalls], Answer]) -> Answer | str:
        """Return the answer, or why the call never left this machine.

        Runs in a thread; importing and constructing the SDK blocks too.
        """
        from fxpaper.aggregator.sources.twelve_data_calls import (  # noqa: PLC0415 - 40 MB
            NeverLeftError,
            TwelveDataCalls,
        )

        with self._opening:
            if self._sdk is None:
                self._sdk = TwelveDataCalls(self._key, self._base_url)
        try:
            return call(self._sdk)
        except NeverLeftError as problem:
            return str(problem)

    async def _fail(self, symbol: str, answer: Answer) -> None:
        """Raise what an error answer means."""
        text = f"Twelve Data, {symbol}: {answer.message or answer.status} ({answer.code})"
        if answer.code == _UNAUTHORIZED:
            raise ConfigurationError(
                f"{text}. Set the key of your plan for the source twelve_data."
            )
        if answer.code == _TOO_MANY:
            until = await self._ban(answer)
            raise self._spending.limited(answer.message or "too many requests", until)
        if answer.code in _BLOCKING_CODES and answer.explained:
            self._block(symbol)
            raise TransientError(f"{text}; not asked again for a day")
        raise TransientError(text)

    async def _ban(self, answer: Answer) -> Instant:
        """Stop calling until the spent window is over; the text tells the minute from the day."""
        now = self._clock.now()
        if re.search(r"\b(day|daily)\b", answer.message, re.IGNORECASE):
            until = self._budget.plan(self._account).day_ends(now)
            counted = re.search(r"(\d+) API credits were used", answer.message)
            await self._budget.settle(self._account, day=int(counted[1]) if counted else None)
        else:
            until = now - now % _MINUTE_NS + _MINUTE_NS
        if answer.retry_after is not None:
            until = max(until, now + answer.retry_after * NS_PER_SECOND)
        await self._budget.ban(self._account, until)
        return until


def pair_name(instrument: Instrument) -> str:
    """Return Twelve Data's name of a pair: ``EUR/USD``."""
    return f"{instrument.base}/{instrument.quote}"


def _dates(span: Span) -> dict[str, object]:
    def text(at: Instant) -> str:
        return format_instant(at)[:19].replace("T", " ")

    size = CAPABILITIES.past_bars
    return {"start_date": text(span.begins), "end_date": text(span.ends - 1), "outputsize": size}


def _read_quote(body: Any, instrument: Instrument, now: Instant) -> Quote:  # noqa: ANN401
    """Return the quote in an answer of ``/exchange_rate``.

    Raises:
        TransientError: it is another pair's, or its rate or time is missing or makes no sense.
    """
    answer = body if isinstance(body, dict) else {}
    name = pair_name(instrument)
    if answer.get("symbol") != name:
        raise TransientError(f"Twelve Data answered {answer.get('symbol')!r} for {name}")
    stamp = answer.get("timestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int) or stamp <= 0:
        raise TransientError(f"Twelve Data, {name}: {stamp!r} is not a time")
    middle = read_price(answer.get("rate"), instrument)
    return quote_around(middle, instrument, stamp * NS_PER_SECOND, now, _EVIDENCE)


def _read_bars(body: Any, instrument: Instrument, interval: str, now: Instant) -> list[Bar]:  # noqa: ANN401
    """Return the closed bars in an answer of ``/time_series``.

    Raises:
        TransientError: they are not of the documented form.
    """
    try:
        bars = [_read_bar(row, instrument, interval) for row in body]
    except (TypeError, KeyError, ValueError, AttributeError):
        raise TransientError(
            f"Twelve Data, {instrument.symbol}: the bars are not of the documented form"
        ) from None
    length = INTERVALS[interval] * NS_PER_SECOND
    closed = [bar for bar in bars if bar.opened_at + length <= now]
    return sorted(closed, key=lambda bar: bar.opened_at)


def _read_bar(row: Mapping[str, Any], instrument: Instrument, interval: str) -> Bar:
    prices = tuple(row[name] for name in ("open", "high", "low", "close"))
    opened_at = parse_instant(f"{row['datetime']}Z")
    return bar_around(opened_at, prices, instrument, _EVIDENCE.source, interval)


SPEC = SourceSpec(
    name=TwelveDataSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: TwelveDataSource(setup.keys["twelve_data_key"], setup),
    keys=("twelve_data_key",),
    limits=Limits(per_minute=8, per_day=800),
)
