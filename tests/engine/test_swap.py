"""Swap by value, and the nights that each rollover counts."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.domain.instrument import MarginMode, SwapMode, Weekday
from fxpaper.domain.money import post, to_decimal
from fxpaper.domain.order import Side
from fxpaper.engine.calendar import value_date
from fxpaper.engine.swap import nights, swap
from fxpaper.profiles import read_profile

INSTRUMENTS = read_profile("standard").instruments
EURUSD, USDJPY = INSTRUMENTS["EURUSD"], INSTRUMENTS["USDJPY"]
USDCAD, XAUUSD = INSTRUMENTS["USDCAD"], INSTRUMENTS["XAUUSD"]
MONDAY = date(2026, 11, 16)
WEDNESDAY = date(2026, 11, 18)
LONG, SHORT = Side.BUY, Side.SELL


def points(instrument, long, short):
    return replace(
        instrument,
        swap_mode=SwapMode.POINTS,
        swap_long=Decimal(long),
        swap_short=Decimal(short),
    )


def a_night(instrument, side, lots, opened, now=None):
    """Return a night's swap of a USD account's position, opened at points."""
    volume = Decimal(lots)
    return swap(instrument, side, volume, volume * opened, now or opened, "USD")


def test_eurusd_pays_six_dollars_fifty_a_night_and_three_times_that_on_a_wednesday():
    """-6.5 points of one lot; a point is a dollar."""
    amount, currency = a_night(points(EURUSD, "-6.5", "2"), LONG, 1, 110_000)
    assert (post(amount, currency), currency) == (Decimal("-6.50"), "USD")
    assert post(amount * nights(EURUSD, WEDNESDAY), currency) == Decimal("-19.50")


def test_usdjpy_earns_yen():
    """+12 points of one lot are 1,200 yen, 8 dollars at 150."""
    amount, currency = a_night(points(USDJPY, 12, -20), LONG, 1, 150_000)
    assert (amount, currency) == (1200, "JPY")
    assert amount / 150 == 8


@pytest.mark.parametrize(("year", "amount"), [(360, "-7.6389"), (365, "-7.5342")])
def test_interest_of_two_and_a_half_per_cent_on_110_000(year, amount):
    """A year has 360 days, or 365 by another convention."""
    instrument = replace(
        EURUSD,
        swap_mode=SwapMode.INTEREST_OPEN,
        swap_long=Decimal("-2.5"),
        swap_year=year,
    )
    interest, currency = a_night(instrument, LONG, 1, 110_000)
    assert (to_decimal(interest, 4), currency) == (Decimal(amount), "USD")


@pytest.mark.parametrize(("side", "amount"), [(LONG, "-9.04"), (SHORT, "9.04")])
def test_who_holds_the_currency_of_less_interest_pays(side, amount):
    """Dollars at 5 %, euros at 2 %: long EURUSD pays the difference, short earns it."""
    instrument = replace(
        EURUSD,
        swap_mode=SwapMode.INTEREST_CURRENT,
        swap_long=Decimal(2 - 5),
        swap_short=Decimal(5 - 2),
        swap_year=365,
    )
    assert post(*a_night(instrument, side, 1, 110_000)) == Decimal(amount)


def test_three_nights_are_rounded_once():
    """A real report of gold, 0.03 lots short: -0.14 a night and -0.41 for three, not -0.42."""
    amount, currency = a_night(points(XAUUSD, "-30", "-4.55"), SHORT, "0.03", 240_000)
    assert [post(amount * count, currency) for count in (1, 3)] == [
        Decimal("-0.14"),
        Decimal("-0.41"),
    ]


@pytest.mark.parametrize(
    ("mode", "amount", "currency"),
    [
        pytest.param(SwapMode.NONE, 0, "JPY", id="none"),
        pytest.param(SwapMode.POINTS, -1000, "JPY", id="points"),
        pytest.param(SwapMode.REOPEN, -1000, "JPY", id="reopening points further on costs them"),
        pytest.param(SwapMode.BASE_MONEY, -10, "USD", id="base"),
        pytest.param(SwapMode.MARGIN_MONEY, -10, "USD", id="margin"),
        pytest.param(SwapMode.DEPOSIT_MONEY, -10, "CHF", id="deposit"),
        pytest.param(
            SwapMode.INTEREST_CURRENT, Fraction(-31_000_000, 7200), "JPY", id="current price"
        ),
        pytest.param(SwapMode.INTEREST_OPEN, Fraction(-30_000_000, 7200), "JPY", id="open price"),
    ],
)
def test_every_mode_in_its_currency(mode, amount, currency):
    """Two lots at a rate of -5, opened at 150.000, now at 155.000, account in francs."""
    instrument = replace(USDJPY, swap_mode=mode, swap_long=Decimal(-5), swap_short=Decimal(1))
    night = swap(instrument, LONG, Decimal(2), Decimal(300_000), 155_000, "CHF")
    assert night == (amount, currency)


def test_margin_money_is_in_the_currency_of_the_margin():
    """Of a CFD that is the quote currency."""
    instrument = replace(
        XAUUSD, swap_mode=SwapMode.MARGIN_MONEY, swap_long=Decimal(-3), margin_mode=MarginMode.CFD
    )
    assert a_night(instrument, LONG, 1, 240_000) == (-3, "USD")


@pytest.mark.parametrize(
    ("triple", "week"),
    [
        pytest.param(Weekday.WEDNESDAY, [1, 1, 3, 1, 1, 0, 0], id="delivered after two days"),
        pytest.param(Weekday.THURSDAY, [1, 1, 1, 3, 1, 0, 0], id="after one"),
        pytest.param(Weekday.FRIDAY, [1, 1, 1, 1, 3, 0, 0], id="a broker's Friday"),
        pytest.param(Weekday.MONDAY, [3, 1, 1, 1, 1, 0, 0], id="a broker's Monday"),
        pytest.param(Weekday.TUESDAY, [1, 3, 1, 1, 1, 0, 0], id="a broker's Tuesday"),
    ],
)
def test_a_week_has_seven_nights(triple, week):
    """One weekday has the weekend's."""
    instrument = replace(EURUSD, swap_triple=triple)
    assert [nights(instrument, MONDAY + timedelta(days=n)) for n in range(7)] == week


