from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fxpaper.clock import ManualClock
from fxpaper.domain.event import AccountOpened
from fxpaper.ledger.ledger import Ledger
from fxpaper.web.hooks import Hook
from fxpaper.web.page_files import StaticPage
from fxpaper.web.server import WebServer, WebSettings
from tests.ledger import samples
from tests.ledger.samples import START
from tests.web.world import PausingShell, SmallAccount, SmallMarket


@dataclass
class Daemon:
    """A running server with everything around it."""

    server: WebServer
    account: SmallAccount
    market: SmallMarket
    shell: PausingShell
    clock: ManualClock
    trouble: list[str]
    http: aiohttp.ClientSession

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.port}"

    @property
    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.server.token}"}

    async def ask(
        self, method: str, path: str, **options
    ) -> tuple[int, dict[str, Any], aiohttp.ClientResponse]:
        """Send a request with the token; return status, JSON and the response."""
        headers = {**self.bearer, **options.pop("headers", {})}
        url = f"{self.url}/api/v1{path}"
        async with self.http.request(method, url, headers=headers, **options) as response:
            return response.status, await response.json(content_type=None), response

    async def allow(self) -> None:
        """Let the model "trend" execute."""
        status, _, _ = await self.ask("PUT", "/models/trend", json={"auto_execute": True})
        assert status == 200

    async def socket(self) -> aiohttp.ClientWebSocketResponse:
        """Open a socket with the token and take its welcome."""
        socket: aiohttp.ClientWebSocketResponse = await self.http.ws_connect(
            f"{self.url}/api/v1/ws", headers=self.bearer
        )
        assert (await socket.receive_json())["type"] == "welcome"
        return socket


@pytest.fixture
def page_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>fxpaper</title>")
    (folder / "assets" / "index-3f2a.js").write_text("export {}")
    (tmp_path / "secret.txt").write_text("outside of the page")
    return folder


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    ledger = Ledger(tmp_path / "ledger.db", new_epoch=lambda: "b81f")
    ledger.open()
    yield ledger
    ledger.close()


@pytest.fixture
def shell(ledger: Ledger) -> PausingShell:
    return PausingShell(ledger)


HOOKS = (
    Hook(name="chart", secret="path-secret-of-a-test", confidence="0.7"),  # noqa: S106
    Hook(name="desk", secret="key-of-a-test-0123456", signed=True, model="desk"),  # noqa: S106
)


@pytest.fixture
def quick_heart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make hearts beat fast; ask for it before the daemon."""
    monkeypatch.setattr("fxpaper.web.hub.HEARTBEAT_SECONDS", 0.01)


@pytest.fixture
async def daemon(shell: PausingShell, tmp_path: Path, page_folder: Path) -> AsyncIterator[Daemon]:
    market = SmallMarket()
    account = SmallAccount(shell, market)
    await account.record(AccountOpened(samples.account()))
    clock = ManualClock(START)
    trouble: list[str] = []
    server = WebServer(
        WebSettings(
            account="paper",
            data_directory=tmp_path,
            demo=True,
            hosts=("desk.lan",),
            hooks={hook.name: hook for hook in HOOKS},
        ),
        execution=account,
        market=market,
        ledger=shell,
        page=StaticPage(lambda: page_folder, lambda: ""),
        clock=clock,
        trouble=lambda: trouble[0] if trouble else None,
    )
    account.publish = server.hub.on_events
    await server.start("127.0.0.1", 0)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http:
        yield Daemon(server, account, market, shell, clock, trouble, http)
    await server.stop()
    await shell.close()
