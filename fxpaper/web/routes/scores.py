"""What models came to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from http import HTTPStatus

from fxpaper.analytics.scores import score
from fxpaper.domain.outcome import Outcome
from fxpaper.domain.refusal import Refused
from fxpaper.ledger.ledger import Ledger
from fxpaper.signals.intake.symbols import canonical_symbol
from fxpaper.web import problem
from fxpaper.web.answers import ScoreQuery
from fxpaper.web.problem import ProblemCode, ProblemError
from fxpaper.web.routing import Answer, Call, route
from fxpaper.web.score_objects import ModelScore, ScoreList
from fxpaper.web.score_views import Judged, model_score


@route("GET", "/scores", {HTTPStatus.OK: ScoreList})
async def scores(call: Call, query: ScoreQuery) -> Answer:
    """Return what every known model came to, by name."""
    read = _scores(call, _symbol(call, query.symbol), None)
    return Answer.of(ScoreList(items=await call.rooms.ledger.read(read), next=None))


@route("GET", "/models/{model}/score", {HTTPStatus.OK: ModelScore})
async def model_result(call: Call, query: ScoreQuery, model: str) -> Answer:
    """Return what a model's signals and closed trades came to."""
    read = _scores(call, _symbol(call, query.symbol), model)
    found = await call.rooms.ledger.read(read)
    if not found:
        raise ProblemError(
            ProblemCode.NOT_FOUND,
            f'No model "{model[:80]}" has sent a signal or was ever switched on; GET /models '
            "lists those that are known.",
            actual=model[:80],
        )
    return Answer.of(found[0])


def _scores(
    call: Call, symbol: str | None, model: str | None
) -> Callable[[Ledger], list[ModelScore]]:
    """Return the question for one model's score, or for that of each."""
    account, currency = call.rooms.account, call.rooms.execution.view().account.currency
    allowed = {policy.model for policy in call.rooms.execution.policies()}

    def read(ledger: Ledger) -> list[ModelScore]:
        known = allowed | {count.model for count in ledger.model_counts(account)}
        traded: dict[str, list[Outcome]] = defaultdict(list)
        for one in ledger.outcomes(account, model=model, symbol=symbol):
            traded[one.model].append(one)
        return [
            model_score(
                Judged(
                    model=name,
                    symbol=symbol,
                    currency=currency,
                    signals=ledger.signals_by_status(account, name, symbol),
                    refusals=ledger.refusals_by_code(account, name, symbol),
                    score=score(traded[name], about=f"{name} {symbol or 'on all symbols'}"),
                )
            )
            for name in sorted(known)
            if model in {None, name}
        ]

    return read


def _symbol(call: Call, text: str | None) -> str | None:
    if text is None:
        return None
    symbol = canonical_symbol(text, call.rooms.market.instruments())
    if isinstance(symbol, Refused):
        raise problem.refused(symbol)
    return symbol


ROUTES = (scores, model_result)
