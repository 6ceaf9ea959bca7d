"""The daemon itself: its health, and links for its page."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper import __version__
from fxpaper.web import views
from fxpaper.web.answers import Health, Link
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/health", {HTTPStatus.OK: Health}, open_to_all=True)
async def health(call: Call) -> Answer:
    """Tell whether all is well; needs no token."""
    rooms, market = call.rooms, call.rooms.market
    states = market.sources()
    note = rooms.trouble()
    return Answer.of(
        Health(
            status="ok" if note is None else "degraded",
            version=__version__,
            mode=rooms.mode,
            time=market.now(),
            started_at=rooms.started_at,
            account=rooms.account,
            demo=rooms.demo,
            simulated=any(one.active and one.evidence.simulated for one in states),
            market_open=market.is_open(),
            note=note,
            sources=views.sources(states, market.now()),
        )
    )


@route("POST", "/links", {HTTPStatus.CREATED: Link})
async def new_link(call: Call) -> Answer:
    """Make a one-time link that logs a browser in."""
    code, until = call.rooms.guard.new_code()
    request = call.request
    url = f"{request.scheme}://{request.host}/login/{code}"
    return Answer.of(Link(url=url, expires_at=until), HTTPStatus.CREATED)


ROUTES = (health, new_link)
