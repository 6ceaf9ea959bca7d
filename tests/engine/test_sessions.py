"""The forex week, over both of New York's clock changes."""

import pytest

from fxpaper.domain.instant import format_instant, parse_instant
from fxpaper.engine.sessions import forex_is_open, next_open


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


def test_next_open_after_a_friday_is_the_sunday(profile):
    """In UTC an hour later in winter than in summer."""
    opens = next_open(profile.instruments["EURUSD"], parse_instant("2026-11-20T23:00:00Z"))
    assert format_instant(opens) == "2026-11-22T22:00:00.000000Z"
