"""The trading days of limits, in New York and in Prague; instants by hand."""

from __future__ import annotations

from datetime import time

import pytest

from fxpaper.domain.instant import NS_PER_SECOND, format_instant, parse_instant
from fxpaper.engine.days import DayClock

NEW_YORK = DayClock(time(17), "America/New_York")
PRAGUE = DayClock(time(0), "Europe/Prague")


@pytest.mark.parametrize(
    ("clock", "at", "day", "ends"),
    [
        pytest.param(
            *(NEW_YORK, "2026-11-18T15:00:00Z", "2026-11-18", "2026-11-18T22:00:00Z"),
            id="a Wednesday",
        ),
        pytest.param(
            *(NEW_YORK, "2026-11-18T22:00:00Z", "2026-11-19", "2026-11-19T22:00:00Z"),
            id="its end belongs to the next day",
        ),
        pytest.param(
            *(NEW_YORK, "2026-11-20T22:00:00Z", "2026-11-23", "2026-11-23T22:00:00Z"),
            id="what follows Friday is Monday's",
        ),
        pytest.param(
            *(NEW_YORK, "2026-11-21T23:00:00Z", "2026-11-23", "2026-11-23T22:00:00Z"),
            id="and so is Saturday",
        ),
        pytest.param(
            *(NEW_YORK, "2026-03-06T22:00:00Z", "2026-03-09", "2026-03-09T21:00:00Z"),
            id="New York's clocks go forward that weekend: 71 hours",
        ),
        pytest.param(
            *(PRAGUE, "2026-11-18T22:59:59Z", "2026-11-18", "2026-11-18T23:00:00Z"),
            id="a second before midnight in Prague",
        ),
        pytest.param(
            *(PRAGUE, "2026-11-18T23:00:00Z", "2026-11-19", "2026-11-19T23:00:00Z"),
            id="midnight is the next day's first instant",
        ),
        pytest.param(
            *(PRAGUE, "2026-11-20T23:00:00Z", "2026-11-23", "2026-11-23T23:00:00Z"),
            id="Saturday's midnight begins Monday",
        ),
        pytest.param(
            *(PRAGUE, "2026-03-27T23:00:00Z", "2026-03-30", "2026-03-30T22:00:00Z"),
            id="Prague's clocks go forward that weekend",
        ),
        pytest.param(
            *(PRAGUE, "2026-10-23T22:00:00Z", "2026-10-26", "2026-10-26T23:00:00Z"),
            id="and back in October",
        ),
    ],
)
def test_a_day_has_its_name_and_its_end(clock, at, day, ends):
    instant = parse_instant(at)
    assert clock.day(instant).isoformat() == day
    assert format_instant(clock.next_end(instant)).replace(".000000", "") == ends


@pytest.mark.parametrize("clock", [NEW_YORK, PRAGUE], ids=["New York", "Prague"])
def test_a_year_has_a_day_for_each_weekday(clock):
    at, days = parse_instant("2025-12-31T12:00:00Z"), []
    while at < parse_instant("2026-12-31T12:00:00Z"):
        at = clock.next_end(at)
        assert clock.day(at - NS_PER_SECOND) < clock.day(at)
        days.append(clock.day(at))
    assert len(days) == len(set(days)) == 262  # 261 of 2026, and the first of January after it
    assert {day.weekday() for day in days} == {0, 1, 2, 3, 4}
