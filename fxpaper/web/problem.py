"""From faults and refusals to HTTP: the only place that knows which status a code has."""

from __future__ import annotations

from enum import StrEnum
from http import HTTPStatus

import msgspec
from aiohttp import web
from pydantic import ValidationError

from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.web.answers import Fault, Problem

CONTENT_TYPE = "application/problem+json"

_TYPE = "urn:fxpaper:problem:"


class ProblemCode(StrEnum):
    """What can go wrong on the way to a rule, beside :class:`RefusalCode`; as stable as those."""

    UNAUTHORIZED = "unauthorized"
    FOREIGN_HOST = "foreign_host"
    FOREIGN_ORIGIN = "foreign_origin"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UPGRADE_REQUIRED = "upgrade_required"
    INVALID = "invalid"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


_STATUS: dict[RefusalCode | ProblemCode, HTTPStatus] = {
    RefusalCode.MALFORMED: HTTPStatus.BAD_REQUEST,
    RefusalCode.UNKNOWN_ACCOUNT: HTTPStatus.NOT_FOUND,
    RefusalCode.UNKNOWN_POSITION: HTTPStatus.NOT_FOUND,
    RefusalCode.UNKNOWN_SIGNAL: HTTPStatus.NOT_FOUND,
    RefusalCode.UNKNOWN_ORDER: HTTPStatus.NOT_FOUND,
    RefusalCode.UNKNOWN_ALERT: HTTPStatus.NOT_FOUND,
    RefusalCode.CHANGED_MEANWHILE: HTTPStatus.CONFLICT,
    RefusalCode.NO_QUOTE: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalCode.STALE_QUOTE: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalCode.GRADE_TOO_LOW: HTTPStatus.SERVICE_UNAVAILABLE,
    RefusalCode.NO_CONVERSION: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    ProblemCode.FOREIGN_HOST: HTTPStatus.FORBIDDEN,
    ProblemCode.FOREIGN_ORIGIN: HTTPStatus.FORBIDDEN,
    ProblemCode.NOT_FOUND: HTTPStatus.NOT_FOUND,
    ProblemCode.METHOD_NOT_ALLOWED: HTTPStatus.METHOD_NOT_ALLOWED,
    ProblemCode.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    ProblemCode.UPGRADE_REQUIRED: HTTPStatus.UPGRADE_REQUIRED,
    ProblemCode.UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    ProblemCode.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}


def status_of(code: RefusalCode | ProblemCode) -> HTTPStatus:
    """Return a code's HTTP status: what is readable but wrong is 422."""
    return _STATUS.get(code, HTTPStatus.UNPROCESSABLE_ENTITY)


class ProblemError(Exception):
    """A request that is answered with a problem.

    Args:
        code: stable name of what went wrong.
        detail: one sentence: what was wrong, the value, what would be right.
        actual: the value that was found.
        limit: the value that would have been right.
        errors: the fields it is about.
        status: where it is not :func:`status_of` the code.
        signal_id: the journal row that was written all the same.
        request_id: under which the log tells more.
        headers: to send with it.
    """

    def __init__(  # noqa: PLR0913 - one for each member of a problem
        self,
        code: RefusalCode | ProblemCode,
        detail: str,
        *,
        actual: str = "",
        limit: str = "",
        errors: tuple[Fault, ...] = (),
        status: HTTPStatus | None = None,
        signal_id: str | None = None,
        request_id: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.status = status_of(code) if status is None else status
        self.headers = headers
        self._actual = actual
        self._limit = limit
        self._errors = errors
        self._signal_id = signal_id
        self._request_id = request_id

    def response(self, path: str) -> web.Response:
        """Return the answer to a request for ``path``."""
        body = Problem(
            type=f"{_TYPE}{self.code.value}",
            title=self.code.value.replace("_", " ").capitalize(),
            status=self.status.value,
            code=self.code.value,
            detail=str(self),
            instance=path,
            actual=self._actual,
            limit=self._limit,
            errors=list(self._errors),
            signal_id=self._signal_id,
            request_id=self._request_id,
        )
        return web.Response(
            body=body.model_dump_json().encode(),
            status=self.status.value,
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def refused(refusal: Refused) -> ProblemError:
    """Return the problem that a refusal is."""
    return ProblemError(refusal.code, refusal.text, actual=refusal.actual, limit=refusal.limit)


def refused_signal(
    refusal: Refused, body: bytes, signal_id: str, pointer: str = ""
) -> ProblemError:
    """Return the problem of a signal that was not taken: 400 where ``body`` is no JSON, else 422.

    Args:
        refusal: why not.
        body: what was sent.
        signal_id: the journal row to look at.
        pointer: the field it is about; empty when it is about the whole.
    """
    faults = (Fault(pointer=f"/{pointer}", detail=refusal.text),) if pointer else ()
    return ProblemError(
        refusal.code,
        refusal.text,
        actual=refusal.actual,
        limit=refusal.limit,
        status=HTTPStatus.UNPROCESSABLE_ENTITY if _is_json(body) else HTTPStatus.BAD_REQUEST,
        errors=faults,
        signal_id=signal_id,
    )


def invalid(error: ValidationError, where: str) -> ProblemError:
    """Return the problem of fields that are wrong.

    Args:
        error: what pydantic found.
        where: ``query`` or ``body``.
    """
    faults = tuple(
        Fault(
            pointer="/" + "/".join(str(part) for part in one["loc"]),
            detail=f"{one['msg']}{_found(one['input'])}",
        )
        for one in error.errors(include_url=False)
    )
    first = faults[0]
    return ProblemError(
        ProblemCode.INVALID, f"{where} {first.pointer[1:]}: {first.detail}.", errors=faults
    )


def _found(value: object) -> str:
    return f', not "{str(value)[:40]}"' if isinstance(value, str | int | float) else ""


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except msgspec.DecodeError:
        return False
    except RecursionError:
        return False
    return True
