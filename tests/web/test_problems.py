"""Whatever goes wrong has one shape, and never a traceback."""

from __future__ import annotations

from typing import Any

import pytest
import structlog

from fxpaper.domain.refusal import RefusalCode
from fxpaper.errors import ConfigurationError, IntegrityError, TransientError
from fxpaper.web.problem import ProblemCode, status_of
from tests.web.conftest import Daemon

MEMBERS = {
    "type",
    "title",
    "status",
    "code",
    "detail",
    "instance",
    "actual",
    "limit",
    "errors",
}


@pytest.mark.parametrize(
    ("method", "path", "options", "status", "code", "detail"),
    [
        pytest.param(
            "GET",
            "/nothing",
            {},
            404,
            "not_found",
            'There is nothing at "/api/v1/nothing". The routes of the API are listed at '
            "/api/v1/openapi.json.",
            id="no such route",
        ),
        pytest.param(
            "DELETE",
            "/account",
            {},
            405,
            "method_not_allowed",
            '"/api/v1/account" takes GET, not DELETE.',
            id="no such method",
        ),
        pytest.param(
            "PUT",
            "/models/trend",
            {"data": b'{"auto_execute": tru}'},
            400,
            "malformed",
            "The body is not JSON: ",
            id="no JSON",
        ),
        pytest.param(
            "PUT",
            "/models/trend",
            {"data": b"[" * 50_000},
            400,
            "malformed",
            "The body is not JSON: ",
            id="nested too deeply",
        ),
        pytest.param(
            "PUT",
            "/models/trend",
            {"json": {"auto_execute": "yes"}},
            422,
            "invalid",
            'body auto_execute: Input should be a valid boolean, not "yes".',
            id="wrong type",
        ),
        pytest.param(
            "PUT",
            "/models/trend",
            {"json": {"auto_execute": True, "auto": 1}},
            422,
            "invalid",
            'body auto: Extra inputs are not permitted, not "1".',
            id="unknown key",
        ),
        pytest.param(
            "PUT",
            "/models/trend",
            {"json": []},
            422,
            "invalid",
            "body : Input should be a valid dictionary",
            id="no object",
        ),
        pytest.param(
            "GET",
            "/orders?limit=0",
            {},
            422,
            "invalid",
            'query limit: Input should be greater than or equal to 1, not "0".',
            id="limit too small",
        ),
        pytest.param("GET", "/orders?limit=1001", {}, 422, "invalid", "query limit", id="large"),
        pytest.param("GET", "/orders?lmit=5", {}, 422, "invalid", "query lmit", id="mistyped"),
        pytest.param(
            "GET",
            "/orders?cursor=x",
            {},
            422,
            "invalid",
            'Unknown cursor "x". Send the "next" of the page before, unchanged.',
            id="cursor",
        ),
        pytest.param(
            "GET", "/signals/none", {}, 404, "unknown_signal", 'There is no signal "none".', id="id"
        ),
        pytest.param(
            "POST",
            "/signals",
            {"data": b"x" * 65_537},
            413,
            "too_large",
            "The body is larger than 65536 bytes.",
            id="too large",
        ),
        pytest.param(
            "GET",
            "/ws",
            {},
            426,
            "upgrade_required",
            "This address speaks WebSocket; connect with ws:// and its handshake.",
            id="not a handshake",
        ),
    ],
)
async def test_every_error_is_a_problem(
    daemon: Daemon,
    method: str,
    path: str,
    options: dict[str, Any],
    status: int,
    code: str,
    detail: str,
):
    answered, problem, response = await daemon.ask(method, path, **options)
    assert (answered, problem["status"], problem["code"]) == (status, status, code)
    assert problem["detail"].startswith(detail)
    assert problem["instance"] == "/api/v1" + path.partition("?")[0]
    assert problem["type"] == f"urn:fxpaper:problem:{code}"
    assert problem.keys() == MEMBERS
    assert response.content_type == "application/problem+json"


async def test_a_refused_method_is_told_which_are_allowed(daemon: Daemon):
    _, problem, response = await daemon.ask("DELETE", "/signals")
    assert response.headers["Allow"] == "GET, POST"
    assert (problem["actual"], problem["limit"]) == ("DELETE", "GET, POST")


async def test_each_wrong_field_is_pointed_at(daemon: Daemon):
    _, problem, _ = await daemon.ask("GET", "/signals?limit=x&status=lost")
    assert [one["pointer"] for one in problem["errors"]] == ["/limit", "/status"]


async def test_an_unexpected_fault_is_logged_and_not_shown(daemon: Daemon):
    daemon.account.fault = ZeroDivisionError("secret detail")
    with structlog.testing.capture_logs() as logs:
        status, problem, _ = await daemon.ask("POST", "/signals", json={})
    assert (status, problem["code"]) == (500, "internal")
    assert "secret" not in str(problem)
    assert problem["request_id"] in problem["detail"]
    (entry,) = logs
    assert (entry["event"], entry["request_id"]) == ("request_failed", problem["request_id"])
    assert entry["exc_info"] is daemon.account.fault


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        (TransientError("The database is busy."), 503, "unavailable"),
        (ConfigurationError("The disk is full."), 503, "unavailable"),
        (IntegrityError("The ledger is damaged."), 500, "internal"),
    ],
)
async def test_a_known_fault_is_told_in_its_own_words(
    daemon: Daemon, fault: Exception, status: int, code: str
):
    daemon.account.fault = fault
    answered, problem, _ = await daemon.ask("POST", "/signals", json={})
    assert (answered, problem["code"]) == (status, code)
    assert problem["detail"].startswith(str(fault))


def test_every_code_has_a_status_of_its_kind():
    """What is not listed is readable but wrong."""
    statuses = {code: status_of(code).value for code in (*RefusalCode, *ProblemCode)}
    assert statuses[RefusalCode.MALFORMED] == 400
    assert statuses[RefusalCode.UNKNOWN_POSITION] == 404
    assert statuses[RefusalCode.STALE_QUOTE] == 503
    assert statuses[RefusalCode.UNKNOWN_SYMBOL] == 422
    assert statuses[ProblemCode.UNAUTHORIZED] == 401
    assert set(statuses.values()) == {400, 401, 403, 404, 405, 409, 413, 415, 422, 426, 500, 503}
