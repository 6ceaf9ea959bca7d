"""Routes with types: what a function is annotated with is parsed, checked and documented.

A route function takes :class:`Call` and, by these names, ``query`` and ``body`` (models of
:mod:`fxpaper.web.answers`) and the parts of its path. It returns an :class:`Answer` or raises a
:class:`fxpaper.web.problem.ProblemError`.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TypeVar, get_type_hints

import msgspec
from aiohttp import web
from pydantic import BaseModel, ValidationError

from fxpaper.domain.refusal import RefusalCode
from fxpaper.web import problem
from fxpaper.web.answers import AccountQuery, Asked, NoQuery
from fxpaper.web.objects import Shown
from fxpaper.web.problem import ProblemError
from fxpaper.web.rooms import ROOMS, Rooms

BASE = "/api/v1"
SEQ_HEADER = "Fxpaper-Seq"

_PATH_PART = re.compile(r"\{(\w+)\}")
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Args:
        request: as aiohttp has it.
        rooms: to ask.
        seq: number of the account's latest event when the request came in.
    """

    request: web.Request
    rooms: Rooms
    seq: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What a route answers.

    Args:
        body: JSON.
        status: 200 and its like.
        headers: to send with it.
    """

    body: bytes
    status: HTTPStatus = HTTPStatus.OK
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, shown: Shown, status: HTTPStatus = HTTPStatus.OK) -> Answer:
        """Answer with an object."""
        return cls(shown.model_dump_json().encode(), status)


RouteFunction = Callable[..., Awaitable[Answer]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One route of the API.

    Args:
        method: GET, POST or PUT.
        path: below :data:`BASE`, with its parts in braces.
        function: answers.
        query: what may be asked.
        body: what must be sent; None for nothing or for raw bytes.
        parts: names in the path.
        answers: what is answered with each status.
        raw_body: documents bytes that the function reads by itself.
        open: whether it needs no token.
    """

    method: str
    path: str
    function: RouteFunction
    query: type[Asked]
    body: type[Asked] | None
    parts: tuple[str, ...]
    answers: Mapping[HTTPStatus, type[Shown] | None]
    raw_body: type[Asked] | None
    open: bool

    @property
    def of_account(self) -> bool:
        """Whether it is about one account."""
        return issubclass(self.query, AccountQuery)

    async def serve(self, request: web.Request) -> web.Response:
        """Parse a request, call the function and make the response."""
        rooms = request.app[ROOMS]
        given: dict[str, object] = {name: request.match_info[name] for name in self.parts}
        query = _parsed_query(self.query, request)
        if isinstance(query, AccountQuery):
            rooms = _rooms_of(query.account, rooms)
        if self.query is not NoQuery:
            given["query"] = query
        if self.body is not None:
            given["body"] = _parsed_body(self.body, await request.read())
        seq = rooms.committed()
        answer = await self.function(Call(request, rooms, seq), **given)
        return web.Response(
            body=answer.body,
            status=answer.status.value,
            content_type="application/json",
            headers={"Cache-Control": "no-store", **self._seq(rooms, seq), **answer.headers},
        )

    def _seq(self, rooms: Rooms, before: int) -> dict[str, str]:
        """Number what was read by the events known before, what was done by those known after.

        So a client that has seen this number has certainly seen all that the answer shows.
        """
        if not self.of_account:
            return {}
        reading = self.method == "GET"
        return {SEQ_HEADER: str(before if reading else rooms.committed())}


def route(
    method: str,
    path: str,
    answers: Mapping[HTTPStatus, type[Shown] | None],
    *,
    raw_body: type[Asked] | None = None,
    open_to_all: bool = False,
) -> Callable[[RouteFunction], Route]:
    """Make a route of a function; ``raw_body`` documents bytes that it reads by itself."""

    def made(function: RouteFunction) -> Route:
        hints = get_type_hints(function)
        parts = tuple(_PATH_PART.findall(path))
        known = {"call", "query", "body", "return", *parts}
        if hints.keys() - known or set(parts) - hints.keys():
            raise TypeError(f"{method} {path} takes {sorted(hints)}; only {sorted(known)} exist")
        return Route(
            method=method,
            path=path,
            function=function,
            query=hints.get("query", NoQuery),
            body=hints.get("body"),
            parts=parts,
            answers=answers,
            raw_body=raw_body,
            open=open_to_all,
        )

    return made


def summary(function: RouteFunction) -> str:
    """Return the first line of a function's docstring."""
    return (inspect.getdoc(function) or "").partition("\n")[0]


def _parsed_query(model: type[Asked], request: web.Request) -> Asked:
    try:
        return model.model_validate(dict(request.query))
    except ValidationError as error:
        raise problem.invalid(error, "query") from None


def _parsed_body(model: type[T], body: bytes) -> T:
    try:
        value = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ProblemError(RefusalCode.MALFORMED, f"The body is not JSON: {error}.") from None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise problem.invalid(error, "body") from None


def _rooms_of(asked: str | None, rooms: Rooms) -> Rooms:
    """Return the rooms for the account that a request names.

    Raises:
        ProblemError: there is none of that name.
    """
    if asked is None:
        return rooms
    if asked in rooms.seats:
        return rooms.of(asked)
    listed = " or ".join(f'"{name}"' for name in rooms.seats)
    raise ProblemError(
        RefusalCode.UNKNOWN_ACCOUNT,
        f'There is no account "{asked[:40]}" here; leave it out or name {listed}.',
        actual=asked[:40],
        limit=", ".join(rooms.seats),
    )
