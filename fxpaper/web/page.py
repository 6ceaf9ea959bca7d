"""The built page: where it is, why it may be missing, how a checkout builds it."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from fxpaper.errors import ConfigurationError

_STATIC = Path(__file__).parent / "static"
_WHY = Path(__file__).parent / "static.missing"


def page_root() -> Path | None:
    """Return the folder of the built page, or None where there is none."""
    return _STATIC if (_STATIC / "index.html").is_file() else None


def missing_reason() -> str:
    """Return why there is no page and what to do."""
    try:
        why = _WHY.read_text(encoding="utf-8").strip()
    except OSError:
        why = "The page has not been built."
    return f"{why} Build it with: fxpaper ui build"


def build_page(checkout: Path) -> None:
    """Build the page of a checkout into this package.

    Raises:
        ConfigurationError: this is no checkout, or the build failed.
    """
    hook = checkout / "hatch_build.py"
    spec = importlib.util.spec_from_file_location("fxpaper_hatch_build", hook)
    if not hook.is_file() or spec is None or spec.loader is None:
        raise ConfigurationError("The page is built in a checkout of fxpaper; this is none.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        module.build(checkout)
    except module.PageError as problem:
        raise ConfigurationError(f"The page could not be built: {problem}") from None
