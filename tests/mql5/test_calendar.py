"""The script that exports MetaTrader 5's calendar, translated and compiled, writes what we read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from fxpaper.domain.instant import format_instant
from fxpaper.signals.intake.calendars import read_calendar
from tests.mql5.conftest import COMPILES, ROOT
from tests.mql5.translate import translated

pytestmark = COMPILES
MAIN = 'int main() { shim_ahead = std::atoi(std::getenv("SHIM_AHEAD")); OnStart(); return 0; }\n'


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("calendar")
    source = translated(ROOT / "mql5/scripts/fxpaper_calendar.mq5")
    (folder / "script.cpp").write_text(f'#include "calendar.hpp"\n{source}\n{MAIN}')
    flags = ["-std=c++17", "-O1", "-g", "-Wall", "-Wextra", "-Wno-deprecated-declarations"]
    sanitizers = ["-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    done = subprocess.run(
        ["g++", *flags, *sanitizers, "-I", ROOT / "tests/mql5", "-o", "script", "script.cpp"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "script"


def run(script: Path, files: Path, ahead: int, **more: str) -> str:
    environment = {"SHIM_FILES": str(files), "SHIM_AHEAD": str(ahead), **more}
    done = subprocess.run([script], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(
    ("ahead", "payrolls"), [(7200, "06T13:30"), (-4 * 3600, "06T19:30"), (19_799, "06T10:00")]
)
def test_times_of_the_brokers_clock_become_utc(script, tmp_path, ahead, payrolls):
    """15:30 at a broker two hours ahead is 13:30 UTC; seconds of lag change nothing."""
    said = run(script, tmp_path, ahead)
    assert "print: fxpaper: 3 events until " in said
    calendar = read_calendar((tmp_path / "fxpaper_news.csv").read_bytes(), "news", None)
    found = [(one.currency, one.impact.name, one.title) for one in calendar.events]
    assert sorted(found) == [
        ("ALL", "MEDIUM", "Zürich G20"),
        ("USD", "HIGH", 'Non-Farm "Payrolls", s.a.'),
        ("USD", "LOW", "Speech"),
    ]
    assert format_instant(calendar.events[0].at)[8:16] == payrolls
    assert not (tmp_path / "fxpaper_news.csv.new").exists()


def test_a_calendar_that_cannot_be_read_leaves_the_file_alone(script, tmp_path):
    (tmp_path / "fxpaper_news.csv").write_text("before")
    said = run(script, tmp_path, 7200, SHIM_NO_CALENDAR="1")
    assert "the calendar cannot be read, error 0" in said
    assert (tmp_path / "fxpaper_news.csv").read_text() == "before"
