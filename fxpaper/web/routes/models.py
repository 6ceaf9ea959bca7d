"""Models, and what they may do."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.signal import ModelPolicy
from fxpaper.web import objects, views
from fxpaper.web.answers import AccountQuery, ModelList, PolicyBody
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/models", {HTTPStatus.OK: ModelList})
async def models(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """List every known model."""
    return Answer.of(ModelList(items=await _known(call), next=None))


@route("PUT", "/models/{model}", {HTTPStatus.OK: objects.Model})
async def set_policy(call: Call, query: AccountQuery, body: PolicyBody, model: str) -> Answer:  # noqa: ARG001 - checked by the route
    """Change what a model may do."""
    policy = ModelPolicy(account=call.rooms.account, model=model, auto_execute=body.auto_execute)
    await call.rooms.execution.set_policy(policy)
    known = {one.model: one for one in await _known(call)}
    return Answer.of(known[model])


async def _known(call: Call) -> list[objects.Model]:
    account = call.rooms.account
    counts = await call.rooms.ledger.read(lambda ledger: ledger.model_counts(account))
    return views.models(call.rooms.execution.policies(), counts)


ROUTES = (models, set_policy)
