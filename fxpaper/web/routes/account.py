"""The account and its equity."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.web import views
from fxpaper.web.answers import AccountQuery, EquityCurve, EquityPoint
from fxpaper.web.objects import Account
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/account", {HTTPStatus.OK: Account})
async def account(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Return the account, valued at the latest quotes."""
    view = call.rooms.execution.view()
    return Answer.of(views.account(view.account, view.valuation))


@route("GET", "/equity", {HTTPStatus.OK: EquityCurve})
async def equity(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Return balance and equity since the start of the process."""
    points = [
        EquityPoint(time=one.at, balance=one.balance, equity=one.equity)
        for one in call.rooms.equity.samples()
    ]
    return Answer.of(EquityCurve(items=points))


ROUTES = (account, equity)
