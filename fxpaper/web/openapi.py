"""The OpenAPI 3.1 document, made of the routes themselves."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec
from openapi_pydantic import (
    Components,
    Header,
    Info,
    MediaType,
    OpenAPI,
    Operation,
    Parameter,
    ParameterLocation,
    PathItem,
    RequestBody,
    Response,
    Schema,
    SecurityScheme,
)
from openapi_pydantic.util import PydanticSchema, construct_open_api_with_schema_class
from pydantic import BaseModel

from fxpaper import __version__
from fxpaper.web.answers import Asked, Problem
from fxpaper.web.problem import CONTENT_TYPE
from fxpaper.web.routing import BASE, SEQ_HEADER, Route, summary

PATH = "/openapi.json"

_BEARER, _SESSION = "token", "session"
_JSON = "application/json"


def document(routes: Iterable[Route]) -> bytes:
    """Return the document of all routes as JSON."""
    paths: dict[str, PathItem] = {}
    for route in routes:
        item = paths.setdefault(BASE + route.path, PathItem())
        setattr(item, route.method.lower(), _operation(route))
    described = OpenAPI(
        openapi="3.1.1",
        info=Info(title="fxpaper", version=__version__, summary="Forex signals on paper accounts"),
        paths=paths,
        components=Components(
            securitySchemes={
                _BEARER: SecurityScheme(type="http", scheme="bearer"),
                _SESSION: SecurityScheme(
                    type="apiKey", security_scheme_in="cookie", name="fxpaper_session_PORT"
                ),
            }
        ),
    )
    whole = construct_open_api_with_schema_class(described)
    # Defaults are left out because some, allowEmptyValue among them, may not be said everywhere.
    dumped = whole.model_dump(mode="json", by_alias=True, exclude_defaults=True, exclude_none=True)
    return msgspec.json.encode(dumped | {"openapi": whole.openapi})


def _operation(route: Route) -> Operation:
    return Operation(
        operationId=route.function.__name__,
        summary=summary(route.function),
        parameters=[*_path_parameters(route), *_query_parameters(route.query)],
        requestBody=_request_body(route),
        responses={
            **{str(status.value): _answer(route, status) for status in route.answers},
            "default": Response(
                description="A problem (RFC 9457)", content={CONTENT_TYPE: _media(Problem)}
            ),
        },
        security=[] if route.open else [{_BEARER: []}, {_SESSION: []}],
    )


def _path_parameters(route: Route) -> list[Parameter]:
    return [_parameter(ParameterLocation.PATH, name, {"type": "string"}) for name in route.parts]


def _query_parameters(query: type[Asked]) -> list[Parameter]:
    schema: dict[str, Any] = query.model_json_schema()
    shared = schema.get("$defs", {})
    needed = schema.get("required", [])
    return [
        _parameter(
            ParameterLocation.QUERY, name, _sent(_inlined(one, shared)), required=name in needed
        )
        for name, one in schema.get("properties", {}).items()
    ]


def _parameter(
    place: ParameterLocation, name: str, schema: dict[str, Any], *, required: bool = True
) -> Parameter:
    return Parameter.model_validate(
        {"in": place, "name": name, "required": required, "schema": schema}
    )


def _inlined(schema: dict[str, Any], shared: dict[str, Any]) -> dict[str, Any]:
    """Put what a schema refers to into its place; the parts of a query are small."""
    if "$ref" in schema:
        found: dict[str, Any] = shared[schema["$ref"].rpartition("/")[2]]
        return found
    if "anyOf" in schema:
        return schema | {"anyOf": [_inlined(one, shared) for one in schema["anyOf"]]}
    return schema


def _sent(schema: dict[str, Any]) -> dict[str, Any]:
    """Return what can be sent in a query: leaving a value out is how to say there is none."""
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}}
    default = schema.get("default")
    given = {} if default is None else {"default": default}
    return {**rest, **(options[0] if options else {}), **given}


def _request_body(route: Route) -> RequestBody | None:
    body = route.body or route.raw_body
    if body is None:
        return None
    return RequestBody(content={_JSON: _media(body)}, required=True)


def _answer(route: Route, status: HTTPStatus) -> Response:
    headers: dict[str, Any] = {}
    if route.of_account:
        headers[SEQ_HEADER] = Header(
            description="Number of the account's latest event", param_schema=Schema(type="integer")
        )
    model = route.answers[status]
    content = None if model is None else {_JSON: _media(model)}
    return Response(description=status.phrase, content=content, headers=headers or None)


def _media(model: type[BaseModel]) -> MediaType:
    return MediaType(media_type_schema=PydanticSchema(schema_class=model))
