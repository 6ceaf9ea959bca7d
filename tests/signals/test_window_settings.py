"""Windows and news as they are written in the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from fxpaper.config import Settings, read_settings
from fxpaper.domain.window import read_window
from fxpaper.errors import ConfigurationError
from fxpaper.from_settings import book_of

FILE = """
trading_hours = "Mon-Fri 08:00-17:00 Europe/London"
rollover_window = "16:55-17:10"
news_file = "news.csv"

[[rules]]
symbol = "XAU*"
trading_hours = ["Mon-Thu 08:00-20:00 UTC", "Fri 08:00-16:00 UTC"]
news_impact = "low"
"""


def read(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "fxpaper.toml").write_text(text, encoding="utf-8")
    return read_settings(tmp_path, None)


def test_one_window_or_a_list_for_all_or_for_some(tmp_path: Path):
    settings = read(tmp_path, FILE)
    book = book_of(settings)
    euro, gold = book.of("m", "EURUSD"), book.of("m", "XAUUSD")
    assert euro.trading_hours == (read_window("Mon-Fri 08:00-17:00 Europe/London"),)
    assert [one.text for one in gold.trading_hours] == [
        "Mon-Thu 08:00-20:00 UTC",
        "Fri 08:00-16:00 UTC",
    ]
    assert [one.zone for one in gold.rollover_window] == ["America/New_York"]
    assert (euro.news_impact, gold.news_impact) == ("high", "low")


def test_the_calendar_lies_beside_the_settings(tmp_path: Path):
    assert read(tmp_path, FILE).news_file == tmp_path / "news.csv"
    assert read(tmp_path, 'news_file = "/else/where.csv"').news_file == Path("/else/where.csv")
    assert read(tmp_path, "").news_file is None


def test_windows_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FXPAPER_TRADING_HOURS", "08:00-12:00 UTC, 13:00-17:00 UTC")
    hours = read(tmp_path, "").trading_hours
    assert [one.text for one in hours] == ["08:00-12:00 UTC", "13:00-17:00 UTC"]


def test_they_are_shown_as_they_were_written(tmp_path: Path):
    shown = read(tmp_path, FILE).model_dump(mode="json")
    assert shown["trading_hours"] == ["Mon-Fri 08:00-17:00 Europe/London"]
    assert shown["rules"][0]["trading_hours"][1] == "Fri 08:00-16:00 UTC"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('trading_hours = "9 to 5"', 'trading_hours: "9 to 5" is no window of time'),
        ('trading_hours = "08:00-17:00"', '"08:00-17:00" names no time zone; write it like'),
        ("trading_hours = 8", "trading_hours: Input should be a valid tuple"),
        ("trading_hours = [8]", "trading_hours.0: Input should be an instance of Window"),
        ('news_zone = "New York"', 'news_zone: "New York" is no time zone'),
        ('news_impact = "red"', "news_impact: Input should be 'high', 'medium' or 'low'"),
    ],
)
def test_a_wrong_one_is_told(tmp_path: Path, line: str, said: str):
    with pytest.raises(ConfigurationError) as problem:
        read(tmp_path, line)
    assert said in str(problem.value)
