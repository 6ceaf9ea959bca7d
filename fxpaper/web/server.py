"""The server: everything of this room put together behind one port."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Collection, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

from fxpaper.bridge.polling import Polls
from fxpaper.clock import Clock
from fxpaper.errors import ConfigurationError
from fxpaper.ledger.shell import LedgerShell
from fxpaper.web import openapi, ws
from fxpaper.web.auth import Guard
from fxpaper.web.edge import add_headers, edge
from fxpaper.web.equity import EquityRing
from fxpaper.web.hooks import Hook
from fxpaper.web.hub import Hub
from fxpaper.web.numbers import CONTENT_TYPE, Numbers
from fxpaper.web.page_files import StaticPage
from fxpaper.web.ports import Execution, Market
from fxpaper.web.rooms import ROOMS, Rooms, Seat
from fxpaper.web.routes import ROUTES
from fxpaper.web.routes.page import add_page_routes
from fxpaper.web.routing import BASE
from fxpaper.web.secrets_file import access_token, session_key

MAX_BODY_BYTES = 64 * 1024

_SAMPLE_SECONDS = 1.0
_SHUTDOWN_SECONDS = 2.0
_BACKLOG = 1024
_IN_USE = {errno.EADDRINUSE, getattr(errno, "WSAEADDRINUSE", errno.EADDRINUSE)}


def _no_trouble() -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class WebSettings:
    """What the server is told about itself.

    Args:
        account: the daemon's own account.
        data_directory: where token and session key are.
        demo: whether the daemon was started to be tried out.
        hosts: names beside this machine's own under which it may be addressed.
        hooks: doors for senders without a token, by name.
    """

    account: str
    data_directory: Path
    demo: bool = False
    hosts: Collection[str] = ()
    hooks: Mapping[str, Hook] = field(default_factory=dict)


class WebServer:
    """REST, WebSocket and page.

    Args:
        settings: what it is told about itself.
        execution: the account's one order of things.
        market: prices as they are known now.
        ledger: what happened.
        page: the built page.
        clock: the machine's, also where the market has a recording's.
        trouble: says in one sentence what is wrong; None while all is well.
        polls: takes those of MetaTrader 4; None where it is not awaited.
        accounts: each account by itself, by name, the daemon's own first; may be left out where
            there is that one only.

    Raises:
        ConfigurationError: token or session key cannot be used.
    """

    def __init__(  # noqa: PLR0913 - one for each room beside it
        self,
        settings: WebSettings,
        *,
        execution: Execution,
        market: Market,
        ledger: LedgerShell,
        page: StaticPage,
        clock: Clock,
        trouble: Callable[[], str | None] = _no_trouble,
        polls: Polls | None = None,
        accounts: Mapping[str, Execution] | None = None,
    ) -> None:
        self.port = 0
        """Where it listens; 0 before the start."""
        self.token = access_token(settings.data_directory)
        self.hub = Hub(settings.account, execution, market, ledger)
        self._host = ""
        self._numbers = Numbers(self.hub, market.sources)
        seats = {
            name: self._seat(one, of_hub=name == settings.account)
            for name, one in (accounts or {settings.account: execution}).items()
        }
        own = seats[settings.account]
        self._rooms = Rooms(
            account=settings.account,
            mode=own.mode,
            execution=execution,
            committed=own.committed,
            market=market,
            ledger=ledger,
            guard=Guard(self.token, session_key(settings.data_directory), clock, settings.hosts),
            hub=self.hub,
            equity=own.equity,
            page=page,
            clock=clock,
            started_at=clock.now(),
            demo=settings.demo,
            trouble=trouble,
            hooks=settings.hooks,
            polls=polls,
            seats=seats,
        )
        self._described = openapi.document(ROUTES)
        self._open = AsyncExitStack()

    async def start(self, host: str, port: int) -> None:
        """Listen and work in the background, until :meth:`stop`, which the same task calls.

        Args:
            host: address to listen on.
            port: to listen on; 0 for a free one.

        Raises:
            ConfigurationError: the address cannot be listened on.
        """
        async with AsyncExitStack() as opening:
            runner = web.AppRunner(
                self._application(), access_log=None, shutdown_timeout=_SHUTDOWN_SECONDS
            )
            await runner.setup()
            opening.push_async_callback(runner.cleanup)
            try:
                await web.TCPSite(runner, host, port, backlog=_BACKLOG).start()
            except OSError as problem:
                raise ConfigurationError(_cannot_listen(host, port, problem)) from None
            self._host, self.port = host, runner.addresses[0][1]
            self._rooms.guard.name_cookie(self.port)
            group = await opening.enter_async_context(asyncio.TaskGroup())
            tasks = [*self.hub.start(group), group.create_task(self._sample_equity())]
            opening.callback(_cancel, tasks)
            opening.callback(self.hub.say_goodbye)
            self._open = opening.pop_all()

    async def stop(self) -> None:
        """Say goodbye to sockets, finish requests and let go of the port."""
        await self._open.aclose()

    def new_link(self) -> str:
        """Return a one-time link that logs a browser on this machine in."""
        code, _ = self._rooms.guard.new_code()
        return f"{self.address}/login/{code}"

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the page."""
        everywhere = self._host in {"", "0.0.0.0", "::"}  # noqa: S104 - recognised, not bound
        name = "127.0.0.1" if everywhere else self._host
        return f"http://[{name}]:{self.port}" if ":" in name else f"http://{name}:{self.port}"

    def _application(self) -> web.Application:
        open_paths = {BASE + route.path for route in ROUTES if route.open}
        open_paths.add(BASE + openapi.PATH)
        application = web.Application(
            middlewares=[edge(self._rooms.guard, self._numbers, open_paths)],
            client_max_size=MAX_BODY_BYTES,
        )
        application[ROOMS] = self._rooms
        application.on_response_prepare.append(add_headers)
        router = application.router
        for route in ROUTES:
            router.add_route(route.method, BASE + route.path, route.serve)
        router.add_route("GET", BASE + openapi.PATH, self._document)
        router.add_route("GET", ws.PATH, ws.serve)
        router.add_route("GET", "/metrics", self._metrics)
        add_page_routes(router)
        return application

    async def _document(self, _: web.Request) -> web.Response:
        return web.Response(body=self._described, content_type="application/json")

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._numbers.text(), headers={"Content-Type": CONTENT_TYPE})

    def _seat(self, execution: Execution, *, of_hub: bool) -> Seat:
        """Return an account by itself; the hub knows the latest events of the daemon's own."""
        feed = self.hub.account
        return Seat(
            execution=execution,
            mode=execution.view().account.mode,
            equity=EquityRing(),
            committed=lambda: feed.committed if of_hub else execution.view().account.seq,
        )

    async def _sample_equity(self) -> None:
        rooms = self._rooms
        while True:
            now = rooms.market.now()
            for seat in rooms.seats.values():
                valuation = seat.execution.view().valuation
                seat.equity.sample(now, valuation.balance, valuation.equity)
            await asyncio.sleep(_SAMPLE_SECONDS)


def _cancel(tasks: list[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()


def _cannot_listen(host: str, port: int, problem: OSError) -> str:
    if problem.errno in _IN_USE:
        return (
            f"Port {port} is taken by another program. Start with --port {port + 1}, or stop the "
            "other one."
        )
    reason = problem.strerror or str(problem)
    return f"Cannot listen on {host} port {port}: {reason}. Change the settings host and port."
