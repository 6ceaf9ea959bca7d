"""Alpha Vantage: bid and ask with their time, 25 times a day.

``CURRENCY_EXCHANGE_RATE`` answers ``{"Realtime Currency Exchange Rate": {"6. Last Refreshed":
"2026-11-18 12:00:01", "7. Time Zone": "UTC", "8. Bid Price": "1.08241", "9. Ask Price": …}}``.
Every refusal comes with HTTP 200 and another key, so it is told by the absence of that one. The key
travels in the address, because Alpha Vantage takes it nowhere else; the address is never shown.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp

from fxpaper.aggregator.budget import Limits
from fxpaper.aggregator.one_sided import read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities, Finding, Span
from fxpaper.aggregator.sources.polled import Polled, account_name
from fxpaper.aggregator.sources.polling import Hurry, Spending
from fxpaper.domain.bar import Bar
from fxpaper.domain.instant import parse_instant
from fxpaper.domain.instrument import Instrument
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import ConfigurationError, TransientError

if TYPE_CHECKING:
    from alpha_vantage.async_support.foreignexchange import ForeignExchange

_EVIDENCE = Evidence("alpha_vantage", Transport.REST, Spread.REAL, Grade.C)
CAPABILITIES = Capabilities(
    title="Alpha Vantage",
    evidence=_EVIDENCE,
    sides="bid and ask",
    updates="when asked",
    history="none used: its minutes cost money",
    free_plan="25 calls a day, one a second: a last resort",
    sign_up="https://www.alphavantage.co/support/#api-key",
)
_SECONDS = 15.0
_RAW = 500
_CODE_LENGTH = 3
_METALS = {"XPT", "XPD"}


class AlphaVantageSource(Polled):
    """Asks Alpha Vantage.

    Args:
        key: of the plan.
        setup: what it works with.
    """

    name = "alpha_vantage"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, key: str, setup: Setup) -> None:
        account = account_name(self.name, key)
        spending = Spending("Alpha Vantage", account, setup.budget, setup.clock, setup.urgency)
        super().__init__(setup.instruments, spending)
        self._key = key
        self._sdk: ForeignExchange | None = None

    def quotes_instrument(self, instrument: Instrument) -> bool:
        """Tell whether both sides are currencies for Alpha Vantage; gold and silver are."""
        return _has(instrument)

    async def ask_quote(self, symbol: str, hurry: Hurry) -> Quote:
        """Return a quote asked for just now; one of 25 calls of the day."""
        if not self.supports(symbol):
            raise TransientError(f"The Alpha Vantage plan does not include {symbol}.")
        instrument = self._instruments[symbol]
        await self._spending.reserve(hurry)
        body = await self._ask(symbol, instrument)
        return self._read(body, instrument)

    async def history(self, symbol: str, span: Span | None = None) -> list[Bar]:
        """Return nothing: its minutes cost money."""
        del symbol, span
        return []

    async def probe(self, symbol: str) -> Finding:
        """Ask nothing: every one of its 25 calls counts."""
        text = "not asked at the start: each of its 25 calls a day counts"
        return Finding(ok=self.supports(symbol), text=text)

    async def close(self) -> None:
        """Close the SDK's session."""
        if self._sdk is not None:
            await self._sdk.close()

    async def _ask(self, symbol: str, instrument: Instrument) -> dict[str, Any]:
        from alpha_vantage.async_support.foreignexchange import (  # noqa: PLC0415 - 77 MB
            ForeignExchange,
        )

        if self._sdk is None:
            self._sdk = ForeignExchange(key=self._key)
            self._sdk.session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_SECONDS))
        try:
            body, _ = await self._sdk.get_currency_exchange_rate(
                from_currency=instrument.base, to_currency=instrument.quote
            )
        except aiohttp.ContentTypeError as problem:
            raise TransientError(
                f"Alpha Vantage, {symbol}: the answer is not JSON ({problem.status})"
            ) from None
        except aiohttp.ClientConnectorError:
            await self._budget.refund(self._account)
            raise TransientError("Alpha Vantage cannot be reached") from None
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise TransientError(
                f"Alpha Vantage cannot be reached: {type(problem).__name__}"
            ) from None
        except KeyError:
            raise TransientError(
                f"Alpha Vantage, {symbol}: the answer is not of the documented form"
            ) from None
        except json.JSONDecodeError:
            raise TransientError(f"Alpha Vantage, {symbol}: the answer is not JSON") from None
        except ValueError as problem:
            raise await self._refused(symbol, str(problem)) from None
        self.raw = str(body)[:_RAW]
        return body if isinstance(body, dict) else {}

    async def _refused(self, symbol: str, said: str) -> Exception:
        """Tell a wrong key and an unknown pair from a spent plan, which is everything else."""
        self.raw = said = said.replace(self._key, "***")[:_RAW]
        if "Invalid API call" in said:
            self._block(symbol)
            return TransientError(f"Alpha Vantage, {symbol}: {said}; not asked again for a day")
        if "apikey" in said.lower() and "invalid" in said.lower():
            return ConfigurationError(f"Alpha Vantage refuses the key: {said}")
        until = self._budget.plan(self._account).day_ends(self._clock.now())
        await self._budget.ban(self._account, until)
        return self._spending.limited(said, until)

    def _read(self, body: dict[str, Any], instrument: Instrument) -> Quote:
        named = (body.get("1. From_Currency Code"), body.get("3. To_Currency Code"))
        if named != (instrument.base, instrument.quote):
            raise TransientError(
                f"Alpha Vantage answered {named[0]!r}/{named[1]!r} for {instrument.symbol}"
            )
        zone = body.get("7. Time Zone")
        stamp = f"{body.get('6. Last Refreshed')}{'Z' if zone == 'UTC' else zone}"
        try:
            quoted_at = parse_instant(stamp)
        except ValueError:
            raise TransientError(
                f"Alpha Vantage, {instrument.symbol}: {stamp!r} is not a time"
            ) from None
        bid = read_price(body.get("8. Bid Price"), instrument)
        ask = read_price(body.get("9. Ask Price"), instrument)
        return Quote(instrument.symbol, bid, ask, quoted_at, self._clock.now(), _EVIDENCE)


def _has(instrument: Instrument) -> bool:
    sides = (instrument.base, instrument.quote)
    return all(len(side) == _CODE_LENGTH and side not in _METALS for side in sides)


SPEC = SourceSpec(
    name=AlphaVantageSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: AlphaVantageSource(setup.keys["alpha_vantage_key"], setup),
    supports=_has,
    keys=("alpha_vantage_key",),
    limits=Limits(per_day=25, spacing_ms=1100, midnight="America/New_York"),
)
