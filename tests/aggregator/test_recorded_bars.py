"""Files of bars: what is read, and what a wrong one is told."""

from __future__ import annotations

import pytest

from fxpaper.aggregator.recorded_bars import read_bars
from fxpaper.errors import InputError
from fxpaper.profiles import read_profile

KNOWN = read_profile("standard").instruments
HEADER = "timestamp,open,high,low,close,symbol,spread\n"


def written(tmp_path, *lines):
    path = tmp_path / "bars.csv"
    path.write_text(HEADER + "\n".join(lines) + "\n")
    return path


def test_bars_of_two_symbols_with_their_spreads(tmp_path):
    """An empty spread is the profile's."""
    path = written(
        tmp_path,
        "2026-06-04T10:00:00Z,1.1,1.101,1.099,1.1,EURUSD,12",
        "2026-06-04T10:00:00Z,1.3,1.301,1.299,1.3,GBPUSD,",
    )
    found = read_bars(path, KNOWN, "1h")
    assert [(one.symbol, one.open, one.spread) for one in found] == [
        ("EURUSD", 110_000, 12),
        ("GBPUSD", 130_000, None),
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("2026-06-04T10:30:00Z,1.1,1.1,1.1,1.1,EURUSD,", "opens before the one that opened at"),
        ("2026-06-04T10:00:00Z,1.1,1.1,1.1,1.1,EURUSD,", "is the interval right?"),
        ("2026-06-04T11:00:00Z,1.1,1.1,1.1,1.1,EURUSD,1.5", "not a whole number of points"),
        ("2026-06-04T11:00:00Z,1.1,1.1,1.1,1.1,EURUSD,wide", "not a whole number of points"),
        ("2026-06-04T11:00:00Z,1.1,1.0,1.1,1.1,EURUSD,", "do not lie between"),
        ("2026-06-04T09:00:00Z,1.1,1.1,1.1,1.1,EURUSD,", "Sort the file by time"),
    ],
)
def test_a_line_that_cannot_be_right_is_named(tmp_path, line, said):
    """With its number."""
    path = written(tmp_path, "2026-06-04T10:00:00Z,1.1,1.101,1.099,1.1,EURUSD,", line)
    with pytest.raises(InputError, match="line 3") as told:
        read_bars(path, KNOWN, "1h")
    assert said in str(told.value)


def test_a_day_by_local_clocks_may_have_23_hours(tmp_path):
    """Daily bars that end at 17:00 New York do, once a year."""
    path = written(
        tmp_path,
        "2026-03-07T22:00:00Z,1.1,1.1,1.1,1.1,EURUSD,",
        "2026-03-08T21:00:00Z,1.1,1.1,1.1,1.1,EURUSD,",
    )
    assert len(read_bars(path, KNOWN, "1d")) == 2
