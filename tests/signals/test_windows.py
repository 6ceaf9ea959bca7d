"""Windows by the clock of a place; every instant reckoned by hand from the zone's changes."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from fxpaper.domain.instant import NS_PER_SECOND, format_instant, parse_instant
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.window import covered_until, next_begin, read_window
from fxpaper.signals.windows import outside_rollover, within_hours

WEEK = 7 * 86_400 * NS_PER_SECOND
"""How far ahead an end is looked for."""
LONDON = read_window("Mon-Fri 08:00-17:00 Europe/London")
NIGHT = read_window("22:00-06:00 Europe/London")
ROLLOVER = read_window("16:55-17:10", "America/New_York")


def at(text: str) -> int:
    return parse_instant(f"2026-{text}Z")


def shown(stretch: tuple[int, int] | None) -> tuple[str, str] | None:
    return stretch and (format_instant(stretch[0])[5:16], format_instant(stretch[1])[5:16])


@pytest.mark.parametrize(
    ("window", "day", "stretch"),
    [
        pytest.param(LONDON, (10, 23), ("10-23T07:00", "10-23T16:00"), id="summer: UTC+1"),
        pytest.param(LONDON, (10, 26), ("10-26T08:00", "10-26T17:00"), id="winter: UTC"),
        pytest.param(LONDON, (10, 24), None, id="no Saturday"),
        pytest.param(NIGHT, (10, 24), ("10-24T21:00", "10-25T06:00"), id="nine hours, put back"),
        pytest.param(NIGHT, (3, 28), ("03-28T22:00", "03-29T05:00"), id="seven, put forward"),
        pytest.param(ROLLOVER, (10, 30), ("10-30T20:55", "10-30T21:10"), id="New York in summer"),
        pytest.param(ROLLOVER, (11, 1), ("11-01T21:55", "11-01T22:10"), id="on its day of change"),
        pytest.param(ROLLOVER, (3, 8), ("03-08T20:55", "03-08T21:10"), id="in spring as well"),
    ],
)
def test_a_window_lies_where_the_clock_of_its_place_says(window, day, stretch):
    """London changes on 29 March and 25 October 2026, New York on 8 March and 1 November."""
    assert shown(window.on(date(2026, *day))) == stretch


def test_a_time_that_a_clock_shows_twice_means_the_first():
    """In New York 01:30 on 1 November is 05:30 and 06:30 UTC."""
    window = read_window("01:30-03:00 America/New_York")
    assert shown(window.on(date(2026, 11, 1))) == ("11-01T05:30", "11-01T08:00")


def test_a_window_that_a_clock_skips_is_not_there():
    """In New York 02:00 is 03:00 on 8 March: 02:30 is 03:30, after the window's end at 03:15."""
    window = read_window("02:30-03:15 America/New_York")
    assert covered_until([window], at("03-08T07:20:00")) is None
    assert next_begin([window], at("03-07T12:00:00")) == at("03-09T06:30:00")


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("Mon-Fri 08:00-17:00 UTC", {0, 1, 2, 3, 4}),
        ("Sun-Thu 22:00-24:00 UTC", {6, 0, 1, 2, 3}),
        ("mon,WED 08:00 - 09:00 UTC", {0, 2}),
        ("Sat,Mon-Tue 08:00-09:00 UTC", {5, 0, 1}),
        ("00:00-24:00 UTC", {0, 1, 2, 3, 4, 5, 6}),
    ],
)
def test_the_days_of_a_window(text: str, days: set[int]):
    assert read_window(text).days == days


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("8-17", '"8-17" is no window of time; write it like "Mon-Fri 08:00-17:00 Europe/London"'),
        ("08:00-17:00", '"08:00-17:00" names no time zone'),
        ("08:00-17:00 Europe/Lodnon", '"Europe/Lodnon" is no time zone; use a name like'),
        ("08:00-17:00 Europe/", '"Europe/" is no time zone'),
        ("Mon-Fry 08:00-17:00 UTC", 'names the day "fry"; days are Mon, Tue'),
        ("08:00-25:00 UTC", "has the time 25:00; the last one of a day is 24:00"),
        ("08:00-08:00 UTC", "has no length; a whole day is 00:00-24:00"),
        ("24:00-08:00 UTC", "has no length"),
    ],
)
def test_what_is_no_window_is_told(text: str, said: str):
    with pytest.raises(ValueError, match=r".") as problem:
        read_window(text)
    assert said in str(problem.value)


def test_hours_count_to_the_nanosecond():
    """08:00:00 is inside, the nanosecond before is not; 17:00:00 is not, the one before is."""
    opens, closes = at("10-26T08:00:00"), at("10-26T17:00:00")
    passed = [
        within_hours([LONDON], "m", "EURUSD", now)[0].passed
        for now in (opens - 1, opens, closes - 1, closes)
    ]
    assert passed == [False, True, True, False]


def test_the_refusal_says_when_it_opens_next():
    """Friday 17:00 in London, still summer; the next hours begin on Monday, already winter."""
    check, refused = within_hours([LONDON], "m", "EURUSD", at("10-23T16:00:00"))
    assert refused is not None
    assert refused.code is RefusalCode.OUTSIDE_HOURS
    assert refused.text == (
        'Model "m" opens positions in EURUSD at Mon-Fri 08:00-17:00 Europe/London only; it is '
        "2026-10-23T16:00:00.000000Z, and the next such time begins 2026-10-26T08:00:00.000000Z."
    )
    assert (check.actual, check.limit) == (
        "2026-10-23T16:00:00.000000Z",
        "Mon-Fri 08:00-17:00 Europe/London",
    )


def test_any_of_several_windows_will_do():
    both = [LONDON, read_window("Mon-Fri 08:00-17:00 America/New_York")]
    assert within_hours(both, "m", "EURUSD", at("10-26T20:00:00"))[1] is None
    assert within_hours(both, "m", "EURUSD", at("10-26T07:00:00"))[1] is not None


def test_windows_that_meet_are_one():
    two = [ROLLOVER, read_window("17:10-18:00 America/New_York")]
    _, refused, until = outside_rollover(two, "XAUUSD", at("10-30T21:00:00"))
    assert until == at("10-30T22:00:00")
    assert refused is not None
    assert refused.text == (
        "It is the rollover window, 16:55-17:10 and 17:10-18:00 America/New_York; entries in "
        "XAUUSD wait until 22:00 UTC."
    )


WINDOWS = st.builds(
    lambda first, length, zone, begins, ends: read_window(
        f"{first}-{length} {begins // 60:02d}:{begins % 60:02d}-{ends // 60:02d}:{ends % 60:02d} "
        f"{zone}"
    ),
    st.sampled_from(["Mon", "Wed", "Sun"]),
    st.sampled_from(["Tue", "Fri", "Sat"]),
    st.sampled_from(["Europe/London", "America/New_York", "Asia/Tokyo", "Australia/Lord_Howe"]),
    st.integers(0, 719),
    st.integers(720, 1440),
)


@given(st.lists(WINDOWS, min_size=1, max_size=3), st.integers(0, 366 * 86_400))
def test_a_window_ends_where_none_covers_and_begins_where_one_does(windows, second):
    now = at("01-01T00:00:00") + second * NS_PER_SECOND
    until = covered_until(windows, now)
    assume(until is None or until < now + WEEK)
    if until is None:
        begins = next_begin(windows, now)
        assert covered_until(windows, begins - 1) is None
        assert covered_until(windows, begins) is not None
    else:
        assert covered_until(windows, until) is None
        assert covered_until(windows, until - 1) == until
