"""Terminals are found where Windows and Wine put them, and get our files without losing theirs.

The folders are made here as MetaTrader's documentation describes them; no real installation was at
hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from fxpaper.bridge.expert_files import (
    copy_experts,
    experts_folder,
    scripts_folder,
    shipped_files,
    shipped_scripts,
)
from fxpaper.bridge.terminal_folders import (
    METATRADER_4,
    METATRADER_5,
    Program,
    find_terminals,
    terminal_at,
)
from fxpaper.errors import ConfigurationError, InputError

ONE, OTHER = "D0E8209F77C8CF37AD8BF550E51FF075", "73b7a2420d6397dff9014a20f1201f97"
FILES = {"fxpaper.mq5": b"// 1", "fxpaper/json.mqh": b"// 2"}


@dataclass
class Machine:
    home: Path

    def data(self, root: str, name: str, origin: bytes | None = None) -> Path:
        folder = self.home / root / "MetaQuotes" / "Terminal" / name
        (folder / "MQL5" / "Experts").mkdir(parents=True)
        if origin is not None:
            (folder / "origin.txt").write_bytes(origin)
        return folder

    def portable(self, path: str) -> Path:
        folder = self.home / path
        (folder / "MQL5" / "Experts").mkdir(parents=True)
        return folder

    def found(self, system: str, **environment: str) -> list[tuple[Path, str]]:
        search = find_terminals(METATRADER_5, system, self.home, environment)
        return [(one.folder, one.installation) for one in search.found]


@pytest.fixture
def machine(tmp_path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("C:\\Program Files\\Broker £ MT5".encode("utf-16"), id="marked"),
        pytest.param("C:\\Program Files\\Broker £ MT5".encode("utf-16-le"), id="unmarked"),
        pytest.param("C:\\Program Files\\Broker £ MT5\r\n".encode(), id="plain"),
    ],
)
def test_data_folders_of_windows_are_found_with_their_installation(machine, origin):
    """The folders Common and Community are none, nor is one of MetaTrader 4."""
    one = machine.data("Roaming", ONE, origin)
    other = machine.data("Roaming", OTHER)
    machine.data("Roaming", "Common")
    (machine.home / "Roaming" / "MetaQuotes" / "Terminal" / ("A" * 32) / "MQL4").mkdir(parents=True)
    found = machine.found("Windows", APPDATA=str(machine.home / "Roaming"))
    assert sorted(found) == sorted([(one, "C:\\Program Files\\Broker £ MT5"), (other, "")])
    assert machine.found("Windows") == []


@pytest.mark.parametrize(
    ("system", "prefix"),
    [
        ("Linux", ".wine"),
        ("Linux", ".mt5"),
        ("Linux", ".cxoffice/MetaTrader"),
        ("Darwin", "Library/Application Support/net.metaquotes.wine.metatrader5"),
        ("Darwin", "Library/Application Support/CrossOver/Bottles/mine"),
    ],
)
def test_terminals_under_wine_are_found(machine, system, prefix):
    """A data folder stands for its installation; one without such a folder is portable."""
    origin = "C:\\program files\\metatrader 5".encode("utf-16")
    data = machine.data(f"{prefix}/drive_c/users/me/AppData/Roaming", ONE, origin)
    machine.portable(f"{prefix}/drive_c/Program Files/MetaTrader 5")
    portable = machine.portable(f"{prefix}/drive_c/Program Files/Other MT5")
    assert machine.found(system) == [
        (data, "C:\\program files\\metatrader 5"),
        (portable, "C:\\Program Files\\Other MT5"),
    ]


def test_a_prefix_that_is_linked_or_named_twice_counts_once(machine):
    machine.portable(".wine/drive_c/Program Files/MetaTrader 5")
    (machine.home / ".mt5").symlink_to(machine.home / ".wine")
    assert len(machine.found("Linux", WINEPREFIX=str(machine.home / ".wine"))) == 1
    search = find_terminals(METATRADER_5, "Linux", machine.home / "x", {"WINEPREFIX": "/p"})
    assert search.found == ()
    assert search.looked[:2] == ("/p", str(machine.home / "x" / ".wine"))


def test_a_person_may_name_the_folder_or_one_in_it(machine):
    data = machine.data("Roaming", ONE)
    for named in (data, data / "MQL5", data / "MQL5" / "Experts"):
        assert terminal_at(named, METATRADER_5).folder == data
    for wrong in (machine.home, data / "typo"):
        with pytest.raises(InputError, match="has no folder MQL5 in it"):
            terminal_at(wrong, METATRADER_5)


def test_files_are_new_then_the_same_then_replaced(tmp_path):
    folder = tmp_path / "Experts" / "fxpaper"

    def outcomes(files=FILES) -> list[tuple[str, str, str]]:
        return [(one.file, one.outcome, one.kept) for one in copy_experts(files, folder)]

    assert outcomes() == [("fxpaper.mq5", "new", ""), ("fxpaper/json.mqh", "new", "")]
    (folder / "mine.mq5").write_text("mine")
    assert [one[1] for one in outcomes()] == ["same", "same"]
    newer = FILES | {"fxpaper.mq5": b"// 3"}
    assert outcomes(newer) == [("fxpaper.mq5", "replaced", ""), ("fxpaper/json.mqh", "same", "")]
    assert (folder / "fxpaper.mq5").read_bytes() == b"// 3"
    assert {one.name for one in folder.iterdir()} == {
        "fxpaper",
        "fxpaper.mq5",
        "mine.mq5",
        "shipped.json",
    }


def test_what_a_person_has_changed_is_kept_each_time(tmp_path):
    copy_experts(FILES, tmp_path)
    for text, kept in ((b"a", ".bak"), (b"b", ".2.bak"), (b"a", ".bak")):
        (tmp_path / "fxpaper/json.mqh").write_bytes(text)
        [_, changed] = copy_experts(FILES, tmp_path)
        assert (changed.outcome, changed.kept) == ("replaced", f"fxpaper/json.mqh{kept}")
        assert (tmp_path / changed.kept).read_bytes() == text
        assert (tmp_path / "fxpaper/json.mqh").read_bytes() == b"// 2"


@pytest.mark.parametrize("hashes", ["", "[]", "{"])
def test_a_file_of_unknown_origin_is_kept(tmp_path, hashes):
    (tmp_path / "shipped.json").write_text(hashes)
    (tmp_path / "fxpaper.mq5").write_text("older, or changed")
    assert copy_experts(FILES, tmp_path)[0].kept == "fxpaper.mq5.bak"


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path):
    (tmp_path / "Experts").write_text("a file")
    with pytest.raises(ConfigurationError, match=r"Experts.* cannot be written: "):
        copy_experts(FILES, tmp_path / "Experts" / "fxpaper")


@pytest.mark.parametrize(
    ("program", "main"), [(METATRADER_5, "fxpaper.mq5"), (METATRADER_4, "fxpaper.mq4")]
)
def test_the_checkout_has_the_files_and_they_keep_their_places(machine, program, main):
    """The Expert Advisor includes ``fxpaper/json.mqh`` and the others by these paths."""
    files = shipped_files(program)
    source = files[main].decode()
    assert {name for name in files if f'#include "{name}"' in source} == set(files) - {main}
    terminal = terminal_at(machine.data("Roaming", ONE), METATRADER_5)
    folder = experts_folder(METATRADER_5, terminal)
    assert folder == terminal.folder / "MQL5" / "Experts" / "fxpaper"


def test_scripts_have_a_folder_of_their_own(machine):
    terminal = terminal_at(machine.data("Roaming", ONE), METATRADER_5)
    assert scripts_folder(METATRADER_5, terminal) == terminal.folder / "MQL5/Scripts/fxpaper"
    assert set(shipped_scripts(METATRADER_5)) == {"fxpaper_calendar.mq5"}
    assert shipped_scripts(METATRADER_4) == {}


def test_another_program_needs_no_more_than_its_line(machine):
    other = Program("MetaTrader 4", "MQL4", "mql4", ("*.mq4",))
    (machine.home / "a" / "MQL4").mkdir(parents=True)
    assert terminal_at(machine.home / "a", other).folder == machine.home / "a"
    with pytest.raises(ConfigurationError, match="lacks the files for MetaTrader 4"):
        shipped_files(other, machine.home)
