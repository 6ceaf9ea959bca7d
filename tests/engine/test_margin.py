"""MetaTrader 5's margin modes, in the vendor's own numbers."""

from decimal import Decimal
from fractions import Fraction

import pytest
from msgspec.structs import replace

from fxpaper.domain.instrument import MarginMode
from fxpaper.domain.money import post
from fxpaper.engine.margin import margin, margin_currency
from fxpaper.profiles import read_profile

PROFILE = read_profile("standard")


@pytest.mark.parametrize(
    ("symbol", "lots", "price", "leverage", "rate", "dollars"),
    [
        pytest.param("EURUSD", "1", 110000, 100, "1.10", "1100.00", id="euro base converts"),
        pytest.param("USDJPY", "1", 150000, 100, "1", "1000.00", id="dollar base ignores price"),
        pytest.param("GBPJPY", "1", 190000, 30, "1.27", "4233.33", id="cross at 1:30"),
        pytest.param("XAUUSD", "1", 240000, 100, "1", "2400.00", id="gold, cfd with leverage"),
    ],
)
def test_margin_of_shipped_instruments(symbol, lots, price, leverage, rate, dollars):
    """Lots × contract ÷ leverage in the margin currency, converted to dollars."""
    amount = margin(PROFILE.instruments[symbol], Decimal(lots), price, leverage)
    assert post(amount * Fraction(rate), "USD") == Decimal(dollars)


@pytest.mark.parametrize(
    ("symbol", "mode", "broker_rate", "price", "amount", "currency"),
    [
        pytest.param("XAUUSD", "cfd", "0.05", 240000, "12000.00", "USD", id="gold cfd at 5 %"),
        pytest.param(
            "EURUSD", "forex_no_leverage", "1", 110000, "100000.00", "EUR", id="no leverage"
        ),
    ],
)
def test_margin_of_other_modes(symbol, mode, broker_rate, price, amount, currency):
    """Modes without leverage hold the whole value, times the broker's rate."""
    instrument = replace(
        PROFILE.instruments[symbol], margin_mode=MarginMode(mode), margin_rate=Decimal(broker_rate)
    )
    assert post(margin(instrument, Decimal(1), price, 100), currency) == Decimal(amount)
    assert margin_currency(instrument) == currency


def test_unleveraged_euro_margin_is_the_whole_position_in_dollars():
    """EURUSD 1.00 at 1.10 without leverage holds 110,000 dollars."""
    instrument = replace(PROFILE.instruments["EURUSD"], margin_mode=MarginMode.FOREX_NO_LEVERAGE)
    amount = margin(instrument, Decimal(1), 110000, 100) * Fraction("1.10")
    assert post(amount, "USD") == Decimal("110000.00")


def test_index_and_futures_modes_count_in_ticks():
    """An index multiplies by tick value over tick size; a future holds its initial margin."""
    base = replace(
        PROFILE.instruments["XAUUSD"],
        contract_size=Decimal(1),
        tick_size=Decimal("0.25"),
        tick_value=Decimal("12.5"),
        initial_margin=Decimal(1500),
    )
    index = replace(base, margin_mode=MarginMode.CFD_INDEX, margin_rate=Decimal("0.1"))
    futures = replace(base, margin_mode=MarginMode.FUTURES)
    assert margin(index, Decimal(2), 400000, 100) == 40000
    assert margin(futures, Decimal(2), 400000, 100) == 3000
