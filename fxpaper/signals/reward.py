"""Whether a trade is still the one that was advised: at the price that would be paid now."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from fxpaper.domain.approval import Check
from fxpaper.domain.instrument import Instrument, Points, format_price
from fxpaper.domain.money import floor_decimal, to_decimal
from fxpaper.domain.order import Side
from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Signal
from fxpaper.signals.levels import Levels
from fxpaper.signals.rules import SignalRules


class Reward:
    """A trade at a price.

    Args:
        signal: gives the entry that its author saw.
        side: of the position.
        price: that it would pay, in points.
        levels: of the position; on their right sides.
        instrument: gives digits and pip.
    """

    def __init__(
        self, signal: Signal, side: Side, price: Points, levels: Levels, instrument: Instrument
    ) -> None:
        self._signal = signal
        self._sign = 1 if side is Side.BUY else -1
        self._price = price
        self._levels = levels
        self._instrument = instrument

    def checks(self, rules: SignalRules) -> Iterator[tuple[Check, Refused | None]]:
        """Ask how far the market has gone on, and what there is to win for what is risked."""
        if self._signal.entry is not None:
            yield self._drift(self._signal.entry, rules.max_entry_drift_percent)
        if self._levels.take_profits:
            yield self._ratio(rules.min_reward_risk)

    def ratio(self) -> Fraction:
        """Return the mean way to the take-profits over the way to the stop-loss."""
        targets = self._levels.take_profits
        gain = sum(self._sign * (one - self._price) for one in targets)
        return Fraction(gain, len(targets) * abs(self._price - self._levels.stop_loss))

    def _drift(self, entry: Decimal, percent: Decimal) -> tuple[Check, Refused | None]:
        """Compare with the entry: paying more is drift, paying less is none."""
        digits, pip = self._instrument.digits, self._instrument.pip
        seen = Fraction(entry) * 10**digits
        drift = max(self._sign * (self._price - seen), Fraction(0))
        way = abs(seen - self._levels.stop_loss)
        most = way * Fraction(percent) / 100
        actual, limit = (to_decimal(one / pip, 1) for one in (drift, most))
        fits = drift <= most
        found = Check("entry_drift", f"{actual} pips", f"≤ {limit} pips", fits)
        if fits:
            return found, None
        return found, Refused(
            code=RefusalCode.ENTRY_GONE,
            actual=f"{actual} pips",
            limit=f"{limit} pips",
            text=f"The market, {format_price(self._price, digits)}, is {actual} pips on from the "
            f"signal's entry, {entry}; it may be {percent} % of the way to the stop-loss, {limit} "
            "pips.",
        )

    def _ratio(self, least: Decimal | None) -> tuple[Check, Refused | None]:
        ratio = self.ratio()
        fits = least is None or ratio >= Fraction(least)
        actual = floor_decimal(ratio, 2)
        found = Check("reward_risk", str(actual), "" if least is None else f"≥ {least}", fits)
        if fits:
            return found, None
        return found, Refused(
            code=RefusalCode.REWARD_TOO_SMALL,
            actual=str(actual),
            limit=str(least),
            text=f"At {format_price(self._price, self._instrument.digits)} there is {actual} to "
            f"win for 1 risked; at least {least} is asked for.",
        )
