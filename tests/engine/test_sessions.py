"""The forex week, daily breaks and holidays, over both of New York's clock changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from fxpaper.domain.instant import NS_PER_SECOND, format_instant, parse_instant
from fxpaper.engine.sessions import (
    TradingHours,
    day_end,
    forex_is_open,
    is_open,
    next_close,
    next_open,
    next_rollover,
    trading_date,
)
from fxpaper.profiles import read_profile

INSTRUMENTS = read_profile("standard").instruments
EURUSD, XAUUSD = INSTRUMENTS["EURUSD"], INSTRUMENTS["XAUUSD"]
MINUTE = 60 * NS_PER_SECOND
BEFORE = parse_instant("2025-10-01T00:00:00Z") // MINUTE
AFTER = parse_instant("2027-04-01T00:00:00Z") // MINUTE


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        ("2026-03-06T21:59:59Z", True),
        ("2026-03-06T22:00:00Z", False),
        ("2026-03-08T20:59:59Z", False),
        ("2026-03-08T21:00:00Z", True),
        ("2026-03-13T21:00:00Z", False),
        ("2026-11-01T21:59:59Z", False),
        ("2026-11-01T22:00:00Z", True),
        ("2013-01-01T22:00:00Z", True),
        ("2013-01-01T12:00:00Z", False),
        ("2026-12-25T12:00:00Z", False),
        ("2026-11-18T12:00:00Z", True),
    ],
)
def test_the_market_is_open(at, open_):
    """From Sunday to Friday, 17:00 in New York, but for two holidays."""
    assert forex_is_open(parse_instant(at)) is open_
    assert is_open(EURUSD, parse_instant(at)) is open_


@pytest.mark.parametrize(
    ("at", "open_"),
    [
        pytest.param("2026-11-18T21:59:59.999999999Z", True, id="until 17:00 in winter"),
        pytest.param("2026-11-18T22:00:00Z", False, id="from 17:00 in winter"),
        pytest.param("2026-11-18T22:59:59.999999999Z", False, id="until 18:00 in winter"),
        pytest.param("2026-11-18T23:00:00Z", True, id="from 18:00 in winter"),
        pytest.param("2026-07-15T20:59:59Z", True, id="until 17:00 in summer"),
        pytest.param("2026-07-15T21:30:00Z", False, id="the break in summer"),
        pytest.param("2026-07-15T22:00:00Z", True, id="from 18:00 in summer"),
        pytest.param("2026-03-08T21:30:00Z", False, id="the week begins after the break"),
        pytest.param("2026-03-08T22:00:00Z", True, id="Sunday 18:00, clocks just changed"),
        pytest.param("2026-03-06T21:59:59Z", True, id="the week ends before the break"),
    ],
)
def test_gold_pauses_for_an_hour_after_the_rollover(at, open_):
    """17:00 to 18:00 in New York, on both sides of its clock changes."""
    assert is_open(XAUUSD, parse_instant(at)) is open_


@pytest.mark.parametrize(
    ("instrument", "at", "opens", "closes"),
    [
        pytest.param(
            EURUSD, "2026-11-20T23:00:00Z", "2026-11-22T22:00:00Z", "2026-11-27T22:00:00Z",
            id="weekend, winter",
        ),
        pytest.param(
            EURUSD, "2026-03-06T22:00:00Z", "2026-03-08T21:00:00Z", "2026-03-13T21:00:00Z",
            id="weekend on which summer time begins",
        ),
        pytest.param(
            EURUSD, "2026-10-30T21:00:00Z", "2026-11-01T22:00:00Z", "2026-11-06T22:00:00Z",
            id="weekend on which it ends",
        ),
        pytest.param(
            EURUSD, "2026-11-18T12:00:00Z", "2026-11-18T12:00:00Z", "2026-11-20T22:00:00Z",
            id="open now",
        ),
        pytest.param(
            XAUUSD, "2026-11-20T22:00:00Z", "2026-11-22T23:00:00Z", "2026-11-23T22:00:00Z",
            id="metal, weekend and break",
        ),
        pytest.param(
            EURUSD, "2026-12-24T22:00:00Z", "2026-12-27T22:00:00Z", "2026-12-31T22:00:00Z",
            id="Christmas Friday, then New Year's Day",
        ),
    ],
)  # fmt: skip
def test_the_next_open_and_close(instrument, at, opens, closes):
    """An open market opens now; the close is always ahead."""
    instant = parse_instant(at)
    assert next_open(instrument, instant) == parse_instant(opens)
    assert next_close(instrument, instant) == parse_instant(closes)


def test_a_holiday_of_one_year_closes_that_trading_day_only():
    """Thanksgiving 2026: shut from Wednesday 17:00 to Thursday 17:00."""
    instrument = replace(EURUSD, holidays=("2026-11-26",))
    assert next_close(instrument, parse_instant("2026-11-23T12:00:00Z")) == parse_instant(
        "2026-11-25T22:00:00Z"
    )
    assert next_open(instrument, parse_instant("2026-11-26T12:00:00Z")) == parse_instant(
        "2026-11-26T22:00:00Z"
    )
    assert is_open(instrument, parse_instant("2026-12-25T12:00:00Z"))


@pytest.mark.parametrize(
    ("at", "ends"),
    [
        ("2026-11-18T21:59:59.999999999Z", "2026-11-18T22:00:00Z"),
        ("2026-11-18T22:00:00Z", "2026-11-19T22:00:00Z"),
        ("2026-03-07T23:00:00Z", "2026-03-08T21:00:00Z"),
        ("2026-10-31T22:00:00Z", "2026-11-01T22:00:00Z"),
    ],
)
def test_a_day_ends_strictly_later(at, ends):
    """At 17:00 New York; a day with a clock change has 23 or 25 hours."""
    assert day_end(parse_instant(at)) == parse_instant(ends)


@pytest.mark.parametrize(
    ("at", "rolls", "day"),
    [
        pytest.param(
            "2026-11-18T21:59:59Z", "2026-11-18T22:00:00Z", date(2026, 11, 18),
            id="a second before",
        ),
        pytest.param(
            "2026-11-18T22:00:00Z", "2026-11-19T22:00:00Z", date(2026, 11, 19), id="at it"
        ),
        pytest.param(
            "2026-11-20T21:59:59Z", "2026-11-20T22:00:00Z", date(2026, 11, 20), id="Friday"
        ),
        pytest.param(
            "2026-11-20T22:00:00Z", "2026-11-23T22:00:00Z", date(2026, 11, 23),
            id="none at the weekend",
        ),
        pytest.param(
            "2026-03-06T22:00:00Z", "2026-03-09T21:00:00Z", date(2026, 3, 9),
            id="summer time begins",
        ),
        pytest.param(
            "2026-10-30T21:00:00Z", "2026-11-02T22:00:00Z", date(2026, 11, 2),
            id="summer time ends",
        ),
        pytest.param(
            "2026-12-24T22:00:00Z", "2026-12-25T22:00:00Z", date(2026, 12, 25),
            id="value dates move on a holiday too",
        ),
    ],
)  # fmt: skip
def test_the_next_rollover(at, rolls, day):
    """It ends the trading day of its own date; open at that instant is open over it."""
    rollover = next_rollover(parse_instant(at))
    assert format_instant(rollover) == format_instant(parse_instant(rolls))
    assert trading_date(rollover - 1) == day
    assert trading_date(rollover) == day + timedelta(days=1)


@pytest.mark.parametrize(
    "text",
    ["5pm", "17:00", "17-18", "24:00-01:00", "17:00-17:00", "1\N{DEVANAGARI DIGIT TWO}:00-13:00"],
)
def test_a_break_that_is_none_is_refused(text):
    """The message shows the text and what would be right."""
    with pytest.raises(ValueError, match=f'"{text}" is no daily break; .* as 17:00-18:00'):
        TradingHours(text, ())


@pytest.mark.parametrize(
    "text", ["12-32", "2026-02-29", "25.12.", "1-1", "20261225", "1\N{DEVANAGARI DIGIT TWO}-25"]
)
def test_a_day_that_is_none_is_refused(text):
    """The message shows the text and what would be right."""
    with pytest.raises(ValueError, match="is no day; write 2026-12-25 for one day or 12-25"):
        TradingHours("", (text,))


def test_hours_that_never_open_are_refused():
    """Else nobody would ever find the next opening."""
    days = [f"{date(2000, 1, 1) + timedelta(days=n):%m-%d}" for n in range(101)]
    with pytest.raises(ValueError, match="101 days of every year"):
        TradingHours("", days)


def naively_open(daily_break: str, holidays: tuple[str, ...], minute: int) -> bool:
    """Tell by the calendar and a clock in New York, and nothing else."""
    local = datetime.fromtimestamp(minute * 60, UTC).astimezone(ZoneInfo("America/New_York"))
    day = local.date() + timedelta(days=1) if local.hour >= 17 else local.date()
    if day.isoweekday() > 5 or str(day) in holidays or str(day)[5:] in holidays:
        return False
    begins, _, ends = daily_break.partition("-")
    clock = f"{local:%H:%M}"
    if begins <= ends:
        return not begins <= clock < ends
    return ends <= clock < begins


clock_times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
breaks = st.just("") | st.tuples(clock_times, clock_times).filter(lambda p: p[0] != p[1]).map(
    "-".join
)
days = st.dates(date(2025, 10, 1), date(2027, 4, 1))
holiday_lists = st.lists(days.map(str) | days.map("{:%m-%d}".format), max_size=8).map(tuple)
hours_of_day = st.sampled_from(["17:00-18:00", "16:45-17:15", "23:30-00:30", ""])


@given(breaks, holiday_lists, st.lists(st.integers(BEFORE, AFTER), min_size=1, max_size=20))
def test_is_open_is_what_calendar_and_clock_say(daily_break, holidays, minutes):
    """In whatever order the instants are asked for; a minute is open or shut as a whole."""
    instrument = replace(EURUSD, daily_break=daily_break, holidays=holidays)
    for minute in minutes:
        expected = naively_open(daily_break, holidays, minute)
        assert is_open(instrument, minute * MINUTE) is expected
        assert is_open(instrument, (minute + 1) * MINUTE - 1) is expected


@settings(deadline=None)
@given(breaks | hours_of_day, holiday_lists, st.integers(BEFORE, AFTER))
def test_the_next_open_and_close_are_the_first_ones(daily_break, holidays, minute):
    """Found by walking on minute by minute."""
    instrument = replace(EURUSD, daily_break=daily_break, holidays=holidays)

    def walk(from_: int, *, until_open: bool) -> int:
        while naively_open(daily_break, holidays, from_) is not until_open:
            from_ += 1
        return from_

    opens = walk(minute, until_open=True)
    assert next_open(instrument, minute * MINUTE) == opens * MINUTE
    assert next_close(instrument, minute * MINUTE) == walk(opens, until_open=False) * MINUTE
