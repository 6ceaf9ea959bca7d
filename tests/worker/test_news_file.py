"""The file of news: read again when it changes, kept when it breaks."""

from __future__ import annotations

from pathlib import Path

import pytest
from structlog.testing import capture_logs

from fxpaper.clock import ManualClock
from fxpaper.domain.instant import parse_instant
from fxpaper.errors import InputError
from fxpaper.worker.news_file import NewsFile

HEADER = "time,currency,impact,title\n"
CPI = "2026-11-20T12:30:00Z,USD,high,CPI\n"
GDP = "2026-11-21T12:30:00Z,EUR,high,GDP\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "news.csv"
    path.write_text(HEADER + CPI)
    return path


def opened(path: Path, now: str = "2026-11-20T00:00:00Z") -> NewsFile:
    file = NewsFile(path, None, ManualClock(parse_instant(now)))
    file.open()
    return file


def titles(file: NewsFile) -> list[str]:
    return [event.title for event in file.calendar.events]


def test_a_changed_file_is_read_and_an_unchanged_one_is_not(path: Path):
    file = opened(path)
    assert not file.look()
    path.write_text(HEADER + CPI + GDP)
    assert file.look()
    assert titles(file) == ["CPI", "GDP"]
    assert not file.look()


def test_a_broken_or_lost_file_changes_nothing_and_is_told_until_it_is_right(path: Path):
    file = opened(path)
    with capture_logs() as logs:
        path.write_text(HEADER + CPI + "tomorrow,EUR,high,GDP\n")
        assert not file.look()
        assert file.note is not None
        assert file.note.startswith('news.csv line 3: "tomorrow" is not a time; write one like')
        assert file.note.endswith("The 1 events read before still count.")
        path.unlink()
        assert not file.look()
        assert "cannot be read: No such file" in file.note
        assert not file.look()
        assert titles(file) == ["CPI"]
        path.write_text(HEADER + GDP)
        assert file.look()
    assert titles(file) == ["GDP"]
    assert file.note is None
    assert [one["event"] for one in logs] == [*["news_file_unreadable"] * 2, "news_file_read"]


def test_at_the_start_a_wrong_line_is_an_error(path: Path):
    path.write_text(HEADER + CPI + "2026-11-21T12:30:00Z,EUR,huge,GDP\n")
    with pytest.raises(InputError, match='line 3: impact "huge" is none of high, medium, low'):
        opened(path)


def test_that_all_of_it_is_past_is_said_once_for_each_file(path: Path):
    file = opened(path, "2026-11-20T12:30:01Z")
    with capture_logs() as logs:
        file.tell_stale()
        file.tell_stale()
        path.write_text(HEADER + CPI + CPI)
        file.look()
        file.tell_stale()
    stale = [one["problem"] for one in logs if one["event"] == "news_file_stale"]
    assert stale == ["No event ahead; the last one was 2026-11-20T12:30:00.000000Z."] * 2
