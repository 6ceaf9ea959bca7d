"""The built page and its guards."""

from __future__ import annotations

from pathlib import Path

import pytest
from yarl import URL

from tests.web.conftest import Daemon

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)


async def test_the_page_is_for_who_is_logged_in(daemon: Daemon):
    async with daemon.http.get(daemon.url + "/") as response:
        assert (response.status, response.content_type) == (401, "text/html")
        text = await response.text()
    assert "fxpaper link" in text
    assert "style" not in text
    async with daemon.http.get(daemon.server.new_link()) as response:
        assert response.status == 200
        assert str(response.url) == daemon.url + "/"
        assert await response.text() == "<!doctype html><title>fxpaper</title>"
        assert response.headers["Cache-Control"] == "no-cache"


async def test_hashed_assets_are_kept_for_ever(daemon: Daemon):
    async with daemon.http.get(f"{daemon.url}/assets/index-3f2a.js") as response:
        assert response.status == 200
        assert response.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
        assert await response.text() == "export {}"


@pytest.mark.parametrize(
    "path", ["/", "/assets/index-3f2a.js", "/nothing", "/api/v1/health", "/login/x"]
)
async def test_every_answer_carries_the_policy(daemon: Daemon, path: str):
    async with daemon.http.get(daemon.url + path) as response:
        assert response.headers["Content-Security-Policy"] == POLICY
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "path", ["/../secret.txt", "/%2e%2e/secret.txt", "/assets/..%2f..%2fsecret.txt", "/assets"]
)
async def test_nothing_beside_the_page_is_served(daemon: Daemon, path: str):
    async with daemon.http.get(URL(daemon.url + path, encoded=True)) as response:
        assert response.status == 404
        assert "outside" not in await response.text()


async def test_a_missing_page_says_why_and_the_api_works(daemon: Daemon):
    rooms = daemon.server._rooms
    missing = type(rooms.page)(lambda: None, lambda: "Node was not found; install it & build.")
    object.__setattr__(rooms, "page", missing)
    async with daemon.http.get(daemon.server.new_link()) as response:
        assert response.status == 503
        assert "Node was not found; install it &amp; build." in await response.text()
    async with daemon.http.get(f"{daemon.url}/assets/x.js") as response:
        assert response.status == 503
        assert (await response.json(content_type=None))["code"] == "unavailable"
    assert (await daemon.ask("GET", "/account"))[0] == 200


async def test_a_link_out_of_the_folder_is_not_followed(daemon: Daemon, page_folder: Path):
    (page_folder / "leak.txt").symlink_to(page_folder.parent / "secret.txt")
    async with daemon.http.get(f"{daemon.url}/leak.txt") as response:
        assert response.status == 404
