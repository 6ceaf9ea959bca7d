"""The price stream of DWX's ZeroMQ bridge for MetaTrader: ``EURUSD:|:1.08241;1.08251``.

It carries no time: a price is taken to be of the moment at which it came, so it is a grade worse
than a broker's own tick. The bridge's Expert Advisor publishes to everybody; fxpaper only listens.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from fxpaper.aggregator.one_sided import read_price
from fxpaper.aggregator.registry import Setup, SourceSpec
from fxpaper.aggregator.source import Capabilities
from fxpaper.aggregator.sources.streaming import Stream
from fxpaper.aggregator.sources.zmq_line import BrokerNames, zmq_texts
from fxpaper.domain.quote import Evidence, Grade, Quote, Spread, Transport
from fxpaper.errors import TransientError

_EVIDENCE = Evidence("dwx", Transport.STREAM, Spread.REAL, Grade.B)
CAPABILITIES = Capabilities(
    title="DWX ZeroMQ bridge",
    evidence=_EVIDENCE,
    sides="bid and ask of your broker",
    updates="every tick, without its time",
    history="none",
    free_plan="all of it, with a terminal of yours",
)
_BETWEEN = ":|:"


class DwxSource(Stream):
    """Listens to the bridge.

    Args:
        address: of its publisher, ``127.0.0.1:32770``.
        setup: what it works with.
    """

    name = "dwx"
    evidence = _EVIDENCE
    capabilities = CAPABILITIES

    def __init__(self, address: str, setup: Setup) -> None:
        self._address = address
        self._instruments = setup.instruments
        self._clock = setup.clock
        self._names = BrokerNames(setup)

    def supports(self, symbol: str) -> bool:
        """Tell whether the bridge may quote a symbol; which it does is learnt by listening."""
        return symbol in self._instruments

    async def quotes(self, symbols: frozenset[str]) -> AsyncGenerator[Quote, None]:
        """Yield quotes as they come.

        Raises:
            TransientError: nothing comes, or it makes no sense.
            ConfigurationError: the address is none.
        """
        line = zmq_texts(self.name, self._address, subscribes=True)
        async with aclosing(line) as texts:
            async for text in texts:
                self.raw = text
                quote = self._read(text)
                if quote is not None and quote.symbol in symbols:
                    yield quote

    def _read(self, text: str) -> Quote | None:
        """Return the quote in a text; None for a symbol that is not ours.

        Raises:
            TransientError: it is not of the known form.
        """
        named, between, prices = text.strip().rstrip("\x00").partition(_BETWEEN)
        bid, semicolon, ask = prices.partition(";")
        if not between or not semicolon:
            raise TransientError(f"dwx: {text[:60]!r} is no price")
        symbol = self._names.canonical(named.strip())
        if symbol is None:
            return None
        instrument, now = self._instruments[symbol], self._clock.now()
        sides = read_price(bid, instrument), read_price(ask.partition(";")[0], instrument)
        return Quote(symbol, *sides, now, now, _EVIDENCE)


SPEC = SourceSpec(
    name=DwxSource.name,
    capabilities=CAPABILITIES,
    make=lambda setup: DwxSource(setup.keys["dwx_address"], setup),
    keys=("dwx_address",),
)