@pytest.mark.parametrize(
    ("symbol", "triple"), [("EURUSD", 2), ("USDCAD", 3), ("EURCAD", 2), ("XAUUSD", 2)]
)
def test_the_dollar_in_canada_is_delivered_after_one_day(symbol, triple):
    """So its three nights are Thursday's; those of its crosses are Wednesday's."""
    assert nights(INSTRUMENTS[symbol], MONDAY + timedelta(days=triple)) == 3


@pytest.mark.parametrize(
    ("holidays", "week"),
    [
        pytest.param(("2026-11-18",), [1, 0, 3, 1, 1], id="Wednesday; Friday before had two"),
        pytest.param(("2026-11-19",), [2, 3, 0, 1, 1], id="Thursday"),
        pytest.param(("11-20",), [1, 4, 1, 0, 1], id="Friday: four nights at once"),
        pytest.param(("2026-11-23",), [1, 1, 4, 1, 0], id="Monday after"),
    ],
)
def test_a_day_without_delivery_moves_nights(holidays, week):
    """To the rollover that steps over it."""
    instrument = replace(EURUSD, value_holidays=holidays)
    assert [nights(instrument, MONDAY + timedelta(days=n)) for n in range(5)] == week


@given(
    st.sampled_from(Weekday),
    st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    st.sets(st.integers(7, 24)),
)
def test_four_weeks_have_28_nights_whatever_the_holidays(triple, start, closed):
    """Holidays that lie inside move nights and never lose or double one."""
    monday = start - timedelta(days=start.weekday())
    instrument = replace(
        EURUSD,
        swap_triple=triple,
        value_holidays=tuple(str(monday + timedelta(days=n)) for n in closed),
    )
    counted = [nights(instrument, monday + timedelta(days=n)) for n in range(28)]
    assert sum(counted) == 28
    assert min(counted) >= 0


@given(
    st.lists(st.dates(date(2026, 1, 1), date(2026, 12, 31)).map(str), max_size=40),
    st.integers(0, 4),
)
def test_delivery_is_on_a_business_day_and_never_moves_back(holidays, after):
    """However many holidays a year has."""
    trading_days = [MONDAY + timedelta(days=n) for n in range(-250, 30)]
    delivered = [
        value_date(day, after, tuple(holidays)) for day in trading_days if day.weekday() < 5
    ]
    assert delivered == sorted(delivered)
    assert all(day.weekday() < 5 and str(day) not in holidays for day in delivered)
