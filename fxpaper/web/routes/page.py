"""What a browser asks for beside the API: the page, its files and the one-time login."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from fxpaper.web.auth import SESSION_SECONDS
from fxpaper.web.page_files import notice
from fxpaper.web.rooms import ROOMS

_RUN_LINK = "Run “fxpaper link” in a terminal on this machine and open the link it prints."


async def index(request: web.Request) -> web.StreamResponse:
    """Serve the page to a browser with a session."""
    rooms = request.app[ROOMS]
    if not rooms.guard.has_session(request):
        return notice(
            HTTPStatus.UNAUTHORIZED,
            "fxpaper: please log in",
            "This browser has no session with this fxpaper.",
            f"Open the one-time link that was printed when fxpaper started. {_RUN_LINK}",
        )
    if rooms.page.root() is None:
        return notice(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "fxpaper runs, but its page is missing",
            rooms.page.missing_reason(),
            "The API under /api/v1 works without the page.",
        )
    return rooms.page.file("")


async def login(request: web.Request) -> web.StreamResponse:
    """Exchange a one-time code for a session."""
    guard = request.app[ROOMS].guard
    entered = guard.redeem(request.match_info["code"])
    if not entered and not guard.has_session(request):
        return notice(
            HTTPStatus.UNAUTHORIZED,
            "This link is no longer good",
            "A link works once and for ten minutes; this one was used, is older, or was cut off.",
            _RUN_LINK,
        )
    answer = web.Response(
        status=HTTPStatus.SEE_OTHER.value, headers={"Location": "/", "Cache-Control": "no-store"}
    )
    if entered:
        answer.set_cookie(
            guard.cookie,
            guard.new_session(),
            max_age=SESSION_SECONDS,
            path="/",
            httponly=True,
            samesite="Strict",
            secure=request.secure,
        )
    return answer


async def file(request: web.Request) -> web.StreamResponse:
    """Serve a file of the page; none of them holds anything secret."""
    return request.app[ROOMS].page.file(request.match_info["name"])


def add_page_routes(router: web.UrlDispatcher) -> None:
    """Add them; the last one takes every path that is nothing else, so add it last."""
    router.add_get("/", index)
    # A HEAD request, as link previews make it, must not use a code up.
    router.add_get("/login/{code}", login, allow_head=False)
    router.add_get("/{name:(?!api/|metrics$|login/).+}", file)
