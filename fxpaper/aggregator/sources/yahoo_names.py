"""What Yahoo calls an instrument: ``EURUSD=X``, ``USDJPY=X``.

Metals have no name there. ``GC=F`` is the future on gold, another instrument with another price.
"""

from __future__ import annotations

from fxpaper.domain.instrument import Instrument

_METALS = {"XAU", "XAG", "XPT", "XPD"}
_CODE_LENGTH = 3


def yahoo_name(instrument: Instrument) -> str | None:
    """Return Yahoo's name of a currency pair; None for everything else."""
    sides = (instrument.base, instrument.quote)
    if any(len(side) != _CODE_LENGTH or side in _METALS for side in sides):
        return None
    return f"{instrument.base}{instrument.quote}=X"
