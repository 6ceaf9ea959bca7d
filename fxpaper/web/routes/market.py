"""Prices, instruments and where prices come from."""

from __future__ import annotations

from http import HTTPStatus

from fxpaper.domain.bar import INTERVALS
from fxpaper.domain.instant import Instant, parse_instant
from fxpaper.domain.refusal import Refused
from fxpaper.signals.intake.symbols import canonical_symbol
from fxpaper.web import problem, views
from fxpaper.web.answers import (
    BarSeries,
    BarsQuery,
    Fault,
    InstrumentList,
    QuoteList,
    QuotesQuery,
    SourceList,
)
from fxpaper.web.ports import Market
from fxpaper.web.problem import ProblemCode, ProblemError
from fxpaper.web.routing import Answer, Call, route


@route("GET", "/quotes", {HTTPStatus.OK: QuoteList})
async def quotes(call: Call, query: QuotesQuery) -> Answer:
    """Return the latest quote of each symbol."""
    market = call.rooms.market
    asked = market.symbols() if query.symbols is None else query.symbols.split(",")
    found = [market.quote(_known(market, text)) for text in asked]
    instruments = market.instruments()
    shown = [views.quote(one, instruments[one.symbol].digits) for one in found if one is not None]
    return Answer.of(QuoteList(items=shown))


@route("GET", "/bars", {HTTPStatus.OK: BarSeries})
async def bars(call: Call, query: BarsQuery) -> Answer:
    """Return bars of a symbol, oldest first; the newest, or those of a stretch of the past."""
    market = call.rooms.market
    symbol = _known(market, query.symbol)
    if query.interval not in INTERVALS:
        text = f'Unknown interval "{query.interval[:40]}". Known: {", ".join(INTERVALS)}.'
        raise ProblemError(
            ProblemCode.INVALID,
            text,
            actual=query.interval[:40],
            limit=", ".join(INTERVALS),
            errors=(Fault(pointer="/interval", detail=text),),
        )
    digits = market.instruments()[symbol].digits
    if query.begins is None:
        found = market.bars(symbol, query.interval, query.limit)
    else:
        begins, ends = _stretch(query, market.now())
        past = await market.past_bars(symbol, query.interval, begins, ends)
        found = past[: query.limit]
    shown = [views.bar(one, digits) for one in found]
    return Answer.of(BarSeries(symbol=symbol, interval=query.interval, items=shown))


@route("GET", "/instruments", {HTTPStatus.OK: InstrumentList})
async def instruments(call: Call) -> Answer:
    """List every instrument of the broker profile."""
    market = call.rooms.market
    shown = views.instruments(market.instruments().values(), market.symbols())
    return Answer.of(InstrumentList(items=shown))


@route("GET", "/sources", {HTTPStatus.OK: SourceList})
async def sources(call: Call) -> Answer:
    """List every configured price source, by priority."""
    market = call.rooms.market
    return Answer.of(SourceList(items=views.sources(market.sources(), market.now())))


def _stretch(query: BarsQuery, now: Instant) -> tuple[Instant, Instant]:
    """Return the beginning and the end that a query asks for, nanoseconds UTC."""
    begins = _instant("from", query.begins or "")
    ends = now if query.ends is None else _instant("to", query.ends)
    if begins >= ends:
        raise _wrong("to", f"The stretch from {query.begins} to {query.ends or 'now'} is empty.")
    return begins, ends


def _instant(name: str, text: str) -> Instant:
    try:
        return parse_instant(text)
    except ValueError as problem:
        raise _wrong(name, f"{name}: {problem}.") from None


def _wrong(name: str, text: str) -> ProblemError:
    errors = (Fault(pointer=f"/{name}", detail=text),)
    return ProblemError(ProblemCode.INVALID, text, errors=errors)


def _known(market: Market, text: str) -> str:
    symbol = canonical_symbol(text, market.instruments())
    if isinstance(symbol, Refused):
        raise problem.refused(symbol)
    return symbol


ROUTES = (quotes, bars, instruments, sources)
