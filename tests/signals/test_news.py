"""News around now; instants by hand."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fxpaper.domain.instant import NS_PER_SECOND, parse_instant
from fxpaper.errors import InputError
from fxpaper.signals.intake.calendars import read_calendar
from fxpaper.signals.news import Calendar, Impact, NewsEvent, NewsRules, outside_news
from tests.signals.builders import PROFILE

MINUTE = 60 * NS_PER_SECOND
PAYROLLS = parse_instant("2026-11-06T13:30:00Z")
HALF_HOUR = NewsRules(30 * MINUTE, 30 * MINUTE, Impact.HIGH)
EURUSD, USDJPY, EURGBP, XAUUSD = (
    PROFILE.instruments[name] for name in ("EURUSD", "USDJPY", "EURGBP", "XAUUSD")
)
OURS = b"""time,currency,impact,title
2026-11-06T13:30:00Z,USD,high,Non-Farm Payrolls
2026-11-05T12:00:00+00:00,GBP,High,Official Bank Rate, votes and minutes

2026-11-05T09:00:00Z,eur,low,"Retail Sales, m/m"
2026-11-08T00:00:00Z,ALL,medium,G20 Meetings
"""
WEEKLY = b"""Title,Country,Date,Time,Impact,Forecast,Previous,URL
Non-Farm Employment Change,USD,11-06-2026,8:30am,High,110K,85K,https://example.test/1
FOMC Member Speaks, Panel,USD,11-06-2026,12:15pm,Low,,,https://example.test/2
OPEC Meetings,All,11-06-2026,All Day,Medium,,,https://example.test/3
President Speaks,USD,11-06-2026,Tentative,High,,,https://example.test/4
Bank Holiday,JPY,11-03-2026,All Day,Holiday,,,https://example.test/5
Official Bank Rate,GBP,11-05-2026,07:00,High,4.00%,4.00%,https://example.test/6
"""
WEEKLY_JSON = b"""[
 {"title":"Non-Farm Employment Change","country":"USD","date":"2026-11-06T08:30:00-05:00",
  "impact":"High","forecast":"110K","previous":"85K"},
 {"title":"Bank Holiday","country":"JPY","date":"2026-11-03T00:00:00-05:00","impact":"Holiday",
  "forecast":"","previous":""}
]"""


def payrolls(**changes: object) -> NewsEvent:
    said = {"at": PAYROLLS, "currency": "USD", "impact": Impact.HIGH, "title": "Payrolls"}
    return NewsEvent(**(said | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("away", "held"),
    [
        (-30 * MINUTE - 1, False),
        (-30 * MINUTE, True),
        (30 * MINUTE - 1, True),
        (30 * MINUTE, False),
    ],
)
def test_an_event_counts_from_so_long_before_until_so_long_after(away: int, held: bool):  # noqa: FBT001
    check, refused, _ = outside_news(Calendar([payrolls()]), EURUSD, HALF_HOUR, PAYROLLS + away)
    assert (refused is not None, check.passed) == (held, not held)


@pytest.mark.parametrize(
    ("currency", "held"),
    [
        ("USD", [EURUSD, USDJPY, XAUUSD]),
        ("EUR", [EURUSD, EURGBP]),
        ("JPY", [USDJPY]),
        ("CAD", []),
        ("ALL", [EURUSD, USDJPY, EURGBP, XAUUSD]),
    ],
)
def test_it_concerns_both_currencies_of_a_symbol_and_no_other(currency: str, held: list[object]):
    calendar = Calendar([payrolls(currency=currency)])
    known = (EURUSD, USDJPY, EURGBP, XAUUSD)
    assert [one for one in known if calendar.holding(one, HALF_HOUR, PAYROLLS)] == held


@pytest.mark.parametrize(
    ("least", "count"), [(Impact.HIGH, 1), (Impact.MEDIUM, 2), (Impact.LOW, 3)]
)
def test_events_of_at_least_the_impact_count(least: Impact, count: int):
    calendar = Calendar([payrolls(impact=impact) for impact in Impact])
    rules = NewsRules(MINUTE, MINUTE, least)
    assert len(calendar.holding(EURUSD, rules, PAYROLLS)) == count


def test_no_minutes_are_no_window():
    rules = NewsRules(0, 0, Impact.HIGH)
    assert outside_news(Calendar([payrolls()]), EURUSD, rules, PAYROLLS)[1] is None


def test_windows_that_overlap_end_with_the_last():
    """13:30 and 14:20 with half an hour around each: from 13:00 to 14:50."""
    second = payrolls(at=PAYROLLS + 50 * MINUTE, title="Speech")
    calendar = Calendar([second, payrolls()])
    check, refused, until = outside_news(calendar, EURUSD, HALF_HOUR, PAYROLLS)
    assert until == PAYROLLS + 80 * MINUTE
    assert refused is not None
    assert refused.text == (
        "News: USD Payrolls at 13:30 UTC; entries in USD symbols wait until 14:50 UTC."
    )
    assert check.limit == "high impact: 30 min before, 30 min after"


def test_the_check_that_passed_names_the_next_event():
    check, _, _ = outside_news(Calendar([payrolls()]), EURUSD, HALF_HOUR, PAYROLLS - 60 * MINUTE)
    assert check.actual == "USD Payrolls, 2026-11-06T13:30:00.000000Z"
    assert outside_news(Calendar(), EURUSD, HALF_HOUR, 0)[0].actual == "none known"


def events(content: bytes, zone: str | None = None) -> list[tuple[str, str, int, str]]:
    calendar = read_calendar(content, "news.csv", zone)
    return [
        (one.currency, one.title, (one.at - PAYROLLS) // MINUTE, one.impact.name)
        for one in calendar.events
    ]


def test_our_own_file():
    """Payrolls at 13:30 on Friday; Thursday 12:00 is 25.5 hours, 1530 minutes, before."""
    assert events(b"\xef\xbb\xbf" + OURS) == [
        ("EUR", "Retail Sales, m/m", -1710, "LOW"),
        ("GBP", "Official Bank Rate, votes and minutes", -1530, "HIGH"),
        ("USD", "Non-Farm Payrolls", 0, "HIGH"),
        ("ALL", "G20 Meetings", 2070, "MEDIUM"),
    ]


def test_a_weekly_export_in_its_zone():
    """8:30 in New York in winter is 13:30 UTC; what has no time is counted, holidays are not."""
    assert events(WEEKLY, "America/New_York") == [
        ("GBP", "Official Bank Rate", -1530, "HIGH"),
        ("USD", "Non-Farm Employment Change", 0, "HIGH"),
        ("USD", "FOMC Member Speaks, Panel", 225, "LOW"),
    ]
    assert read_calendar(WEEKLY, "w.csv", "UTC").untimed == 2
    assert events(WEEKLY, "UTC")[1][2] == -300


def test_a_weekly_export_without_its_zone_is_refused():
    with pytest.raises(InputError, match="times name no zone; set news_zone"):
        events(WEEKLY)


def test_a_weekly_export_as_json_tells_its_zone():
    assert events(WEEKLY_JSON) == [
        ("JPY", "Bank Holiday", -4830, "NONE"),
        ("USD", "Non-Farm Employment Change", 0, "HIGH"),
    ]


def changed(content: bytes, old: bytes, new: bytes) -> bytes:
    assert old in content
    return content.replace(old, new, 1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (changed(OURS, b"12:00:00+00:00", b"12:00"), 'n.csv line 3: "2026-11-05T12:00" is not a'),
        (changed(OURS, b"12:00:00+00:00", b"12:00:00"), "n.csv line 3: .* has no time zone"),
        (changed(OURS, b",low", b",red"), 'line 5: impact "red" is none of high, medium, low'),
        (changed(OURS, b"eur", b"euro"), 'line 5: "euro" is not a currency like USD, or ALL'),
        (changed(OURS, b"ALL,medium,G20 Meetings", b"ALL"), "line 6 has 2 fields; .* names 4"),
        (changed(OURS, b"minutes", b"min\xfctes"), "n.csv line 3 is not UTF-8"),
        (changed(WEEKLY, b"8:30am", b"8.30"), 'line 2: "11-06-2026 8.30" is not a date and time'),
        (changed(WEEKLY, b"11-05-2026", b"31-12-2026"), 'line 7: "31-12-2026 07:00" is not'),
        (changed(WEEKLY_JSON, b"}\n]", b"}\n"), "n.csv line 6 is not JSON"),
        (changed(WEEKLY_JSON, b'"country":"JPY",', b""), 'n.csv event 2 has no text "country"'),
        (b"[1]", 'n.csv event 1 has no text "title"'),
        (b"", "line 1 does not begin a calendar of news. Known are"),
        (b"<html>", "line 1 does not begin a calendar of news"),
        (b"[" * 100_000, "line 1 is not JSON"),
        (OURS + b"x" * 200_000, "line 7"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(content: bytes, said: str):
    with pytest.raises(InputError, match=said):
        read_calendar(content, "n.csv", "UTC")


def test_the_calendars_that_the_guide_shows_are_read():
    guide = Path("docs/guides/hours-and-news.md").read_text(encoding="utf-8")
    shown = re.findall(r"```text\n(.*?)```", guide, re.DOTALL)
    found = [read_calendar(text.encode(), "guide", "UTC").events for text in shown]
    assert [(one.currency, one.impact) for (one,) in found] == [("USD", Impact.HIGH)] * 2
