"""The wheel brings the Expert Advisor along, and installs it from where pip has put it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """Return a folder with what a wheel of this checkout holds."""
    built: Path = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(built)],
        cwd=ROOT,
        env=os.environ | {"FXPAPER_UI": "skip"},
        capture_output=True,
        check=True,
    )
    [wheel] = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(built / "site")
    return built / "site"


def fxpaper(
    site: Path, home: Path, *words: str, program: str = "mt5"
) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "WINEPREFIX"}
    where = {"HOME": str(home), "APPDATA": str(home / "none"), "PYTHONPATH": str(site)}
    return subprocess.run(
        [sys.executable, "-c", "from fxpaper.cli import main; main()", program, "install", *words],
        cwd=home,
        env=environment | where,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("name", ["mql4", "mql5"])
def test_the_wheel_holds_the_expert_advisor_and_nothing_lies_beside_the_package(installed, name):
    shipped = {
        path.relative_to(ROOT / name).as_posix()
        for path in (ROOT / name).rglob("*")
        if path.is_file()
    }
    inside = installed / "fxpaper" / name
    assert {
        path.relative_to(inside).as_posix() for path in inside.rglob("*") if path.is_file()
    } == shipped
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {"fxpaper"}


def test_an_installed_fxpaper_copies_it_into_a_terminal(installed, tmp_path):
    (tmp_path / "data" / "MQL5").mkdir(parents=True)
    done = fxpaper(installed, tmp_path, "--to", "data", "--json")
    said = json.loads(done.stdout)
    assert {one["outcome"] for one in said["files"]} == {"new"}
    folder = tmp_path / "data" / "MQL5" / "Experts" / "fxpaper"
    assert (folder / "fxpaper.mq5").read_bytes() == (ROOT / "mql5" / "fxpaper.mq5").read_bytes()
    assert (folder / "fxpaper" / "zmtp.mqh").is_file()
    again = fxpaper(installed, tmp_path, "--to", "data")
    assert "fxpaper.mq5: same" in again.stdout
    assert "Allow WebRequest for listed URL: 127.0.0.1" in again.stdout


def test_that_of_metatrader_4_has_a_command_of_its_own(installed, tmp_path):
    (tmp_path / "data" / "MQL4").mkdir(parents=True)
    done = fxpaper(installed, tmp_path, "--to", "data", program="mt4")
    assert "fxpaper.mq4: new" in done.stdout
    assert "Set mt4 = true" in done.stdout
    assert "Allow WebRequest for listed URL: http://127.0.0.1:8765" in done.stdout
    folder = tmp_path / "data" / "MQL4" / "Experts" / "fxpaper"
    assert (folder / "fxpaper" / "polls.mqh").is_file()
    assert not (folder / "fxpaper.mq5").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Wine's folders")
def test_none_one_and_several_terminals(installed, tmp_path):
    none = fxpaper(installed, tmp_path)
    assert none.returncode == 1
    assert "Looked in:" in none.stdout
    assert "--to" in none.stderr
    drive = tmp_path / ".wine" / "drive_c" / "Program Files"
    (drive / "One" / "MQL5" / "Experts").mkdir(parents=True)
    assert fxpaper(installed, tmp_path).returncode == 0
    assert (drive / "One" / "MQL5" / "Experts" / "fxpaper" / "fxpaper.mq5").is_file()
    (drive / "Two" / "MQL5" / "Experts").mkdir(parents=True)
    several = fxpaper(installed, tmp_path)
    assert (several.returncode, "2 terminals are here" in several.stderr) == (2, True)
    assert not (drive / "Two" / "MQL5" / "Experts" / "fxpaper").exists()
    listed = json.loads(fxpaper(installed, tmp_path, "--list", "--json").stdout)
    assert [one["installation"] for one in listed["found"]] == [
        "C:\\Program Files\\One",
        "C:\\Program Files\\Two",
    ]
