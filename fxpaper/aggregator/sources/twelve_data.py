"""Twelve Data: rates over REST, one credit of a small plan for each.

``/exchange_rate`` answers ``{"symbol": "EUR/USD", "rate": 1.17072, "timestamp": 1790766120}``;
``/price`` costs the same and carries no time. There is one price, so the typical spread is laid
around it. HTTP 200 is not success: errors come as ``{"code": 429, "status": "error", …}`` too.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from typing import TYPE_CHECKING, Any

from fxpaper.aggregator.budget import Budget, Wait
from fxpaper.aggregator.one_sided import bar_around, quote_around, read_price
from fxpaper.aggregator.source import Usage
from fxpaper.aggregator.sources.blocking import BlockingCalls
from fxpaper.aggregator.sources.polling import poll, reserve
from fxpaper.clock import Clock
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND, Instant, format_instant, parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.twelve_data_calls import Answer, TwelveDataCalls

DEFAULT_URL = "https://api.twelvedata.com"
HISTORY_MINUTES = 300
_EVIDENCE = Evidence("twelve_data", Transport.REST, Spread.MODELLED, Grade.C)
_THREADS = 2
_PATIENCE_SECONDS = 12.0
_BLOCKED_NS = 24 * 3600 * NS_PER_SECOND
_MINUTE_NS = 60 * NS_PER_SECOND
_DAY_NS = 86_400 * NS_PER_SECOND
_BLOCKING_CODES = (400, 403, 404)
_OK, _UNAUTHORIZED, _TOO_MANY = 200, 401, 429


class TwelveDataSource:
    """Asks Twelve Data.

    Args:
        key: of the plan.
        instruments: the known ones, by canonical symbol.
        clock: of the market.
        budget: knows the plan of ``twelve_data``.
        base_url: where the provider is.
    """

    name = "twelve_data"
    evidence = _EVIDENCE
    polled = True

    def __init__(
        self,
        key: str,
        instruments: Mapping[str, Instrument],
        clock: Clock,
        budget: Budget,
        base_url: str = DEFAULT_URL,
    ) -> None:
        self._key = key
        self._instruments = instruments
        self._clock = clock
        self._budget = budget
        self._base_url = base_url
        self._account = f"{self.name}:{hashlib.sha256(key.encode()).hexdigest()[:12]}"
        self._calls = BlockingCalls("Twelve Data", _THREADS, _PATIENCE_SECONDS)
        self._sdk: TwelveDataCalls | None = None
        self._opening = threading.Lock()
        self._blocked: dict[str, Instant] = {}

    def supports(self, symbol: str) -> bool:
        """Tell whether a pair can be asked for; False for a day where the plan has it not."""
        blocked_until = self._blocked.get(symbol, 0)
        return symbol in self._instruments and blocked_until <= self._clock.now()

    def quotes(self, symbols: frozenset[str]) -> AsyncIterator[Quote]:
        """Ask for the symbols in turn, spread over what the plan leaves of the day."""
        return poll(symbols, self._fetch_spare, self._pace)

    async def fetch(self, symbol: str) -> Quote:
        """Ask for a quote now; may use the part of the plan that is kept for this."""
        return await self._fetch(symbol, spare=False)

    async def history(self, symbol: str) -> list[Bar]:
        """Return up to 300 closed one-minute bars, oldest first; costs a credit."""
        instrument = self._instruments[symbol]
        name = _name(instrument)
        answer = await self._ask(
            symbol, lambda sdk: sdk.time_series(name, HISTORY_MINUTES), spare=True
        )
        return _read_bars(answer.body, instrument, self._clock.now())

    async def usage(self) -> Usage | None:
        """Return what is used of the plan."""
        return await self._budget.usage(self._account)

    async def close(self) -> None:
        """Let go of the threads and their connections."""
        self._calls.close(None if self._sdk is None else self._sdk.close)

    async def _fetch_spare(self, symbol: str) -> Quote:
        return await self._fetch(symbol, spare=True)

    async def _fetch(self, symbol: str, *, spare: bool) -> Quote:
        instrument = self._instruments[symbol]
        name = _name(instrument)
        answer = await self._ask(symbol, lambda sdk: sdk.exchange_rate(name), spare=spare)
        return _read_quote(answer.body, instrument, self._clock.now())

    async def _pace(self) -> float:
        return await self._budget.pace(self._account, self._clock.now())

    async def _ask(
        self, symbol: str, call: Callable[[TwelveDataCalls], Answer], *, spare: bool
    ) -> Answer:
        """Reserve, call, settle, and tell failures apart."""
        if not self.supports(symbol):
            raise TransientError(f"The Twelve Data plan does not include {symbol}.")
        spent = await reserve(self._budget, self._account, self._clock, spare=spare)
        if spent is not None:
            raise _spent(spent)
        try:
            answer = await self._calls.call(lambda: self._try(call))
        except OSError as problem:
            raise TransientError(f"Twelve Data cannot be reached: {problem}") from None
        if isinstance(answer, str):
            await self._budget.refund(self._account)
            raise TransientError(f"Twelve Data cannot be reached: {answer}")
        await self._budget.settle(self._account, minute=answer.credits_used)
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
            raise RateLimitedError(f"{text}; asked again at {format_instant(until)}", until)
        if answer.code in _BLOCKING_CODES and answer.explained:
            self._blocked[symbol] = self._clock.now() + _BLOCKED_NS
            raise TransientError(f"{text}; not asked again for a day")
        raise TransientError(text)

    async def _ban(self, answer: Answer) -> Instant:
        """Stop calling until the spent window is over; the text tells the minute from the day."""
        now = self._clock.now()
        if re.search(r"\b(day|daily)\b", answer.message, re.IGNORECASE):
            until = now - now % _DAY_NS + _DAY_NS
            counted = re.search(r"(\d+) API credits were used", answer.message)
            await self._budget.settle(self._account, day=int(counted[1]) if counted else None)
        else:
            until = now - now % _MINUTE_NS + _MINUTE_NS
        if answer.retry_after is not None:
            until = max(until, now + answer.retry_after * NS_PER_SECOND)
        await self._budget.ban(self._account, until)
        return until


def _name(instrument: Instrument) -> str:
    return f"{instrument.base}/{instrument.quote}"


def _spent(wait: Wait) -> RateLimitedError:
    used = wait.usage
    spent = {
        "minute": f"{used.used_minute} of {used.limit_minute} credits of this minute are used",
        "day": f"{used.used_day} of {used.limit_day} credits of this day are used",
        "ban": "the plan's credits are used up, it said",
    }[wait.window]
    again = format_instant(wait.until)
    return RateLimitedError(f"Twelve Data: {spent}; asked again at {again}", wait.until)


def _read_quote(body: Any, instrument: Instrument, now: Instant) -> Quote:  # noqa: ANN401
    """Return the quote in an answer of ``/exchange_rate``.

    Raises:
        TransientError: it is another pair's, or its rate or time is missing or makes no sense.
    """
    answer = body if isinstance(body, dict) else {}
    name = _name(instrument)
    if answer.get("symbol") != name:
        raise TransientError(f"Twelve Data answered {answer.get('symbol')!r} for {name}")
    stamp = answer.get("timestamp")
    if isinstance(stamp, bool) or not isinstance(stamp, int) or stamp <= 0:
        raise TransientError(f"Twelve Data, {name}: {stamp!r} is not a time")
    middle = read_price(answer.get("rate"), instrument)
    return quote_around(middle, instrument, stamp * NS_PER_SECOND, now, _EVIDENCE)


def _read_bars(body: Any, instrument: Instrument, now: Instant) -> list[Bar]:  # noqa: ANN401
    """Return the closed bars in an answer of ``/time_series``.

    Raises:
        TransientError: they are not of the documented form.
    """
    try:
        bars = [_read_bar(row, instrument) for row in body]
    except (TypeError, KeyError, ValueError, AttributeError):
        raise TransientError(
            f"Twelve Data, {instrument.symbol}: the bars are not of the documented form"
        ) from None
    closed = [bar for bar in bars if bar.opened_at + _MINUTE_NS <= now]
    return sorted(closed, key=lambda bar: bar.opened_at)


def _read_bar(row: Mapping[str, Any], instrument: Instrument) -> Bar:
    prices = tuple(row[name] for name in ("open", "high", "low", "close"))
    opened_at = parse_instant(f"{row['datetime']}Z")
    return bar_around(opened_at, prices, instrument, _EVIDENCE.source)
