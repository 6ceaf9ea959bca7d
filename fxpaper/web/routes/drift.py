"""How far a live account is from its shadow."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.analytics.drift import Drift, drift, together
from fxpaper.ledger.ledger import Ledger
from fxpaper.web.answers import AccountQuery
from fxpaper.web.live_objects import DriftList, DriftRow, DriftTotal
from fxpaper.web.routing import Answer, Call, route

_MOST = 1000


@route("GET", "/drift", {HTTPStatus.OK: DriftList})
async def deals_apart(call: Call, query: AccountQuery) -> Answer:  # noqa: ARG001 - checked by the route
    """Pair each live position with its twin on paper; empty for a paper account."""
    account = call.rooms.account

    def read(ledger: Ledger) -> list[Drift]:
        found = [
            drift(pair.live, pair.live_deals, pair.paper_deals, both_closed=pair.both_closed)
            for pair in ledger.twins(account, _MOST)
        ]
        return [one for one in found if one is not None]

    rows = await call.rooms.ledger.read(read)
    return Answer.of(
        DriftList(
            items=[
                DriftRow(
                    position=row.position_id,
                    symbol=row.symbol,
                    side=row.side,
                    lots=row.lots,
                    entry=row.entry,
                    exit=row.exit,
                    spread=row.spread,
                    slippage=row.slippage,
                    swap=row.swap,
                    commission=row.commission,
                    net=row.net,
                )
                for row in rows
            ],
            total=DriftTotal.model_validate(together(rows)),
        )
    )


ROUTES = (deals_apart,)
