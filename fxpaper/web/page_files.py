"""Serves the built page: hashed assets for ever, everything else checked anew each time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from fxpaper.web.problem import ProblemCode, ProblemError

_INDEX = "index.html"
_HASHED = "assets/"
_FOR_EVER = "public, max-age=31536000, immutable"
_CHECK_FIRST = "no-cache"
# Written down because Windows lets other programs change what mimetypes says.
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class StaticPage:
    """Where the built page is.

    Args:
        root: its folder; None where it has not been built.
        missing_reason: one or two sentences: why there is none, and what to do.
    """

    root: Callable[[], Path | None]
    missing_reason: Callable[[], str]

    def file(self, name: str) -> web.StreamResponse:
        """Answer with a file of the page; the index for an empty name.

        Raises:
            ProblemError: unavailable without a page, not_found without that file.
        """
        root = self.root()
        if root is None:
            raise ProblemError(ProblemCode.UNAVAILABLE, self.missing_reason())
        path = (root / (name or _INDEX)).resolve()
        if not path.is_relative_to(root.resolve()) or not path.is_file():
            raise ProblemError(
                ProblemCode.NOT_FOUND, f'The page has no "{name[:80]}".', actual=name[:80]
            )
        kind = _TYPES.get(path.suffix.lower(), "application/octet-stream")
        cached = _FOR_EVER if name.startswith(_HASHED) else _CHECK_FIRST
        return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": cached})


def notice(status: HTTPStatus, title: str, *sentences: str) -> web.Response:
    """Answer a browser that cannot have the page: plain HTML that needs no file beside it."""
    paragraphs = "".join(f"<p>{escape(sentence)}</p>" for sentence in sentences)
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)}</title></head>'
        f"<body><main><h1>{escape(title)}</h1>{paragraphs}</main></body></html>"
    )
    return web.Response(
        text=text,
        status=status.value,
        content_type="text/html",
        headers={"Cache-Control": "no-store"},
    )
