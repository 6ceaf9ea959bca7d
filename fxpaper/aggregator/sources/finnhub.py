"""Finnhub over REST: ``/quote`` of its OANDA feed, one price with its time.

``{"c": 1.15894, "d": …, "h": …, "l": …, "o": …, "pc": …, "t": 1636322400}``. A symbol that is not
known, or that the plan does not cover, is answered with zeros and HTTP 200: no price. Whether a
free key gets forex here is learnt from its answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.one_sided import quote_around, read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Span
from fxpaper.aggregator.sources.blocking import BlockingCalls
from fxpaper.aggregator.sources.finnhub_names import finnhub_name
from fxpaper.aggregator.sources.polled import Polled, account_name
from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, RateLimitedError, TransientError

if TYPE_CHECKING:
    from fxpaper.aggregator.sources.finnhub_calls import Answer, FinnhubCalls

DEFAULT_URL = "https://api.finnhub.io/api/v1"
_EVIDENCE = Evidence("finnhub", Transport.REST, Spread.MODELLED, Grade.C)
CAPABILITIES = Capabilities(
    title="Finnhub",
    evidence=_EVIDENCE,
    sides="one price",
    updates="when asked",
    history="none without paying",
    free_plan="60 calls a minute; forex is not certain, the first answer tells",
    sign_up="https://finnhub.io/register",
)
_PATIENCE_SECONDS = 12.0
_MINUTE_NS = 60 * NS_PER_SECOND
_OK = 200
_RAW = 500


class FinnhubSource(Polled):
    """Asks Finnhub.

    Args:
        key: of the plan.
        setup: what it works with.
        base_url: where the provider is.
    """

    name = "finnhub"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, key: str, setup: Setup, base_url: str = DEFAULT_URL) -> None:
        account = account_name(self.name, key)
        spending = Spending("Finnhub", account, setup.budget, setup.clock, setup.urgency)
        super().__init__(setup.instruments, spending)
        self._key = key
        self._base_url = base_url
        self._calls = BlockingCalls("Finnhub", 1, _PATIENCE_SECONDS)
        self._sdk: FinnhubCalls | None = None

    def quotes_instrument(self, instrument: Instrument) -> bool:
        """Tell whether Finnhub's OANDA feed has a name for it."""
        return finnhub_name(instrument) is not None

    async def ask_quote(self, symbol: str, hurry: Hurry) -> Quote:
        """Return a quote asked for just now."""
        instrument = self._instruments[symbol]
        answer = await self._ask(symbol, finnhub_name(instrument) or "", hurry)
        body = answer.body if isinstance(answer.body, dict) else {}
        stamp = body.get("t")
        if body.get("c") == 0 and stamp == 0:
            self._block(symbol)
            raise TransientError(
                f"Finnhub, {symbol}: all zeros, so this key gets no forex quotes; not asked again "
                "for a day. The source finnhub_stream may still serve it."
            )
        if isinstance(stamp, bool) or not isinstance(stamp, int | float) or not stamp > 0:
            raise TransientError(f"Finnhub, {symbol}: {stamp!r} is not a time")
        quoted_at = int(stamp) * NS_PER_SECOND
        middle = read_price(body.get("c"), instrument)
        return quote_around(middle, instrument, quoted_at, self._clock.now(), _EVIDENCE)

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return nothing: its bars cost money."""
        del symbol, span
        return []

    async def close(self) -> None:
        """Let go of the thread and its connection."""
        self._calls.close(None if self._sdk is None else self._sdk.close)

    async def _ask(self, symbol: str, name: str, hurry: Hurry) -> Answer:
        """Reserve, call, settle, and tell failures apart."""
        if not self.supports(symbol):
            raise TransientError(f"The Finnhub plan does not include {symbol}.")
        await self._spending.reserve(hurry)
        try:
            answer = await self._calls.call(lambda: self._try(name))
        except OSError as problem:
            raise TransientError(f"Finnhub cannot be reached: {problem}") from None
        if isinstance(answer, str):
            await self._budget.refund(self._account)
            raise TransientError(f"Finnhub cannot be reached: {answer}")
        self.raw = str(answer.body or answer.message)[:_RAW]
        await self._settle(answer)
        if answer.status == _OK and answer.body is not None:
            return answer
        raise await self._failure(symbol, answer)

    async def _settle(self, answer: Answer) -> None:
        """Believe the provider's own count of the minute, where it tells one."""
        limit = self._budget.plan(self._account).per_minute
        if answer.remaining is None or limit is None:
            return
        await self._budget.settle(self._account, minute=max(0, limit - answer.remaining))
        if answer.remaining == 0 and answer.reset_at is not None:
            await self._budget.ban(self._account, answer.reset_at * NS_PER_SECOND)

    async def _failure(self, symbol: str, answer: Answer) -> Exception:
        text = f"Finnhub, {symbol}: {answer.message or 'no answer'} ({answer.status})"
        match answer.status:
            case 401:
                return ConfigurationError(f"{text}. Set the key of your plan as finnhub_key.")
            case 403:
                self._block(symbol)
                return TransientError(f"{text}; not asked again for a day")
            case 429:
                return await self._limited(answer)
            case _:
                return TransientError(text)

    async def _limited(self, answer: Answer) -> RateLimitedError:
        now = self._clock.now()
        until = now - now % _MINUTE_NS + _MINUTE_NS
        if answer.retry_after is not None:
            until = max(until, now + answer.retry_after * NS_PER_SECOND)
        if answer.reset_at is not None:
            until = max(until, answer.reset_at * NS_PER_SECOND)
        await self._budget.ban(self._account, until)
        return self._spending.limited(answer.message or "too many requests", until)

    def _try(self, name: str) -> Answer | str:
        """Return the answer, or why the call never left this machine; runs in the thread."""
        from fxpaper.aggregator.sources.finnhub_calls import (  # noqa: PLC0415 - 20 MB
            FinnhubCalls,
            NeverLeftError,
        )

        if self._sdk is None:
            self._sdk = FinnhubCalls(self._key, self._base_url)
        try:
            return self._sdk.quote(name)
        except NeverLeftError as problem:
            return str(problem)


SPEC = SourceSpec(
    name=FinnhubSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: FinnhubSource(setup.keys["finnhub_key"], setup),
    supports=lambda instrument: finnhub_name(instrument) is not None,
    keys=("finnhub_key",),
    limits=Limits(per_minute=60, spacing_ms=40),
)
