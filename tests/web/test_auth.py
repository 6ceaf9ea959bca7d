"""Who may come in, under which name, and from which page."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from fxpaper.clock import ManualClock
from fxpaper.domain.instant import NS_PER_SECOND
from fxpaper.errors import ConfigurationError
from fxpaper.web.auth import Guard
from fxpaper.web.page_files import StaticPage
from fxpaper.web.secrets_file import access_token, session_key
from fxpaper.web.server import WebServer, WebSettings
from tests.ledger.samples import START
from tests.web.conftest import Daemon

DAY = 24 * 3600 * NS_PER_SECOND
STAY: dict[str, Any] = {"allow_redirects": False}
JSON = {"Content-Type": "application/json"}


async def _log_in(daemon: Daemon) -> aiohttp.ClientResponse:
    async with daemon.http.get(daemon.server.new_link(), allow_redirects=False) as response:
        return response


async def _put(daemon: Daemon, **headers: str) -> tuple[int, str]:
    """Change a model with the session cookie only."""
    url = f"{daemon.url}/api/v1/models/trend"
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    async with daemon.http.put(url, data=b'{"auto_execute": true}', headers=given) as response:
        return response.status, (await response.json(content_type=None)).get("code", "")


def test_the_token_is_made_once_and_only_its_owner_reads_it(tmp_path: Path):
    token = access_token(tmp_path)
    assert token.startswith("fxp_")
    assert len(token) == 4 + 43
    if os.name == "posix":
        assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600
    assert access_token(tmp_path) == token
    assert (tmp_path / "token").read_text().strip() == token


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_token_that_others_could_read_is_closed_to_them(tmp_path: Path):
    access_token(tmp_path)
    (tmp_path / "token").chmod(0o644)
    access_token(tmp_path)
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "password", "fxp_a b", "fxp_ä"])
def test_a_file_without_a_token_is_told_by_name(tmp_path: Path, text: str):
    (tmp_path / "token").write_text(text)
    with pytest.raises(ConfigurationError, match=r"token holds no token.*Delete the file"):
        access_token(tmp_path)


def test_a_file_without_a_key_is_told_by_name(tmp_path: Path):
    assert session_key(tmp_path) == session_key(tmp_path)
    (tmp_path / "session-key").write_text("abcd")
    with pytest.raises(ConfigurationError, match=r"session-key holds no key of 32 bytes"):
        session_key(tmp_path)


def test_a_data_directory_that_does_not_exist_is_told(tmp_path: Path):
    with pytest.raises(ConfigurationError, match=r"Cannot use .*token.*--data-dir"):
        access_token(tmp_path / "none")


@pytest.mark.parametrize(
    "given", ["", "Bearer", "Bearer ", "Bearer fxp_", "Basic fxp_x", "Bearer fxp_ä"]
)
async def test_a_wrong_token_is_no_token(daemon: Daemon, given: str):
    headers = {"Authorization": given}
    async with daemon.http.get(f"{daemon.url}/api/v1/account", headers=headers) as response:
        assert response.status == 401


async def test_the_scheme_is_written_in_any_case(daemon: Daemon):
    headers = {"Authorization": f"bearer {daemon.server.token}"}
    async with daemon.http.get(f"{daemon.url}/api/v1/account", headers=headers) as response:
        assert response.status == 200


async def test_a_link_logs_in_once(daemon: Daemon):
    link = daemon.server.new_link()
    async with daemon.http.get(link, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/")
        cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"fxpaper_session_{daemon.server.port}=")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} <= set(cookie.split("; "))
    async with daemon.http.get(f"{daemon.url}/api/v1/account") as response:
        assert response.status == 200
    async with aiohttp.ClientSession() as stranger, stranger.get(link, **STAY) as response:
        assert response.status == 401
        assert "fxpaper link" in await response.text()
        assert "Set-Cookie" not in response.headers


async def test_a_used_link_is_no_obstacle_for_who_is_logged_in(daemon: Daemon):
    link = daemon.server.new_link()
    for _ in range(2):
        async with daemon.http.get(link, allow_redirects=False) as response:
            assert response.status == 303


async def test_looking_at_a_link_does_not_use_it_up(daemon: Daemon):
    link = daemon.server.new_link()
    async with daemon.http.head(link) as response:
        assert response.status == 405
    async with daemon.http.get(link, allow_redirects=False) as response:
        assert response.status == 303


async def test_a_link_is_good_for_ten_minutes(daemon: Daemon):
    early, late = daemon.server.new_link(), daemon.server.new_link()
    daemon.clock.move_to(START + 600 * NS_PER_SECOND - 1)
    async with daemon.http.get(early, allow_redirects=False) as response:
        assert response.status == 303
    daemon.clock.move_to(START + 600 * NS_PER_SECOND)
    async with aiohttp.ClientSession() as other, other.get(late, **STAY) as response:
        assert response.status == 401


async def test_programs_make_links(daemon: Daemon):
    status, link, _ = await daemon.ask("POST", "/links")
    assert status == 201
    assert link["url"].startswith(f"{daemon.url}/login/")
    assert link["expires_at"] == "2026-09-21T14:23:20.000000Z"
    async with daemon.http.get(link["url"], allow_redirects=False) as response:
        assert response.status == 303


async def test_a_session_lasts_thirty_days(daemon: Daemon):
    await _log_in(daemon)
    url = f"{daemon.url}/api/v1/account"
    daemon.clock.move_to(START + 30 * DAY - NS_PER_SECOND)
    async with daemon.http.get(url) as response:
        assert response.status == 200
    daemon.clock.move_to(START + 30 * DAY)
    async with daemon.http.get(url) as response:
        assert response.status == 401


async def test_a_session_survives_a_restart_of_the_daemon(daemon: Daemon, tmp_path: Path):
    await _log_in(daemon)
    port = daemon.server.port
    await daemon.server.stop()
    again = WebServer(
        WebSettings(account="paper", data_directory=tmp_path),
        execution=daemon.account,
        market=daemon.market,
        ledger=daemon.shell,
        page=StaticPage(lambda: None, lambda: ""),
        clock=daemon.clock,
    )
    await again.start("127.0.0.1", port)
    async with daemon.http.get(f"{daemon.url}/api/v1/account") as response:
        assert response.status == 200
    await again.stop()


@pytest.mark.parametrize(
    "cookie",
    ["", ".", "..", "9999999999.x.", "9999999999.nonce.deadbeef", "x.y.z", "ä.ä.ä", "1" * 5000],
)
async def test_a_made_up_session_is_none(daemon: Daemon, cookie: str):
    name = f"fxpaper_session_{daemon.server.port}"
    headers = {"Cookie": f"{name}={cookie}"}
    async with daemon.http.get(f"{daemon.url}/api/v1/account", headers=headers) as response:
        assert response.status == 401


def test_a_session_is_worthless_with_another_key():
    clock = ManualClock(START)
    session = Guard("fxp_x", b"a" * 32, clock).new_session()

    class Asked:
        cookies = {"fxpaper_session": session}  # noqa: RUF012

    assert Guard("fxp_x", b"a" * 32, clock).has_session(Asked())  # type: ignore[arg-type]
    assert not Guard("fxp_x", b"b" * 32, clock).has_session(Asked())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({"Origin": "own"} | JSON, 200, "", id="its own page"),
        pytest.param({"Sec-Fetch-Site": "same-origin"} | JSON, 200, "", id="as the browser says"),
        pytest.param({"Origin": "http://evil.example"} | JSON, 403, "foreign_origin", id="foreign"),
        pytest.param({"Origin": "null"} | JSON, 403, "foreign_origin", id="hidden"),
        pytest.param({"Origin": "http://127.0.0.1:1"} | JSON, 403, "foreign_origin", id="port"),
        pytest.param({"Sec-Fetch-Site": "same-site"} | JSON, 403, "foreign_origin", id="site"),
        pytest.param(
            {"Origin": "own", "Sec-Fetch-Site": "cross-site"} | JSON,
            403,
            "foreign_origin",
            id="contradiction",
        ),
        pytest.param(JSON, 403, "foreign_origin", id="does not say"),
        pytest.param({"Origin": "own"}, 415, "unsupported_media_type", id="no type"),
        pytest.param(
            {"Origin": "own", "Content-Type": "text/plain"},
            415,
            "unsupported_media_type",
            id="a form's type",
        ),
    ],
)
async def test_a_session_changes_things_from_its_own_page_only(
    daemon: Daemon, headers: dict[str, str], status: int, code: str
):
    await _log_in(daemon)
    if headers.get("Origin") == "own":
        headers = headers | {"Origin": daemon.url}
    assert await _put(daemon, **headers) == (status, code)
    assert len(daemon.account.policies()) == (status == 200)


async def test_a_foreign_page_with_the_token_is_still_foreign(daemon: Daemon):
    headers = {"Origin": "http://evil.example"}
    status, problem, _ = await daemon.ask("POST", "/links", headers=headers)
    assert (status, problem["code"]) == (403, "foreign_origin")


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8765", 200),
        ("localhost", 200),
        ("LOCALHOST.:1", 200),
        ("[::1]:8765", 200),
        ("desk.lan:8765", 200),
        ("evil.example", 403),
        ("127.0.0.1.evil.example:8765", 403),
        ("[::2]", 403),
        ("", 403),
    ],
)
async def test_the_daemon_answers_to_its_own_names_only(daemon: Daemon, host: str, status: int):
    for path in ("/api/v1/health", "/assets/index-3f2a.js"):
        headers = {"Host": host}
        async with daemon.http.get(daemon.url + path, headers=headers) as response:
            assert response.status == status
            if status == 403:
                assert (await response.json(content_type=None))["code"] == "foreign_host"


async def test_a_taken_port_is_told_with_a_way_out(daemon: Daemon, tmp_path: Path):
    other = WebServer(
        WebSettings(account="paper", data_directory=tmp_path),
        execution=daemon.account,
        market=daemon.market,
        ledger=daemon.shell,
        page=StaticPage(lambda: None, lambda: ""),
        clock=daemon.clock,
    )
    port = daemon.server.port
    with pytest.raises(ConfigurationError) as caught:
        await other.start("127.0.0.1", port)
    assert str(caught.value) == (
        f"Port {port} is taken by another program. Start with --port {port + 1}, or stop the "
        "other one."
    )
    with pytest.raises(ConfigurationError, match=r"Cannot listen on 192\.0\.2\.1 port 0: "):
        await other.start("192.0.2.1", 0)
