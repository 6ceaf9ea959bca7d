"""The document is valid, and every route of it answers as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from fxpaper.web import openapi
from fxpaper.web.routes import ROUTES
from tests.web.conftest import Daemon
from tests.web.payloads import SIGNAL

DOCUMENT = json.loads(openapi.document(ROUTES))
OPEN = {"/api/v1/health"}
CALLS = [
    pytest.param(method, path, id=f"{method} {path}")
    for path, item in DOCUMENT["paths"].items()
    for method in item
]
ORDER = {"symbol": "EURUSD", "side": "buy", "lots": "0.40"}
PARTS = {
    "/positions/{id}/close": "p-7",
    "/positions/{id}": "p-7",
    "/positions/{id}/reverse": "p-7",
    "/positions/{id}/close-by": "p-7",
    "/orders/{id}": "o-4",
    "/signals/{id}/execute": "s1",
    "/signals/{id}/dismiss": "s1",
    "/signals/{id}": "s1",
    "/models/{model}": "trend",
    "/models/{model}/score": "trend",
    "/alerts/{id}": "a-7",
}
QUERIES = {"/api/v1/bars": "?symbol=EURUSD", "/api/v1/mt4/poll": "?line=a&poll=1"}
BODIES = {
    "/api/v1/signals": SIGNAL | {"id": "s2"},
    "/api/v1/models/{model}": {"auto_execute": True},
    "/api/v1/orders": ORDER,
    "/api/v1/order-groups": {"contingency": "oco", "orders": [ORDER, ORDER]},
    "/api/v1/orders/{id}": {"price": "1.07000"},
    "/api/v1/positions/{id}": {"stop_loss": "1.07000"},
    "/api/v1/positions/{id}/reverse": {},
    "/api/v1/positions/{id}/close-by": {"other_id": "p-8"},
    "/api/v1/close-all": {},
    "/api/v1/account/cash": {"amount": "50.00"},
    "/api/v1/account/reset": {},
    "/api/v1/account/trading": {"state": "halted"},
    "/api/v1/alerts": {"symbol": "EURUSD", "side": "above", "price": "1.1050"},
}
REFUSED_HERE = {
    "/api/v1/orders/{id}",
    "/api/v1/positions/{id}",
    "/api/v1/positions/{id}/reverse",
    "/api/v1/positions/{id}/close-by",
    "/api/v1/close-all",
    "/api/v1/account/reset",
    "/api/v1/account/trading",
    "/api/v1/mt4/poll",
    "/api/v1/alerts/{id}",
}
"""What the world of these tests cannot do; the real program does it in tests/e2e."""


def test_the_document_is_valid_openapi_3_1():
    assert DOCUMENT["openapi"].startswith("3.1")
    validate(DOCUMENT)


def test_money_is_text_in_the_document():
    balance = DOCUMENT["components"]["schemas"]["Account"]["properties"]["balance"]
    assert (balance["type"], balance["pattern"]) == ("string", r"^-?\d+(\.\d+)?$")


def test_no_operation_has_the_name_of_another():
    names = [one["operationId"] for item in DOCUMENT["paths"].values() for one in item.values()]
    assert len(names) == len(set(names)) == 42


def test_every_route_of_the_reference_is_in_the_document():
    text = Path("docs/reference/api.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(GET|POST|PUT|DELETE) (/[^`?]+)`", text)) - {("GET", "/openapi.json")}
    assert len(named) >= 16
    there = {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, item in DOCUMENT["paths"].items()
        for method in item
    }
    assert named <= there


async def test_the_document_needs_no_token(daemon: Daemon):
    async with daemon.http.get(f"{daemon.url}/api/v1/openapi.json") as response:
        assert response.status == 200
        assert await response.json() == DOCUMENT


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_every_route_answers_as_documented(daemon: Daemon, method: str, path: str):
    await daemon.allow()
    await daemon.ask("POST", "/signals", json=SIGNAL)
    real = path.removeprefix("/api/v1")
    for part, value in PARTS.items():
        if real == part:
            real = part.partition("{")[0] + quote(value) + part.partition("}")[2]
    real = real.replace("{name}", "chart").replace("{secret}", "guess")
    options = {} if method == "get" or path not in BODIES else {"json": BODIES[path]}
    status, answer, _ = await daemon.ask(method.upper(), real + QUERIES.get(path, ""), **options)
    responses = DOCUMENT["paths"][path][method]["responses"]
    if "/hooks/" in path:
        assert status == 401
        return
    if path in REFUSED_HERE:
        assert status == 404
        _check(responses["default"]["content"]["application/problem+json"]["schema"], answer)
        return
    _check(responses[str(status)]["content"]["application/json"]["schema"], answer)


@pytest.mark.parametrize(("method", "path"), CALLS)
async def test_every_route_but_the_open_ones_needs_a_token(daemon: Daemon, method: str, path: str):
    if "/hooks/" in path:
        pytest.skip("a webhook asks by itself who comes")
    async with daemon.http.request(method, daemon.url + path) as response:
        assert response.status == (200 if path in OPEN else 401)
        answer = await response.json(content_type=None)
    if path not in OPEN:
        assert answer["code"] == "unauthorized"
        assert "fxpaper link" in answer["detail"]
        assert response.headers["WWW-Authenticate"] == "Bearer"
        problem = DOCUMENT["paths"][path][method]["responses"]["default"]["content"]
        _check(problem["application/problem+json"]["schema"], answer)


def _check(schema: dict[str, Any], answer: dict[str, Any]) -> None:
    whole = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:document", whole)
    pointed = {"$ref": "urn:document" + schema["$ref"]}
    OAS31Validator(pointed, registry=registry).validate(answer)
