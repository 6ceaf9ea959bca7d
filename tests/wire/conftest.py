"""Local servers that speak the providers' wire formats, for the real SDKs."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import trustme
import yfinance
from aiohttp import web
from curl_cffi import CurlOpt, ffi, lib, requests

from fxpaper.aggregator.budget import Budget, Limits
from fxpaper.aggregator.registry import Setup, plans
from fxpaper.aggregator.store import open_store
from fxpaper.clock import ManualClock
from fxpaper.domain.instant import parse_instant
from fxpaper.profiles import read_profile

NOW = parse_instant("2026-11-18T12:00:30Z")
PLANS = {
    **plans(),
    "yahoo": Limits(per_minute=60),
    "finnhub": Limits(per_minute=60),
    "oanda": Limits(),
    "alpha_vantage": Limits(per_day=25, midnight="America/New_York"),
}
"""Without the pauses between calls, which the clock of these tests would not let pass."""


@pytest.fixture(scope="session")
def instruments():
    return read_profile("standard").instruments


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
async def budget(tmp_path, clock) -> AsyncIterator[Budget]:
    store = await open_store(None, tmp_path)
    yield Budget(store, PLANS, clock.now)
    await store.close()


@pytest.fixture
def setup(instruments, clock, budget) -> Setup:
    return Setup(instruments=instruments, clock=clock, budget=budget)


class Provider:
    """A provider whose answers a test decides.

    Attributes:
        answers: makes the answer of a path; a path without one is a 404.
        seen: every request that came, as it came.
    """

    def __init__(self) -> None:
        self.answers: dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]] = {}
        self.seen: list[web.Request] = []
        self.base = ""

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        maker = self.answers.get(request.path)
        return web.Response(status=404) if maker is None else await maker(request)

    def says(self, path: str, body: Any, status: int = 200, **headers: str) -> None:
        """Answer a path with text, or with JSON, from now on."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        async def make(_: web.Request) -> web.Response:
            if isinstance(body, str):
                return web.Response(text=body, status=status, headers=named)
            return web.json_response(body, status=status, headers=named)

        self.answers[path] = make


@pytest.fixture
async def serve() -> AsyncIterator[Callable[..., Awaitable[Provider]]]:
    """Start a provider on a free port, with TLS when given a context."""
    runners = []

    async def start(tls: ssl.SSLContext | None = None) -> Provider:
        provider = Provider()
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", provider.answer)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.2)
        await runner.setup()
        listening = socket.socket()
        listening.bind(("127.0.0.1", 0))
        await web.SockSite(runner, listening, ssl_context=tls).start()
        scheme = "http" if tls is None else "https"
        provider.base = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"
        runners.append(runner)
        return provider

    yield start
    for runner in runners:
        await hung_up(runner)
        await runner.cleanup()


async def hung_up(runner: web.AppRunner) -> None:
    """Return when the other side has closed every connection."""
    async with asyncio.timeout(5):
        while runner.server is not None and runner.server.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.001)


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    """Return a throw-away certificate authority, its file, and a server context for Yahoo."""
    ca = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ca.issue_cert("*.finance.yahoo.com", "*.yahoo.com").configure_cert(context)
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    ca.cert_pem.write_to_path(str(path))
    return path, context


@pytest.fixture(scope="session", autouse=True)
def own_yahoo_cache(tmp_path_factory):
    """Keep yfinance's cookies and time zones out of the home directory."""
    yfinance.set_tz_cache_location(str(tmp_path_factory.mktemp("yahoo")))


@pytest.fixture
async def yahoo(serve, authority) -> AsyncIterator[tuple[Provider, Any]]:
    """Start Yahoo with its real names and TLS; the session leads every host to it."""
    path, context = authority
    provider = await serve(context)
    port = provider.base.rpartition(":")[2]
    hosts = lib.curl_slist_append(ffi.NULL, f"::127.0.0.1:{port}".encode())
    session: Any = requests.Session(impersonate="chrome", curl_options={CurlOpt.CONNECT_TO: hosts})
    session.verify = str(path)
    provider.says("/", "", Set_Cookie="A3=d=x; Domain=.yahoo.com; Path=/; Max-Age=31536000")
    provider.says("/v1/test/getcrumb", "crumb")
    yield provider, session
    await asyncio.to_thread(session.close)


@pytest.fixture(autouse=True)
def forgetful_yahoo():
    """Forget what yfinance remembers of earlier answers: it keeps broken ones too."""
    yfinance.data.YfData.cache_get.cache_clear()
