"""Whether a spread leaves a trade a chance: it is paid at once, out of the way to the stop-loss."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.approval import Check
from fxpaper.domain.instrument import Instrument, Points
from fxpaper.domain.money import to_decimal
from fxpaper.domain.quote import Quote
from fxpaper.domain.refusal import RefusalCode, Refused


def check(
    quote: Quote, distance: Points, instrument: Instrument, most_percent: Decimal
) -> tuple[Check, Refused | None]:
    """Return the check of a spread, and the refusal if it is too wide.

    Args:
        quote: gives the spread.
        distance: from the entry to the stop-loss, in points.
        instrument: gives the pip.
        most_percent: of the distance, that the spread may be.
    """
    spread = quote.ask - quote.bid
    most = Fraction(distance) * Fraction(most_percent) / 100
    fits = spread <= most
    actual, limit = _pips(Fraction(spread), instrument), _pips(most, instrument)
    found = Check("spread", f"{actual} pips", f"≤ {limit} pips", fits)
    if fits:
        return found, None
    way = _pips(Fraction(distance), instrument)
    return found, Refused(
        code=RefusalCode.SPREAD_TOO_WIDE,
        actual=f"{actual} pips",
        limit=f"{limit} pips",
        text=f"The spread of {instrument.symbol} is {actual} pips and the stop-loss {way} pips "
        f"away; the spread may be {most_percent} % of that, {limit} pips.",
    )


def _pips(points: Fraction, instrument: Instrument) -> Decimal:
    return to_decimal(points / instrument.pip, 1)
