"""MetaTrader 4, which can only ask: its Expert Advisor's line to the bridge."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from fxpaper.bridge.messages import LARGEST_BYTES
from fxpaper.web.answers import PollQuery
from fxpaper.web.problem import ProblemCode, ProblemError
from fxpaper.web.routing import Answer, Call, route


@route("POST", "/mt4/poll", {HTTPStatus.OK: None})
async def poll_mt4(call: Call, query: PollQuery) -> Answer:
    """Take what a MetaTrader 4 terminal says, and answer what is to be said to it."""
    polls = call.rooms.polls
    if polls is None:
        raise ProblemError(
            ProblemCode.NOT_FOUND,
            "MetaTrader 4 is not awaited here: set mt4 = true, and restart the daemon.",
            actual="mt4 = false",
            limit="mt4 = true",
        )
    try:
        body = await call.request.clone(client_max_size=LARGEST_BYTES).read()
    except web.HTTPRequestEntityTooLarge:
        raise ProblemError(
            ProblemCode.TOO_LARGE,
            f"The body is larger than {LARGEST_BYTES} bytes.",
            limit=str(LARGEST_BYTES),
        ) from None
    return Answer(await polls.poll(query.line, query.poll, body))


ROUTES = (poll_mt4,)
