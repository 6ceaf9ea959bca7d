"""What every request passes: host, caller, and one shape for everything that goes wrong."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from fxpaper.errors import ConfigurationError, FxpaperError, InputError, TransientError
from fxpaper.web import hooks, ws
from fxpaper.web.auth import Guard
from fxpaper.web.numbers import Numbers
from fxpaper.web.problem import ProblemCode, ProblemError

log = structlog.get_logger(__name__)

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Of every answer, page or not."""

_UNNAMED = "unknown"


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """Add what every answer carries; called before its headers are sent."""
    response.headers.update(HEADERS)


def edge(guard: Guard, numbers: Numbers, open_paths: Collection[str]) -> Middleware:
    """Return the outermost layer.

    Args:
        guard: decides who may come in.
        numbers: counts.
        open_paths: paths of the API that need no token.
    """

    @web.middleware
    async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            guard.check_host(request)
            if _is_guarded(request.path) and request.path not in open_paths:
                guard.check_caller(request)
            response = await handler(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets a problem
            response = _as_problem(error, request).response(hooks.without_secret(request.path))
        resource = request.match_info.route.resource
        numbers.count(request.method, resource.canonical if resource else _UNNAMED, response.status)
        return response

    return answer


def _is_guarded(path: str) -> bool:
    """Tell whether a path needs a caller; the socket and webhooks ask by themselves who comes."""
    own_door = path == ws.PATH or path.startswith(hooks.PREFIX)
    return (path.startswith("/api") and not own_door) or path == "/metrics"


def _as_problem(error: Exception, request: web.Request) -> ProblemError:
    match error:
        case ProblemError():
            return error
        case web.HTTPException():
            return _of_aiohttp(error, request)
        case InputError():
            return ProblemError(ProblemCode.INVALID, str(error))
        case TransientError() | ConfigurationError():
            log.warning("unavailable", path=hooks.without_secret(request.path), problem=str(error))
            return ProblemError(ProblemCode.UNAVAILABLE, str(error))
        case _:
            return _unexpected(error, request)


def _of_aiohttp(error: web.HTTPException, request: web.Request) -> ProblemError:
    path = hooks.without_secret(request.path)[:120]
    match error:
        case web.HTTPNotFound():
            return ProblemError(
                ProblemCode.NOT_FOUND,
                f'There is nothing at "{path}". The routes of the API are listed at '
                "/api/v1/openapi.json.",
                actual=path,
            )
        case web.HTTPMethodNotAllowed():
            allowed = ", ".join(sorted(error.allowed_methods))
            return ProblemError(
                ProblemCode.METHOD_NOT_ALLOWED,
                f'"{path}" takes {allowed}, not {error.method}.',
                actual=error.method,
                limit=allowed,
                headers={"Allow": allowed},
            )
        case web.HTTPRequestEntityTooLarge():
            return ProblemError(
                ProblemCode.TOO_LARGE,
                f"The body is larger than {request.client_max_size} bytes.",
                limit=str(request.client_max_size),
            )
        case _:
            return ProblemError(ProblemCode.INVALID, error.reason, status=HTTPStatus(error.status))


def _unexpected(error: Exception, request: web.Request) -> ProblemError:
    request_id = secrets.token_hex(6)
    log.error(
        "request_failed",
        request_id=request_id,
        method=request.method,
        path=hooks.without_secret(request.path),
        exc_info=error,
    )
    known = isinstance(error, FxpaperError)
    said = str(error) if known else "Something went wrong inside fxpaper; its log tells more"
    return ProblemError(
        ProblemCode.INTERNAL, f"{said.rstrip('.')}. Request {request_id}.", request_id=request_id
    )
