"""What Finnhub calls an instrument: ``OANDA:EUR_USD``; of its feeds, OANDA's streams spot forex."""

from __future__ import annotations

from fxpaper.domain.instrument import Instrument

_CODE_LENGTH = 3


def finnhub_name(instrument: Instrument) -> str | None:
    """Return Finnhub's name of a currency pair or metal; None for everything else."""
    if len(instrument.base) != _CODE_LENGTH or len(instrument.quote) != _CODE_LENGTH:
        return None
    return f"OANDA:{instrument.base}_{instrument.quote}"
