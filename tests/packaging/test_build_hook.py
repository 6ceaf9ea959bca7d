"""The build hook: what counts as built, when to build, which Node will do."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
from pathlib import Path

import pytest

from fxpaper.errors import ConfigurationError
from fxpaper.web import page

ROOT = Path(__file__).parents[2]


def _load():
    spec = importlib.util.spec_from_file_location("hatch_build_under_test", ROOT / "hatch_build.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


builder = _load()
Mode = builder.Mode


@pytest.fixture
def checkout(tmp_path):
    """A checkout with two sources and no page."""
    ui = tmp_path / "ui"
    (ui / "src").mkdir(parents=True)
    (ui / "package.json").write_text("{}")
    (ui / "src" / "main.ts").write_text("let a = 1;")
    return tmp_path


def _put_page(root: Path, stamp: str) -> None:
    static = root / builder.STATIC
    static.mkdir(parents=True)
    (static / "index.html").write_text("<!doctype html>")
    (static / builder.STAMP).write_text(stamp + "\n")


def _put_script(path: Path, text: str) -> None:
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("mode", "fresh", "builds"),
    [
        pytest.param("auto", True, False, id="auto keeps a fresh page"),
        pytest.param("auto", False, True, id="auto builds what has changed"),
        pytest.param("require", True, False, id="require keeps a fresh page"),
        pytest.param("require", False, True, id="require builds what has changed"),
        pytest.param("rebuild", True, True, id="rebuild builds always"),
        pytest.param("skip", False, False, id="skip builds never"),
    ],
)
def test_when_the_page_is_built(mode, fresh, builds):
    assert Mode(mode).must_build(fresh=fresh) is builds


def test_only_auto_installs_without_a_page():
    assert [mode.value for mode in Mode if mode.may_fail] == ["auto"]


def test_the_mode_is_auto_unless_said_otherwise():
    assert builder.mode_from({}) is Mode.AUTO
    assert builder.mode_from({"FXPAPER_UI": ""}) is Mode.AUTO
    assert builder.mode_from({"FXPAPER_UI": " Require "}) is Mode.REQUIRE


def test_an_unknown_mode_is_named_with_the_known_ones():
    with pytest.raises(builder.PageBuildError) as caught:
        builder.mode_from({"FXPAPER_UI": "yes"})
    assert str(caught.value) == 'FXPAPER_UI is "yes"; it can be auto, require, rebuild, skip.'


def test_the_stamp_changes_with_content_and_with_names(checkout):
    ui = checkout / "ui"
    first = builder.stamp_of(ui)
    (ui / "src" / "main.ts").write_text("let a = 2;")
    second = builder.stamp_of(ui)
    (ui / "src" / "main.ts").rename(ui / "src" / "other.ts")
    third = builder.stamp_of(ui)
    assert len({first, second, third}) == 3
    assert all(len(stamp) == 64 for stamp in (first, second, third))


@pytest.mark.parametrize("folder", ["node_modules", "dist", "coverage", "tests"])
def test_the_stamp_ignores_what_the_page_is_not_made_of(checkout, folder):
    ui = checkout / "ui"
    before = builder.stamp_of(ui)
    (ui / folder).mkdir()
    (ui / folder / "x.js").write_text("1")
    assert builder.stamp_of(ui) == before


def test_a_page_is_fresh_while_its_stamp_is_that_of_the_sources(checkout):
    assert not builder.is_fresh(checkout)
    _put_page(checkout, builder.stamp_of(checkout / "ui"))
    assert builder.is_fresh(checkout)
    (checkout / "ui" / "src" / "main.ts").write_text("let a = 3;")
    assert not builder.is_fresh(checkout)


def test_a_page_without_its_stamp_is_not_fresh(checkout):
    _put_page(checkout, builder.stamp_of(checkout / "ui"))
    (checkout / builder.STATIC / builder.STAMP).unlink()
    assert not builder.is_fresh(checkout)


def test_a_page_that_came_without_sources_is_fresh(tmp_path):
    _put_page(tmp_path, "whatever")
    assert builder.is_fresh(tmp_path)


@pytest.mark.parametrize(
    ("version", "fit"),
    [
        ("v20.18.3", False),
        ("v20.19.0", True),
        ("v21.7.3", False),
        ("v22.11.0", False),
        ("v22.12.0\n", True),
        ("v24.0.0", True),
        ("v26.1.0", True),
        ("something", False),
    ],
)
def test_which_node_is_new_enough(version, fit):
    assert builder.is_node_fit(version) is fit


@pytest.mark.parametrize(
    ("system", "machine", "libc", "release", "exists"),
    [
        ("Linux", "x86_64", ("glibc", "2.28"), "", True),
        ("Linux", "aarch64", ("glibc", "2.36"), "", True),
        ("Linux", "x86_64", ("glibc", "2.27"), "", False),
        ("Linux", "x86_64", ("", ""), "", True),
        ("Linux", "armv7l", ("glibc", "2.36"), "", False),
        ("Darwin", "arm64", ("", ""), "13.5", True),
        ("Darwin", "arm64", ("", ""), "13.4.1", False),
        ("Windows", "AMD64", ("", ""), "", True),
        ("FreeBSD", "x86_64", ("", ""), "", False),
    ],
)
def test_node_is_asked_for_only_where_it_has_a_wheel(system, machine, libc, release, exists):
    assert builder.has_node_wheel(system, machine, libc, release) is exists


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
@pytest.mark.parametrize(
    ("version", "found"),
    [pytest.param("v24.1.0", True, id="new"), pytest.param("v18.0.0", False, id="old")],
)
def test_the_node_on_path_is_taken_when_it_is_new_enough(tmp_path, monkeypatch, version, found):
    _put_script(tmp_path / "node", f"echo {version}\n")
    _put_script(tmp_path / "npm", "exit 0\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    expected = builder.Node(tmp_path, (str(tmp_path / "npm"),)) if found else None
    assert builder.installed_node() == expected


def test_a_node_without_npm_is_none(tmp_path, monkeypatch):
    _put_script(tmp_path / "node", "echo v24.1.0\n")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert builder.installed_node() is None


def test_npm_of_the_wheel_is_called_past_its_broken_link(tmp_path):
    assert builder.node_in(tmp_path) is None
    npm = tmp_path / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    npm.parent.mkdir(parents=True)
    npm.touch()
    (tmp_path / "bin").mkdir()
    node = tmp_path / "bin" / "node"
    node.touch()
    assert builder.node_in(tmp_path) == builder.Node(node.parent, (str(node), str(npm)))


def _lock(ui: Path, packages: dict[str, dict[str, object]]) -> None:
    (ui / "package-lock.json").write_text(json.dumps({"packages": packages}))


def _install(ui: Path, packages: dict[str, dict[str, object]]) -> None:
    (ui / "node_modules").mkdir(exist_ok=True)
    (ui / "node_modules" / ".package-lock.json").write_text(json.dumps({"packages": packages}))


def test_packages_that_are_there_in_the_locked_version_are_not_installed_again(checkout):
    ui = checkout / "ui"
    _lock(ui, {"": {}, "node_modules/svelte": {"version": "5.1.0"}})
    assert not builder.has_packages(ui)
    _install(ui, {"node_modules/svelte": {"version": "5.1.0"}, "node_modules/x": {"version": "1"}})
    assert builder.has_packages(ui)
    _install(ui, {"node_modules/svelte": {"version": "5.0.0"}})
    assert not builder.has_packages(ui)


def test_test_tools_and_bindings_of_other_platforms_need_not_be_there(checkout):
    ui = checkout / "ui"
    _lock(
        ui,
        {
            "node_modules/svelte": {"version": "5.1.0"},
            "node_modules/vitest": {"version": "4.0.0", "dev": True},
            "node_modules/binding-for-windows": {"version": "1.0.0", "optional": True},
        },
    )
    _install(ui, {"node_modules/svelte": {"version": "5.1.0"}})
    assert builder.has_packages(ui)


NPM = """
case "$1" in
  run) mkdir -p dist/assets && echo '<!doctype html>' > dist/index.html && echo a > dist/assets/a.js;;
  view) echo 'npm warn old' >&2; echo 'npm error code E1' >&2; echo 'npm error no answer' >&2;
        echo 'npm error   at stack (x.js:1)' >&2; exit 1;;
