"""The Expert Advisor's files, and how they come into a terminal's folder.

A file that a person has changed is kept beside the new one. What was shipped before is told by the
hashes in ``shipped.json``, which every installation leaves there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import count
from pathlib import Path

import msgspec
from msgspec.structs import replace

from fxpaper.bridge.terminal_folders import Program, Terminal
from fxpaper.errors import ConfigurationError
from fxpaper.whole_file import write_whole

_PACKAGE = Path(__file__).parents[1]
_NAME = "fxpaper"
_HASHES = "shipped.json"


class Outcome(StrEnum):
    """What became of a file."""

    NEW = "new"
    SAME = "same"
    REPLACED = "replaced"


class Copied(msgspec.Struct, frozen=True):
    """A file in a terminal's folder.

    Args:
        file: its name there.
        outcome: what became of it.
        kept: the name under which a person's changes were kept; empty without any.
    """

    file: str
    outcome: Outcome
    kept: str = ""


def experts_folder(program: Program, terminal: Terminal) -> Path:
    """Return where our files belong."""
    return terminal.folder / program.folder / "Experts" / _NAME


def scripts_folder(program: Program, terminal: Terminal) -> Path:
    """Return where our scripts belong."""
    return terminal.folder / program.folder / "Scripts" / _NAME


def shipped_scripts(program: Program, package: Path = _PACKAGE) -> dict[str, bytes]:
    """Return our scripts for a program, by name; as :func:`shipped_files`.

    Raises:
        ConfigurationError: they are not there.
    """
    if not program.scripts:
        return {}
    within = replace(program, shipped=f"{program.shipped}/scripts", kinds=program.scripts)
    return shipped_files(within, package)


def shipped_files(program: Program, package: Path = _PACKAGE) -> dict[str, bytes]:
    """Return our files for a program, by name: from inside the package, or beside it.

    Args:
        program: which.
        package: the folder of the installed package, or of the package in a checkout.

    Raises:
        ConfigurationError: they are not there.
    """
    for root in (package / program.shipped, package.parent / program.shipped):
        paths = [path for kind in program.kinds for path in sorted(root.glob(kind))]
        if paths:
            return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    raise ConfigurationError(
        f"This installation of fxpaper lacks the files for {program.title}; install it again."
    )


def copy_experts(files: Mapping[str, bytes], folder: Path) -> list[Copied]:
    """Put files into a folder; nothing else in it is touched, and changed ones are kept.

    Args:
        files: by name.
        folder: is made where it is not there.

    Raises:
        ConfigurationError: the folder cannot be written to.
    """
    try:
        before = _hashes(folder / _HASHES)
        copied = [_copy(folder, name, body, before.get(name)) for name, body in files.items()]
        now = {name: _hash(body) for name, body in files.items()}
        write_whole(folder / _HASHES, json.dumps(now, indent=1).encode())
    except OSError as problem:
        raise ConfigurationError(
            f"{problem.filename or folder} cannot be written: {problem.strerror}."
        ) from None
    return copied


def _copy(folder: Path, name: str, body: bytes, shipped: str | None) -> Copied:
    path = folder / name
    old = path.read_bytes() if path.exists() else None
    if old == body:
        return Copied(name, Outcome.SAME)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = ""
    if old is not None and _hash(old) != shipped:
        aside = next(one for one in _asides(path) if not one.exists() or one.read_bytes() == old)
        write_whole(aside, old)
        kept = aside.relative_to(folder).as_posix()
    write_whole(path, body)
    return Copied(name, Outcome.NEW if old is None else Outcome.REPLACED, kept)


def _asides(path: Path) -> Iterator[Path]:
    """Yield names to keep a file under, ``fxpaper.mq5.bak`` first."""
    yield path.with_name(f"{path.name}.bak")
    for number in count(2):
        yield path.with_name(f"{path.name}.{number}.bak")


def _hashes(path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, str])
    except (FileNotFoundError, msgspec.DecodeError):
        return {}


def _hash(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()
