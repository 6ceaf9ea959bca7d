"""The account and its equity."""

from __future__ import annotations

from decimal import Decimal
from http import HTTPStatus

from fxpaper.domain.command import MoveCash, ResetAccount, SetTrading
from fxpaper.web import limit_views, views
from fxpaper.web.answers import (
    AccountList,
    AccountQuery,
    CashBody,
    Done,
    EquityCurve,
    EquityPoint,
    HeadroomQuery,
    ResetBody,
    TradingBody,
)
from fxpaper.web.carrying_out import carry_out
from fxpaper.web.limit_objects import Headroom
from fxpaper.web.objects import Account
from fxpaper.web.routing import Answer, Call, route

_STOP_PIPS = Decimal(20)


@route("GET", "/account", {HTTPStatus.OK: Account})
async def account(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Return the account, valued at the latest quotes."""
    view = call.rooms.execution.view()
    return Answer.of(views.account(view.account, view.valuation))


@route("GET", "/accounts", {HTTPStatus.OK: AccountList})
async def accounts(call: Call) -> Answer:
    """List the daemon's accounts, its own first, valued at the latest quotes."""
    seen = [seat.execution.view() for seat in call.rooms.seats.values()]
    items = [views.account(view.account, view.valuation) for view in seen]
    return Answer.of(AccountList(items=items, next=None))


@route("GET", "/equity", {HTTPStatus.OK: EquityCurve})
async def equity(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Return balance and equity since the start of the process."""
    points = [
        EquityPoint(time=one.at, balance=one.balance, equity=one.equity)
        for one in call.rooms.equity.samples()
    ]
    return Answer.of(EquityCurve(items=points))


@route("GET", "/account/headroom", {HTTPStatus.OK: Headroom})
async def headroom(call: Call, query: HeadroomQuery) -> Answer:
    """Return what the account may lose yet before a limit stops it, in money and in lots."""
    market, execution = call.rooms.market, call.rooms.execution
    pips = query.stop_pips or _STOP_PIPS
    found = execution.headroom((market.symbols(), pips))
    return Answer.of(limit_views.headroom(found, execution.view().account.currency, pips))


@route("POST", "/account/cash", {HTTPStatus.OK: Done})
async def cash(call: Call, query: AccountQuery, body: CashBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Pay in or take out."""
    command = MoveCash(account=call.rooms.account, amount=body.amount, comment=body.comment)
    return await carry_out(call, command, None)


@route("POST", "/account/reset", {HTTPStatus.OK: Done})
async def reset(call: Call, query: AccountQuery, body: ResetBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Begin the account anew; what was stays in the log under its epoch."""
    command = ResetAccount(account=call.rooms.account, balance=body.balance, comment=body.comment)
    return await carry_out(call, command, None)


@route("POST", "/account/trading", {HTTPStatus.OK: Done})
async def trading(call: Call, query: AccountQuery, body: TradingBody) -> Answer:  # noqa: ARG001 - checked by the route
    """Halt or flatten the account, or let it trade again; waiting orders are cancelled."""
    command = SetTrading(account=call.rooms.account, state=body.state, reason=body.reason)
    return await carry_out(call, command, None)


ROUTES = (account, accounts, headroom, equity, cash, reset, trading)
