"""The Expert Advisor and the real daemon, as a user starts it."""

from __future__ import annotations

import subprocess

import pytest

from tests.e2e.driving import daemon
from tests.mql4.conftest import EURUSD


def test_mt4_is_all_that_must_be_set(program, tmp_path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("FXPAPER_MT4", "true")
    monkeypatch.setenv("FXPAPER_SOURCES", "metatrader")
    with daemon(tmp_path / "d", "run") as (call, _):
        inputs = {"InpUrl": call.base.removesuffix("/api/v1"), "InpToken": call.token}
        folders = {"SHIM_FILES": str(tmp_path), "SHIM_BROKER": str(tmp_path / "broker")}
        chart = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=inputs | folders
        )
        assert chart.stdin is not None
        chart.stdin.write(f"{EURUSD}\n".encode())
        ticks = iter(range(10_000))

        def quoted(sources) -> bool:
            assert chart.stdin is not None
            chart.stdin.write(f"tick EURUSD.£ 1.1 1.1{next(ticks):04}\n".encode())
            chart.stdin.flush()
            (source,) = sources["items"]
            return source["state"] in {"live", "quiet"} and source["symbols"] == ["EURUSD"]

        try:
            call.until("/sources", quoted)
        finally:
            said, _ = chart.communicate(b"quit\n", timeout=20)
        assert "connected to http://127.0.0.1" in said.decode()
        assert chart.returncode == 0
    found = (tmp_path / "d" / "metatrader" / "specs").glob("*.json")
    assert [path.stem for path in found] == ["123-Demo-4"]
