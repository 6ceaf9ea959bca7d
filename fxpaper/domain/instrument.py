"""What is traded, and by whose rules. Rules are data: they come from a broker profile."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

Points = int


class MarginMode(StrEnum):
    """How MetaTrader 5 computes the margin of an instrument."""

    FOREX = "forex"
    FOREX_NO_LEVERAGE = "forex_no_leverage"
    CFD = "cfd"
    CFD_LEVERAGE = "cfd_leverage"
    CFD_INDEX = "cfd_index"
    FUTURES = "futures"


class SwapMode(StrEnum):
    """What an instrument's swap rates mean, as in MetaTrader 5."""

    NONE = "none"
    POINTS = "points"
    """Points of price for each lot."""
    BASE_MONEY = "base_money"
    """Money of the base currency for each lot."""
    MARGIN_MONEY = "margin_money"
    """Money of the margin currency for each lot."""
    DEPOSIT_MONEY = "deposit_money"
    """Money of the account's currency for each lot."""
    INTEREST_CURRENT = "interest_current"
    """Per cent a year of the value at the current price."""
    INTEREST_OPEN = "interest_open"
    """Per cent a year of the value at the open price."""
    REOPEN = "reopen"
    """The position is reopened at the closing price plus or minus so many points."""


class Weekday(StrEnum):
    """A day on which a trading day ends."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"


class Instrument(msgspec.Struct, frozen=True, kw_only=True):
    """One instrument under one broker's rules.

    Args:
        symbol: canonical name, e.g. ``EURUSD``.
        base: currency (or metal) that is bought and sold; margin is held in it in mode ``forex``.
        quote: currency that prices, and so profits, are in.
        digits: decimals of a price; one point is ``10**-digits``.
        pip: points in the trader's pip (10 on five- and three-digit forex).
        contract_size: units of ``base`` in one lot.
        min_lots: smallest order.
        max_lots: largest order.
        lot_step: volume grows in multiples of it.
        margin_mode: how margin is computed.
        margin_rate: the broker's multiplier of that margin (0.05 for a 5 % CFD).
        initial_margin: margin of one lot in mode ``futures``, in ``quote``.
        tick_size: smallest price step in price units; only modes ``cfd_index`` and ``futures``.
        tick_value: worth of one such step per lot, in ``quote``; the same modes.
        stops_level: nearest allowed distance of a stop-loss or take-profit to the market, points.
        typical_spread: spread to assume, in points, where a source gives one price only.
        hedged_margin: units of ``base`` that one lot bought and one lot sold are margined as;
            None: as many as one lot has. 0: a hedge needs no margin.
        hedged_larger_leg: whether a hedge is margined as its larger side instead.
        swap_mode: what ``swap_long`` and ``swap_short`` mean.
        swap_long: earned (or, negative, paid) by a long position each night.
        swap_short: the same for a short position.
        swap_year: days that interest counts a year as, 360 or 365.
        swap_triple: weekday whose rollover counts three nights.
        value_holidays: days on which no forex is delivered; they move nights.
        daily_break: when it does not trade each day, New York time, e.g. ``17:00-18:00``, or
            empty.
        holidays: trading days (``2026-12-25`` or, of every year, ``12-25``) on which it is closed.
    """

    symbol: str
    base: str
    quote: str
    digits: int
    pip: Points
    contract_size: Decimal
    min_lots: Decimal = Decimal("0.01")
    max_lots: Decimal = Decimal(100)
    lot_step: Decimal = Decimal("0.01")
    margin_mode: MarginMode = MarginMode.FOREX
    margin_rate: Decimal = Decimal(1)
    initial_margin: Decimal = Decimal(0)
    tick_size: Decimal = Decimal(0)
    tick_value: Decimal = Decimal(0)
    stops_level: Points = 0
    typical_spread: Points = 20
    hedged_margin: Decimal | None = None
    hedged_larger_leg: bool = False
    swap_mode: SwapMode = SwapMode.NONE
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    swap_year: int = 360
    swap_triple: Weekday = Weekday.WEDNESDAY
    value_holidays: tuple[str, ...] = ()
    daily_break: str = ""
    holidays: tuple[str, ...] = ("12-25", "01-01")

    def price(self, points: Points) -> Decimal:
        """Return a price in ``quote`` from points."""
        return format_price(points, self.digits)

    def points(self, price: Decimal) -> Points:
        """Return a price as points.

        Raises:
            ValueError: the price is finer than one point, not positive, or absurdly large.
        """
        if not price.is_finite() or price <= 0 or price.adjusted() > 9:  # noqa: PLR2004
            raise ValueError(f"{price} is not a price of {self.symbol}")
        scaled = price.scaleb(self.digits)
        whole = int(scaled)
        if whole != scaled:
            raise ValueError(
                f"{price} has more decimals than {self.symbol} is quoted with ({self.digits}); "
                f"write {self.price(round(scaled))}"
            )
        return whole

    def nearest_points(self, price: float | Decimal) -> Points:
        """Return the point nearest to a provider's price, which may carry float noise."""
        return round(
            Decimal(price if isinstance(price, Decimal) else repr(price)).scaleb(self.digits)
        )

    @property
    def point_value(self) -> Fraction:
        """What one lot gains or loses per point, in ``quote``."""
        return Fraction(self.contract_size) / Fraction(10**self.digits)

    def may_order(self, lots: Decimal) -> bool:
        """Tell whether ``lots`` lies within the limits and on the step."""
        return self.min_lots <= lots <= self.max_lots and lots % self.lot_step == 0


def format_price(points: Points, digits: int) -> Decimal:
    """Return points as a decimal price with ``digits`` decimals."""
    return Decimal(points).scaleb(-digits)


class Conversion(StrEnum):
    """At which price of the conversion pair money is converted."""

    SIDE = "side"
    """What is received at the bid, what is owed at the ask."""
    MID = "mid"


class BrokerProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A broker's rules: its instruments and what it charges.

    Args:
        name: how the profile is called, e.g. ``standard``.
        commission_per_lot: charged for each lot on each side, in ``commission_currency``.
        commission_currency: the currency of that charge.
        commission_per_million: charged on each side for each million of ``commission_currency``
            that the deal is worth.
        commission_percent: charged on each side, per cent of what the deal is worth.
        margin_call: margin level, in per cent, at which the account is warned.
        stop_out: margin level, in per cent, at which positions are closed.
        negative_balance_protection: whether a balance that a stop-out left below zero becomes 0.
        conversion: at which price profits and costs become the account's currency.
        instruments: by canonical symbol.
    """

    name: str
    commission_per_lot: Decimal
    commission_currency: str
    instruments: dict[str, Instrument]
    commission_per_million: Decimal = Decimal(0)
    commission_percent: Decimal = Decimal(0)
    margin_call: Decimal = Decimal(100)
    stop_out: Decimal = Decimal(50)
    negative_balance_protection: bool = True
    conversion: Conversion = Conversion.SIDE