esac
"""


@pytest.fixture
def node(tmp_path):
    """A Node whose npm builds a page, but has no registry to install from."""
    folder = tmp_path / "tools"
    folder.mkdir()
    _put_script(folder / "npm", NPM)
    return builder.Node(folder, (str(folder / "npm"),))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
def test_a_built_page_takes_the_place_of_the_old_one_with_its_stamp(checkout, node):
    _lock(checkout / "ui", {})
    _install(checkout / "ui", {})
    static = checkout / builder.STATIC
    builder.say_missing(checkout, "it failed before")
    (static / "old.js").touch()
    builder.build(checkout, node)
    assert sorted(path.relative_to(static).as_posix() for path in static.rglob("*.*")) == [
        ".stamp",
        "assets/a.js",
        "index.html",
    ]
    assert builder.is_fresh(checkout)
    assert [path.name for path in static.parent.iterdir()] == ["static"]


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-ins are shell scripts")
def test_a_failed_build_says_which_step_and_why_and_leaves_the_old_page(checkout, node):
    _put_page(checkout, "old")
    with pytest.raises(builder.PageBuildError) as caught:
        builder.build(checkout, node)
    assert str(caught.value) == '"npm view svelte" failed: no answer.'
    assert (checkout / builder.STATIC / "index.html").is_file()


def test_the_reason_is_left_for_the_running_program(checkout):
    builder.say_missing(checkout, "npm has no network. ")
    builder.say_missing(checkout, "npm has no network.")
    static = checkout / builder.STATIC
    assert [path.name for path in static.iterdir()] == [builder.REASON]
    assert (static / builder.REASON).read_text("utf-8") == "npm has no network.\n"


def test_the_hook_asks_for_node_only_when_there_is_something_to_build(checkout, monkeypatch):
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("FXPAPER_UI", raising=False)
    hook = builder.get_build_hook()(str(checkout), {}, None, None, str(checkout), "wheel")
    asked = [builder.NODE_WHEEL] if builder.has_node_wheel(*_here()) else []
    assert hook.dependencies() == asked
    _put_page(checkout, builder.stamp_of(checkout / "ui"))
    assert hook.dependencies() == []
    monkeypatch.setenv("FXPAPER_UI", "skip")
    shutil.rmtree(checkout / builder.STATIC)
    assert hook.dependencies() == []


def _here():
    system = builder.platform
    return system.system(), system.machine(), system.libc_ver(), system.mac_ver()[0]


def test_the_page_cannot_be_built_where_there_are_no_sources(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"is no checkout of fxpaper: it has no hatch_build"
    ):
        page.build_page(tmp_path)


def test_a_checkout_is_told_the_command_that_builds_its_page():
    assert page.checkout() == ROOT
    assert page.missing_reason().endswith("Run “fxpaper ui build” and load this page again.")


def test_no_registry_is_named_in_the_lock_file():
    assert '"resolved"' not in (ROOT / "ui" / "package-lock.json").read_text("utf-8")
