"""The shipped profiles, and what is said of a file that cannot be right."""

from decimal import Decimal

import pytest

from fxpaper.domain.instrument import Conversion, MarginMode, SwapMode, Weekday
from fxpaper.engine.margin import margin
from fxpaper.errors import ConfigurationError
from fxpaper.profiles import SHIPPED, parse_profile, read_profile

EURUSD = """
[instruments.EURUSD]
base = "EUR"
quote = "USD"
digits = 5
pip = 10
contract_size = 100000
"""


def message(text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        parse_profile(text, "my.toml")
    return str(caught.value)


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_profile_has_28_pairs_and_two_metals_with_swaps(name):
    """Nobody holds anything overnight for nothing."""
    profile = read_profile(name)
    assert profile.name == name
    assert len(profile.instruments) == 30
    for symbol, instrument in profile.instruments.items():
        assert instrument.symbol == symbol == instrument.base + instrument.quote
        assert instrument.swap_mode is SwapMode.POINTS
        assert instrument.swap_long + instrument.swap_short < 0
        metal = instrument.base in {"XAU", "XAG"}
        assert instrument.daily_break == ("17:00-18:00" if metal else "")
        triple = Weekday.THURSDAY if symbol == "USDCAD" else Weekday.WEDNESDAY
        assert instrument.swap_triple is triple
        assert instrument.hedged_margin == instrument.contract_size / 2


def test_swaps_of_the_shipped_profiles_have_the_sign_of_the_interest():
    """Dollars and pounds bear more than yen and francs: buying them earns."""
    instruments = read_profile("standard").instruments
    assert instruments["USDJPY"].swap_long == Decimal("10.4")
    assert instruments["EURUSD"].swap_short == Decimal("3.1")
    for symbol in ("USDJPY", "USDCHF", "GBPJPY", "GBPCHF", "AUDJPY"):
        assert instruments[symbol].swap_long > 0 > instruments[symbol].swap_short
    for symbol in ("EURUSD", "EURGBP", "XAUUSD", "XAGUSD"):
        assert instruments[symbol].swap_long < 0 < instruments[symbol].swap_short


def test_a_raw_account_is_the_standard_one_with_thin_spreads_and_a_commission():
    """All else is the same broker's."""
    standard, raw = read_profile("standard"), read_profile("raw")
    assert (raw.commission_per_lot, raw.commission_currency) == (Decimal("3.50"), "USD")
    assert standard.commission_per_lot == 0
    assert raw.instruments["XAGUSD"].typical_spread == 6
    for symbol, instrument in raw.instruments.items():
        assert instrument.typical_spread < standard.instruments[symbol].typical_spread
        assert instrument.swap_long == standard.instruments[symbol].swap_long


@pytest.mark.parametrize(
    ("symbol", "price", "held"),
    [
        pytest.param("EURUSD", 110_000, "3330", id="of 100,000 euros"),
        pytest.param("USDCAD", 138_000, "3330", id="of 100,000 US dollars"),
        pytest.param("AUDUSD", 66_000, "5000", id="the Australian dollar is no major here"),
        pytest.param("EURNZD", 180_000, "5000", id="nor is New Zealand's"),
        pytest.param("XAUUSD", 240_000, "12000", id="gold, of 240,000 dollars"),
        pytest.param("XAGUSD", 29_000, "14500", id="silver, of 145,000 dollars"),
    ],
)
def test_esma_margin_is_a_share_of_the_value_whatever_the_leverage(symbol, price, held):
    """In the margin currency, for one lot."""
    instrument = read_profile("esma").instruments[symbol]
    for leverage in (30, 500):
        assert margin(instrument, Decimal(1), price, leverage) == Decimal(held)


def test_esma_accounts_are_closed_out_at_half_the_margin_and_never_owe():
    profile = read_profile("esma")
    assert (profile.margin_call, profile.stop_out) == (Decimal(100), Decimal(50))
    assert profile.negative_balance_protection


def test_every_key_of_broker_and_instrument_is_read():
    """Numbers may be written as numbers or as text; days as days or as text."""
    profile = parse_profile(
        """
        name = "mine"
        commission_per_lot = 2.25
        commission_currency = "EUR"
        commission_per_million = "30"
        commission_percent = 0.1
        margin_call = 80
        stop_out = "20"
        negative_balance_protection = false
        conversion = "mid"
        """
        + EURUSD
        + """
        hedged_margin = 0
        hedged_larger_leg = true
        swap_mode = "interest_open"
        swap_long = -2.5
        swap_short = "1.1"
        swap_year = 365
        swap_triple = "friday"
        value_holidays = [2026-12-25, "01-01"]
        daily_break = "23:55-00:05"
        holidays = []
        """,
        "mine.toml",
    )
    assert (profile.name, profile.commission_currency) == ("mine", "EUR")
    assert profile.commission_per_lot == Decimal("2.25")
    assert profile.commission_per_million == 30
    assert profile.commission_percent == Decimal("0.1")
    assert (profile.margin_call, profile.stop_out) == (Decimal(80), Decimal(20))
    assert not profile.negative_balance_protection
    assert profile.conversion is Conversion.MID
    instrument = profile.instruments["EURUSD"]
    assert instrument.hedged_margin == 0
    assert instrument.hedged_larger_leg
    assert instrument.swap_mode is SwapMode.INTEREST_OPEN
    assert (instrument.swap_long, instrument.swap_short) == (Decimal("-2.5"), Decimal("1.1"))
    assert (instrument.swap_year, instrument.swap_triple) == (365, Weekday.FRIDAY)
    assert instrument.value_holidays == ("2026-12-25", "01-01")
    assert (instrument.daily_break, instrument.holidays) == ("23:55-00:05", ())


def test_a_profile_based_on_another_says_only_what_differs():
    """Own defaults reach what the base left to its defaults, and nothing else."""
    profile = parse_profile(
        """
        based_on = "raw"
        stop_out = 30
        [defaults]
        stops_level = 20
        hedged_margin = 0
        [instruments.EURUSD]
        swap_long = -6.5
        [instruments.DE40]
        base = "DE40"
        quote = "EUR"
        digits = 1
        contract_size = 1
        margin_mode = "cfd"
        margin_rate = 0.05
        swap_triple = "friday"
        """,
        "mine.toml",
    )
    assert profile.name == "mine.toml"
    assert (profile.commission_per_lot, profile.stop_out) == (Decimal("3.50"), Decimal(30))
    euro, gold = profile.instruments["EURUSD"], profile.instruments["XAUUSD"]
    assert (euro.swap_long, euro.swap_short) == (Decimal("-6.5"), Decimal("3.1"))
    assert (euro.typical_spread, euro.stops_level, euro.hedged_margin) == (3, 20, Decimal(0))
    assert (gold.stops_level, gold.hedged_margin) == (20, Decimal(50))
    assert profile.instruments["DE40"].margin_mode is MarginMode.CFD
    assert len(profile.instruments) == 31


@pytest.mark.parametrize(
    ("line", "said"),
    [
        pytest.param(
            'swap_triple = "saturday"',
            'swap_triple is "saturday"; write one of: monday, tuesday, wednesday, thursday, friday',
            id="word",
        ),
        pytest.param(
            'daily_break = "5pm"',
            'daily_break: "5pm" is no daily break; write begin and end in New York time, as '
            "17:00-18:00",
            id="break",
        ),
        pytest.param(
            "daily_break = 17:00:00", "daily_break is 17:00:00; write a text in quotes", id="time"
        ),
        pytest.param(
            'holidays = ["12-32"]',
            'holidays: "12-32" is no day; write 2026-12-25 for one day or 12-25 for that day of '
            "every year",
            id="no day",
        ),
        pytest.param(
            'value_holidays = ["Christmas"]',
            'value_holidays: "Christmas" is no day; write 2026-12-25 for one day or 12-25 for that '
            "day of every year",
            id="no day of delivery",
        ),
        pytest.param(
            "holidays = 2026-12-25",
            'holidays is 2026-12-25; write a list of days, such as ["2026-12-25", "01-01"]',
            id="no list",
        ),
        pytest.param("swap_year = 366", "swap_year is 366; it must be 360 or 365", id="year"),
        pytest.param(
            "swap_long = nan", 'swap_long is NaN; write a number such as "0.5"', id="not a number"
        ),
        pytest.param(
            'swap_short = "x"', 'swap_short is "x"; write a number, such as "0.5"', id="no number"
        ),
        pytest.param(
            'swap_mode = "interest_current"\nswap_short = 250',
            "swap_short is 250; in swap_mode interest_current it is per cent a year and must be "
            "from -100 to 100",
            id="interest",
        ),
        pytest.param("stops_level = 1.5", "stops_level is 1.5; write a whole number", id="points"),
        pytest.param("min_lots = 0", "min_lots is 0; it must be more than 0", id="lots"),
        pytest.param(
            "min_lots = 2\nmax_lots = 1", "max_lots 1 is less than min_lots 2", id="two lots"
        ),
        pytest.param(
            "hedged_margin = -1",
            "hedged_margin is -1; it must be 0 or more units of base",
            id="hedge",
        ),
        pytest.param(
            'hedged_larger_leg = "perhaps"',
            'hedged_larger_leg is "perhaps"; write true or false',
            id="truth",
        ),
        pytest.param(
            'margin_mode = "cfd_index"',
            "tick_size is 0; margin_mode cfd_index needs it",
            id="ticks",
        ),
        pytest.param(
            "swap_tripple = 1", 'unknown key "swap_tripple"; did you mean swap_triple?', id="key"
        ),
    ],
)
def test_an_instruments_value_that_cannot_be_right_is_named(line, said):
    """With its table, its value and what would be right."""
    text = message(EURUSD + line)
    assert text.removesuffix(".") == f"my.toml, [instruments.EURUSD]: {said}"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "margin_call = 40" + EURUSD,
            "stop_out 50 is above margin_call 40; positions are closed at a lower margin level "
            "than the warning's",
            id="margin levels",
        ),
        pytest.param(
            "commission_percent = 100" + EURUSD,
            "commission_percent is 100; it must be per cent, from 0 to below 100",
            id="commission",
        ),
        pytest.param(
            'conversion = "best"' + EURUSD,
            'conversion is "best"; write one of: side, mid',
            id="conversion",
        ),
        pytest.param("instruments = 5", "instruments is 5; it must be a table", id="no table"),
        pytest.param(
            'based_on = "raw"\n[instruments]\nEURUSD = 5',
            "EURUSD is 5; it must be a table",
            id="no instrument",
        ),
        pytest.param(
            'based_on = "mine"',
            "based_on is 'mine'; it must be one of: standard, raw, esma",
            id="base",
        ),
        pytest.param(
            'based_on = "raw"\n[instruments.DE40]\ndigits = 1',
            "base is missing; write a text in quotes",
            id="not whole",
        ),
        pytest.param(
            "stopout = 5" + EURUSD, 'unknown key "stopout"; did you mean stop_out?', id="key"
        ),
    ],
)
def test_a_profile_that_cannot_be_right_is_refused(text, said):
    """And says of what file, which key, and what would be right."""
    told = message(text)
    assert told.startswith("my.toml")
    assert told.rpartition(": " + said)[1], told


def test_a_file_that_is_no_profile_is_named(tmp_path):
    with pytest.raises(ConfigurationError, match="Name a file, or one of: standard, raw, esma"):
        read_profile("stanard", tmp_path)
    assert message("name = ").startswith("my.toml is not TOML: ")
    assert message('name = "x"') == ("my.toml has no [instruments.…] table; it needs at least one.")
