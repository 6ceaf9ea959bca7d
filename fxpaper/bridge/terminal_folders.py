r"""Where MetaTrader keeps what belongs to a terminal, on Windows and under Wine.

Each installation has a data folder, ``%APPDATA%\MetaQuotes\Terminal\`` and 32 hexadecimal digits,
whose ``origin.txt`` (UTF-16) names the installation. A portable one keeps its data where its
program is. Under Wine both lie in the ``drive_c`` of a prefix.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import msgspec

from fxpaper.errors import InputError

_DATA = re.compile(r"[0-9A-Fa-f]{32}")
_TERMINALS = ("MetaQuotes", "Terminal")
_ROAMING = ("users/*/AppData/Roaming", "users/*/Application Data")
_PORTABLE = ("Program Files*/*", "*")
_PREFIXES = {
    "Linux": (
        ".wine",
        ".mt5",
        ".mt4",
        ".cxoffice/*",
        ".local/share/bottles/bottles/*",
        ".var/app/com.usebottles.bottles/data/bottles/bottles/*",
    ),
    "Darwin": (
        ".wine",
        ".mt5",
        ".mt4",
        "Library/Application Support/*",
        "Library/Application Support/*/Bottles/*",
    ),
}


class Program(msgspec.Struct, frozen=True):
    """A MetaTrader, and what we have for it.

    Args:
        title: for people.
        folder: of programs in its data folder.
        shipped: our folder with the files for it.
        kinds: which files of that belong to the Expert Advisor, as patterns.
        scripts: which are scripts, in its folder ``scripts``.
    """

    title: str
    folder: str
    shipped: str
    kinds: tuple[str, ...]
    scripts: tuple[str, ...] = ()


METATRADER_5 = Program("MetaTrader 5", "MQL5", "mql5", ("*.mq5", "fxpaper/*.mqh"), ("*.mq5",))
METATRADER_4 = Program("MetaTrader 4", "MQL4", "mql4", ("*.mq4", "fxpaper/*.mqh"))


class Terminal(msgspec.Struct, frozen=True):
    """A terminal's data folder.

    Args:
        folder: in which MQL5 or MQL4 is.
        installation: where the program is, as the terminal names it; empty where it is not told.
    """

    folder: Path
    installation: str = ""


class Search(msgspec.Struct, frozen=True):
    """What a search has brought.

    Args:
        found: terminals, each once.
        looked: places that were looked at, as patterns.
    """

    found: tuple[Terminal, ...]
    looked: tuple[str, ...]


def find_terminals(
    program: Program, system: str, home: Path, environment: Mapping[str, str]
) -> Search:
    """Return the terminals of this machine.

    Args:
        program: whose.
        system: as ``platform.system()`` names it.
        home: of the user.
        environment: variables; ``APPDATA`` and ``WINEPREFIX`` count.
    """
    if system == "Windows":
        roaming = Path(environment.get("APPDATA") or home / "AppData" / "Roaming")
        root = roaming.joinpath(*_TERMINALS)
        return Search(tuple(_terminals_under(root, program)), (str(root / "*"),))
    patterns = _PREFIXES.get(system, _PREFIXES["Linux"])
    prefixes = [path for pattern in patterns for path in sorted(home.glob(pattern))]
    looked = [str(home / pattern) for pattern in patterns]
    own = environment.get("WINEPREFIX")
    if own:
        prefixes.insert(0, Path(own))
        looked.insert(0, own)
    found = (one for prefix in prefixes for one in _on_drive(prefix / "drive_c", program))
    return Search(tuple(_once(found)), tuple(looked))


def terminal_at(path: Path, program: Program) -> Terminal:
    """Return the terminal of a folder that a person has named: the data folder or one in it.

    Raises:
        InputError: it is none.
    """
    for folder in (path, *path.absolute().parents[:2]) if path.is_dir() else ():
        if (folder / program.folder).is_dir():
            return Terminal(folder, _origin(folder))
    raise InputError(
        f"{path} has no folder {program.folder} in it. In the terminal choose File > Open Data "
        "Folder, and name that folder."
    )


def _on_drive(drive: Path, program: Program) -> list[Terminal]:
    """Return the terminals in a drive of Wine: data folders, then portable ones."""
    found = [
        one
        for pattern in _ROAMING
        for roaming in sorted(drive.glob(pattern))
        for one in _terminals_under(roaming.joinpath(*_TERMINALS), program)
    ]
    elsewhere = {one.installation.replace("\\", "/").casefold() for one in found}
    for pattern in _PORTABLE:
        for folder in sorted(drive.glob(pattern)):
            name = f"C:/{folder.relative_to(drive).as_posix()}"
            if _has(folder, program) and name.casefold() not in elsewhere:
                found.append(Terminal(folder, name.replace("/", "\\")))
    return found


def _terminals_under(root: Path, program: Program) -> Iterator[Terminal]:
    for folder in sorted(root.glob("*")):
        if _DATA.fullmatch(folder.name) and _has(folder, program):
            yield Terminal(folder, _origin(folder))


def _has(folder: Path, program: Program) -> bool:
    try:
        return (folder / program.folder / "Experts").is_dir()
    except OSError:
        return False


def _origin(folder: Path) -> str:
    """Return what ``origin.txt`` names; with its mark of byte order, or older without."""
    try:
        body = (folder / "origin.txt").read_bytes()
    except OSError:
        return ""
    marked = body.startswith((b"\xff\xfe", b"\xfe\xff"))
    text = body.decode("utf-16" if marked else "utf-16-le" if b"\0" in body else "utf-8", "replace")
    return text.strip().strip("\0")


def _once(found: Iterable[Terminal]) -> list[Terminal]:
    """Return each terminal once; prefixes are linked to each other at times."""
    return list({one.folder.resolve(): one for one in found}.values())
