"""The live stream of MQL5-JSON-API.

``{"status": "CONNECTED", "symbol": "EURUSD", "timeframe": "TICK", "data": [1795010430123, 1.08241,
1.08251]}``: milliseconds of the broker's clock, bid and ask. The Expert Advisor pushes to one
listener, so fxpaper must be the only one, and it streams what a client has asked it for. How far
the broker's clock is ahead of UTC is told from the ticks, in quarters of an hour: they are of now.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

import msgspec

from fxpaper.aggregator.one_sided import read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.streaming import Stream
from fxpaper.aggregator.sources.zmq_line import BrokerNames, zmq_texts
from fxpaper.domain.instant import NS_PER_MS, NS_PER_SECOND, Instant
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

_EVIDENCE = Evidence("mql5_json", Transport.STREAM, Spread.REAL, Grade.A)
CAPABILITIES = Capabilities(
    title="MQL5-JSON-API",
    evidence=_EVIDENCE,
    sides="bid and ask of your broker",
    updates="every tick",
    history="none",
    free_plan="all of it, with a terminal of yours",
)
_QUARTER_NS = 900 * NS_PER_SECOND
_TICK_FIELDS = 3
_PROOFS = 50
"""So many ticks in a row that seem old mean that the broker's clock has been set back."""


class _Message(msgspec.Struct):
    status: str = ""
    symbol: str = ""
    timeframe: str = ""
    data: list[float] = []


class Mql5JsonSource(Stream):
    """Listens to the Expert Advisor.

    Args:
        address: of its live stream, ``127.0.0.1:15557``.
        setup: what it works with.
    """

    name = "mql5_json"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, address: str, setup: Setup) -> None:
        self._address = address
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._names = BrokerNames(setup)
        self._ahead_ns: int | None = None
        self._behind = 0
        self._decoder = msgspec.json.Decoder(_Message)

    def supports(self, symbol: str) -> bool:
        """Tell whether it may quote a symbol; which it does is learnt by listening."""
        return symbol in self._instruments

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come.

        Raises:
            TransientError: nothing comes, or it makes no sense.
            ConfigurationError: the address is none.
        """
        self._ahead_ns = None
        line = zmq_texts(self.name, self._address, subscribes=False)
        async with aclosing(line) as texts:
            async for text in texts:
                self.raw = text
                quote = self._read(text)
                if quote is not None and quote.symbol in symbols:
                    yield quote

    def _read(self, text: str) -> Quote | None:
        """Return the quote in a text; None for a bar, or a symbol that is not ours.

        Raises:
            TransientError: it is not of the known form.
        """
        try:
            message = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeDecodeError) as problem:
            raise TransientError(f"MQL5-JSON-API makes no sense: {problem}") from None
        if message.timeframe != "TICK":
            return None
        if len(message.data) != _TICK_FIELDS or message.data[0] <= 0:
            raise TransientError(f"MQL5-JSON-API: {text[:80]!r} is no tick")
        symbol = self._names.canonical(message.symbol)
        if symbol is None:
            return None
        instrument, now = self._instruments[symbol], self._clock.now()
        at, bid, ask = message.data
        sides = read_price(bid, instrument), read_price(ask, instrument)
        return Quote(symbol, *sides, self._utc(int(at) * NS_PER_MS, now), now, _EVIDENCE)

    def _utc(self, broker_ns: Instant, now: Instant) -> Instant:
        """Return the instant of a time on the broker's clock, which may have changed."""
        ahead = round((broker_ns - now) / _QUARTER_NS) * _QUARTER_NS
        self._behind = self._behind + 1 if ahead < (self._ahead_ns or 0) else 0
        if self._ahead_ns is None or ahead > self._ahead_ns or self._behind >= _PROOFS:
            self._ahead_ns = ahead
        return broker_ns - self._ahead_ns


SPEC = SourceSpec(
    name=Mql5JsonSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: Mql5JsonSource(setup.keys["mql5_json_address"], setup),
    keys=("mql5_json_address",),
)
