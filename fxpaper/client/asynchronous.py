"""The client for programs that have an event loop."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import quote as quoted

import msgspec

from fxpaper.client import events, sending
from fxpaper.client.errors import RefusedError
from fxpaper.client.line import Line, Problem, decode, plain
from fxpaper.client.objects import (
    Account,
    Bar,
    Chain,
    Deal,
    Done,
    Event,
    Model,
    Order,
    Position,
    Quote,
    Signal,
    Taken,
)
from fxpaper.client.places import places
from fxpaper.client.tables import Rows, Told

PATIENCE_SECONDS = 15.0
"""How long a daemon may be away, unless a client says otherwise."""

T = TypeVar("T")
TT = TypeVar("TT", bound=Told)

Number = Decimal | float | str
Level = Decimal | float | str | dict[str, Any]
Moment = datetime | str

_PAGE = 1000


class _Page(msgspec.Struct, frozen=True):
    """A part of a list."""

    items: list[msgspec.Raw]
    next: str | None = None


class _Closed(msgspec.Struct, frozen=True):
    """What closing a position answers; without a deal its order is on its way."""

    deal: Deal | None = None


class AsyncClient:
    """A daemon, as a program with an event loop sees it.

    Args:
        url: of the daemon, e.g. ``http://127.0.0.1:8765``; else ``FXPAPER_URL``, else the daemon
            of this machine, your own before the demo.
        token: of its API; else ``FXPAPER_TOKEN``, else read from the data directory.
        data_dir: of a daemon of this machine, when it is not the usual one.
        patience: for so many seconds a daemon that has answered before may be away, as during a
            restart; what can be asked twice without harm is asked again until then. An answer
            itself may take up to a minute.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        *,
        data_dir: Path | str | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._line = Line(places(url, token, data_dir), patience)

    async def __aenter__(self) -> Self:
        """Find the daemon.

        Raises:
            NoDaemonError: nobody answers.
        """
        try:
            await self._line.open()
        except BaseException:
            await self._line.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect."""
        await self.disconnect()

    async def disconnect(self) -> None:
        """End the connection; asking again would open another."""
        await self._line.close()

    async def send(  # noqa: PLR0913 - a signal has as many fields as it has
        self,
        *,
        model: str,
        symbol: str,
        side: str,
        confidence: Number | None = None,
        stop_loss: Level | None = None,
        take_profit: Level | Sequence[Level] | None = None,
        entry: Number | None = None,
        id: str | None = None,  # noqa: A002 - what the API calls it
        time: Moment | None = None,
        expiry: Moment | None = None,
    ) -> Taken:
        """Send a signal and return what became of it; a refused one is an answer like any other.

        Args:
            model: whose advice it is.
            symbol: e.g. ``EURUSD``.
            side: buy, sell or close.
            confidence: from 0 to 1; not needed to close.
            stop_loss: ``"25pips"``, ``{"pips": 25}`` or a price.
            take_profit: ``"2r"``, ``"50pips"`` or a price; of several, each closes an equal part.
            entry: the price the model saw; it is not executed where the market has gone on from it.
            id: the same one again is the same signal, taken once. Without it one is made of
                model, symbol and time, or at random when there is no time either.
            time: when the advice was made; now when left out.
            expiry: until when it may be executed; five minutes after its time when left out.

        Raises:
            InputError: it cannot be sent as it is.
        """
        fields = {
            "id": id,
            "model": model,
            "symbol": symbol,
            "side": side,
            "confidence": confidence,
            "stop_loss": stop_loss,
            "take_profit": take_profit,
            "entry": entry,
            "time": time,
            "expiry": expiry,
        }
        return await self._take(sending.payload(fields))

    async def send_all(self, signals: sending.Signals) -> Rows[Taken]:
        """Send many signals, in their order, and return what became of each.

        Running it again with the same rows does not trade twice: a row without an id gets one
        made of its model, symbol and time (and ``-close`` when it closes), and the same id is
        taken once. So a row needs an id or a time; nothing is sent when one has neither.

        Args:
            signals: dictionaries with the fields of :meth:`send`, or a data frame with those
                columns; its index is the time when it is one of times and there is no column.

        Raises:
            InputError: a row cannot be sent as it is; nothing was sent.
        """
        return Rows(Taken, [await self._take(one) for one in sending.payloads(signals)])

    async def signals(
        self,
        *,
        model: str | None = None,
        symbol: str | None = None,
        status: str | None = None,
        limit: int = 100,
    ) -> Rows[Signal]:
        """Return the newest signals first; ``status`` is one of a Signal's."""
        return await self._listed(
            Signal, "/signals", limit, model=model, symbol=symbol, status=status
        )

    async def why(self, signal_id: str) -> Chain:
        """Return a signal with each check, its order, positions and deals."""
        return await self._asked(Chain, "GET", f"/signals/{_part(signal_id)}")

    async def execute(self, signal_id: str) -> Signal:
        """Execute a signal that waits because its model is off; every other rule holds.

        One that is decided already stays as it is, so asking twice trades once.
        """
        return await self._asked(Signal, "POST", f"/signals/{_part(signal_id)}/execute")

    async def dismiss(self, signal_id: str) -> Signal:
        """Refuse a signal that waits; one that is decided already stays as it is."""
        return await self._asked(Signal, "POST", f"/signals/{_part(signal_id)}/dismiss")

    async def account(self) -> Account:
        """Return the account, valued at the latest quotes."""
        return await self._asked(Account, "GET", "/account")

    async def positions(self) -> Rows[Position]:
        """Return the open positions, oldest first."""
        page = await self._asked(_Page, "GET", "/positions")
        return _rows(Position, page.items)

    async def orders(self, limit: int = 100) -> Rows[Order]:
        """Return the newest orders first."""
        return await self._listed(Order, "/orders", limit)

    async def deals(self, limit: int = 100) -> Rows[Deal]:
        """Return the newest deals first."""
        return await self._listed(Deal, "/deals", limit)

    async def quote(self, symbol: str) -> Quote:
        """Return the latest quote of a symbol.

        Raises:
            RefusedError: the symbol is unknown, or there is no quote of it yet.
        """
        page = await self._asked(_Page, "GET", "/quotes", symbols=symbol)
        if not page.items:
            raise RefusedError("no_quote", f"There is no quote of {symbol} yet.", actual=symbol)
        return decode(page.items[0], Quote)

    async def bars(
        self,
        symbol: str,
        interval: str = "1m",
        *,
        limit: int = 500,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> Rows[Bar]:
        """Return the newest bars, oldest first, or with ``since`` the past from there on."""
        page = await self._asked(
            _Page,
            "GET",
            "/bars",
            symbol=symbol,
            interval=interval,
            limit=limit,
            **{
                name: None if moment is None else sending.instant_text(moment)
                for name, moment in (("from", since), ("to", until))
            },
        )
        return _rows(Bar, page.items)

    async def close(self, position_id: str, lots: Number | None = None) -> Deal | None:
        """Close a position, or so many lots of it, at the market.

        Returns:
            Its deal, or None while its order waits for a quote or for a live account's terminal.

        Raises:
            RefusedError: it was not closed; says why.
            NoDaemonError: also when the connection was lost before the answer came; it is not
                asked again, for a second request might close more.
        """
        path = f"/positions/{_part(position_id)}/close"
        answer = await self._line.ask("POST", path, query=plain({"lots": lots}), again=False)
        if isinstance(answer, Problem) and answer.code == "no_quote" and answer.is_accepted:
            return None
        return decode(_said(answer), _Closed).deal

    async def close_all(self, symbol: str | None = None, side: str | None = None) -> Done:
        """Close every position, or those of a symbol or a side; all of them or none."""
        wanted = plain({"symbol": symbol, "side": side})
        return await self._asked(Done, "POST", "/close-all", body=wanted)

    async def halt(self, reason: str = "", how: str = "halted") -> Account:
        """Let the account open nothing until it is resumed.

        Args:
            reason: why; it is kept.
            how: ``halted`` leaves open what is open, ``reducing`` lets signals close it, and
                ``flatten`` closes it.
        """
        return await self._trading(how, reason)

    async def resume(self, reason: str = "") -> Account:
        """Let the account trade again."""
        return await self._trading("active", reason)

    async def models(self) -> Rows[Model]:
        """Return every known model, whether it is executed, and what its signals came to."""
        page = await self._asked(_Page, "GET", "/models")
        return _rows(Model, page.items)

    async def switch(self, model: str, on: bool = True) -> Model:  # noqa: FBT001, FBT002 - reads like the switch it is
        """Let a model's signals be executed, or no longer."""
        body = {"auto_execute": on}
        return await self._asked(Model, "PUT", f"/models/{_part(model)}", body=body)

    def events(
        self, from_seq: int | None = None, *, quiet: float | None = None
    ) -> AsyncGenerator[Event, None]:
        """Iterate over what happens to the account, each event once and in order.

        Args:
            from_seq: the number of the first event; 1 is the account's first. None: from now on.
            quiet: end after so many seconds without an event; without it, it goes on until you
                stop. A connection that is cut is opened again and resumed by number.

        Raises:
            RefusedError: events so far back (more than 10,000) are not told.
        """
        return events.follow(self._line, from_seq, quiet)

    async def _take(self, signal: dict[str, Any]) -> Taken:
        answer = await self._line.ask("POST", "/signals", body=signal)
        if isinstance(answer, Problem) and answer.signal_id is not None:
            return Taken(
                id=answer.signal_id,
                status="refused",
                model=signal["model"],
                symbol=signal["symbol"],
                side=signal["side"],
                code=answer.code,
                text=answer.detail,
                actual=answer.actual,
                limit=answer.limit,
            )
        return decode(_said(answer), Taken)

    async def _trading(self, state: str, reason: str) -> Account:
        body = {"state": state, "reason": reason}
        return (await self._asked(Done, "POST", "/account/trading", body=body)).account

    async def _asked(
        self,
        kind: type[T],
        method: str,
        path: str,
        body: object = None,
        **query: object,
    ) -> T:
        again = path != "/close-all"
        answer = await self._line.ask(method, path, query=plain(query), body=body, again=again)
        return decode(_said(answer), kind)

    async def _listed(self, kind: type[TT], path: str, limit: int, **query: str | None) -> Rows[TT]:
        items: list[msgspec.Raw] = []
        cursor: str | None = None
        while len(items) < limit:
            size = min(limit - len(items), _PAGE)
            page = await self._asked(_Page, "GET", path, limit=size, cursor=cursor, **query)
            items += page.items
            cursor = page.next
            if cursor is None:
                break
        return _rows(kind, items)


def _rows(kind: type[TT], items: list[msgspec.Raw]) -> Rows[TT]:
    return Rows(kind, [decode(one, kind) for one in items])


def _said(answer: bytes | Problem) -> bytes:
    if isinstance(answer, Problem):
        raise answer.fault()
    return answer


def _part(text: str) -> str:
    return quoted(text, safe="")
