"""Limit packs: those that are shipped, and what is wrong with a file."""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from pathlib import Path

import pytest

from fxpaper.domain.limits import Basis, LossLimit
from fxpaper.errors import ConfigurationError
from fxpaper.limit_packs import SHIPPED, parse_limits, read_limits


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_pack_can_be_read(name):
    assert read_limits(name).name == name


def test_standard_is_what_it_says():
    pack = read_limits("standard")
    assert (pack.day_ends, pack.zone) == (time(17), "America/New_York")
    assert pack.daily_loss == LossLimit(
        percent=Decimal(5), counted_from=Basis.EQUITY, percent_of=Basis.EQUITY
    )
    assert pack.max_loss == LossLimit(
        percent=Decimal(20), counted_from=Basis.PEAK, percent_of=Basis.PEAK
    )
    assert (pack.losses_in_a_row, pack.orders_per_minute, pack.orders_per_day) == (None, 60, None)


def test_a_file_is_found_from_the_folder_of_the_configuration(tmp_path: Path):
    (tmp_path / "mine.toml").write_text('day_ends = "22:30"\nzone = "Asia/Tokyo"')
    pack = read_limits("mine.toml", tmp_path)
    assert (pack.name, pack.day_ends) == (str(tmp_path / "mine.toml"), time(22, 30))


LOSS = '[daily_loss]\ncounted_from = "equity"\npercent_of = "equity"\npercent = '


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("orders_per_minute = 0", "mine: orders_per_minute is 0; it must be 1 or more."),
        (LOSS + '"0"', "mine, [daily_loss]: percent is 0; it must be above 0, up to 100."),
        (LOSS + '"101"', "mine, [daily_loss]: percent is 101; it must be above 0, up to 100."),
        (LOSS + '"nan"', "percent is NaN"),
        ('zone = "Europe/Praha"', 'mine: zone is "Europe/Praha"'),
        ("daily_los = 1", "unknown field `daily_los`"),
        ('on_breach = "reduce"', "as limit_action"),
        ("day_ends = 25", "$.day_ends"),
        ("=", "mine is not TOML"),
    ],
)
def test_what_is_wrong_is_named(text, said):
    with pytest.raises(ConfigurationError) as problem:
        parse_limits(text, "mine")
    assert said in str(problem.value)


def test_a_pack_that_is_not_there_names_those_that_are(tmp_path: Path):
    with pytest.raises(ConfigurationError, match="ftmo-one-step"):
        read_limits("ftmo", tmp_path)
