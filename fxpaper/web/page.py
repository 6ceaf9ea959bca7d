"""The built page: where it is, why it is not, and how to build it in a checkout."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from fxpaper.errors import ConfigurationError

_STATIC = Path(__file__).parent / "static"
_REASON = _STATIC / ".missing"
_BUILDER = "hatch_build.py"


def page_root() -> Path | None:
    """Return the folder of the built page; None where it has not been built."""
    return _STATIC if (_STATIC / "index.html").is_file() else None


def checkout() -> Path | None:
    """Return the checkout that this package runs from; None when it was installed."""
    root = Path(__file__).parents[2]
    return root if (root / "ui" / "package.json").is_file() else None


def missing_reason() -> str:
    """Say why there is no page, and the command that makes one."""
    try:
        reason = _REASON.read_text("utf-8").strip()
    except OSError:
        reason = ""
    said = f"The page has not been built. {reason}".rstrip()
    if checkout() is not None:
        return f"{said} Run “fxpaper ui build” and load this page again."
    return (
        f"{said} Install fxpaper again where the npm registry can be reached, with "
        "FXPAPER_UI=require in the environment: then the installation says what it lacks."
    )


def build_page(checkout: Path) -> None:
    """Build the page of a checkout, with the builder that its installation uses.

    Raises:
        ConfigurationError: it is no checkout, or the page cannot be built; an older one stays.
    """
    path = checkout / _BUILDER
    if not path.is_file():
        raise ConfigurationError(
            f"{checkout} is no checkout of fxpaper: it has no {_BUILDER}. The page can be built "
            "only where its sources are; an installed fxpaper brings it along."
        )
    builder = _load(path)
    try:
        builder.build_here(checkout)
    except builder.PageBuildError as problem:
        raise ConfigurationError(f"The page cannot be built. {problem}") from None


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("fxpaper_hatch_build", path)
    if spec is None or spec.loader is None:
        raise ConfigurationError(f"{path} cannot be loaded as a Python module.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
