"""A broker's rules from its terminal, as a profile that can be read."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fxpaper.bridge.broker_profile import BrokerSpecs, keep_specs, known_specs, profile_text
from fxpaper.bridge.messages import Spec
from fxpaper.domain.instrument import MarginMode, SwapMode, Weekday
from fxpaper.errors import InputError
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments


def spec(**changed) -> Spec:
    told = {
        "s": 1,
        "t": 0,
        "symbol": "EURUSD.£",
        "digits": 5,
        "point": Decimal("0.00001"),
        "contract": Decimal("100000.00"),
        "vol_min": Decimal("0.1000"),
        "vol_max": Decimal("50.0000"),
        "vol_step": Decimal("0.1000"),
        "stops": 7,
        "base": "EUR",
        "profit": "USD",
        "swap_mode": 1,
        "swap_long": Decimal("-7.2500"),
        "swap_short": Decimal("2.5000"),
        "swap_triple": 4,
    }
    return Spec(**{**told, **changed})


def imported(tmp_path, **specs: Spec):
    path = tmp_path / "mine.toml"
    found = BrokerSpecs("123@Demo", 'A "Broker"\n= £', specs)
    path.write_text(profile_text(found, KNOWN), encoding="utf-8")
    return read_profile(str(path)).instruments


def test_what_a_terminal_tells_is_what_the_account_trades_by(tmp_path):
    euro = imported(tmp_path, EURUSD=spec())["EURUSD"]
    assert (euro.min_lots, euro.max_lots, euro.lot_step) == (
        Decimal("0.1"),
        Decimal(50),
        Decimal("0.1"),
    )
    assert (euro.stops_level, euro.contract_size) == (7, 100_000)
    assert (euro.swap_mode, euro.swap_long, euro.swap_short) == (
        SwapMode.POINTS,
        Decimal("-7.25"),
        Decimal("2.5"),
    )
    assert (euro.swap_triple, euro.margin_mode) == (Weekday.THURSDAY, MarginMode.FOREX)


def test_what_is_not_told_stays_as_it_was(tmp_path):
    instruments = imported(tmp_path, EURUSD=spec(swap_mode=0, calc_mode=5))
    assert instruments["GBPUSD"] == KNOWN["GBPUSD"]
    euro = instruments["EURUSD"]
    assert (euro.swap_mode, euro.margin_mode) == (SwapMode.NONE, MarginMode.FOREX_NO_LEVERAGE)
    assert euro.typical_spread == KNOWN["EURUSD"].typical_spread
    other = imported(tmp_path, EURUSD=spec(swap_mode=5))["EURUSD"]
    assert other.swap_long == KNOWN["EURUSD"].swap_long


def test_a_pip_is_the_same_piece_of_the_price_whatever_the_digits(tmp_path):
    assert imported(tmp_path, EURUSD=spec(digits=4))["EURUSD"].pip == 1
    assert imported(tmp_path, EURUSD=spec(digits=6))["EURUSD"].pip == 100


def test_what_was_told_is_kept(tmp_path):
    assert known_specs(tmp_path) == []
    found = BrokerSpecs("123@Demo/../x", "Broker", {"EURUSD": spec()})
    keep_specs(tmp_path, found)
    assert known_specs(tmp_path) == [found]
    (path,) = (tmp_path / "metatrader" / "specs").iterdir()
    path.write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        known_specs(tmp_path)
