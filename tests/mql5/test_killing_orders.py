"""Either side killed at every step of an order: never two for one id, none lost in silence."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fxpaper.domain.order import OrderState
from tests.mql5.conftest import ROOT, TOKEN
from tests.mql5.live_rig import live
from tests.mql5.test_orders import SYMBOL, quoting

OPENING_STEPS = 3
"""Of the journal when the Expert Advisor starts."""
EA_STEPS = range(OPENING_STEPS + 1, OPENING_STEPS + 9)
DAEMON_STEPS = range(1, 13)
SURE_STEPS = 8
"""So many there are at least; answer and deal may come together."""


def deals(folder: Path) -> int:
    """Count what the broker has booked."""
    books = folder / "broker"
    lines = books.read_text().splitlines() if books.exists() else []
    return sum(line.startswith("deal ") for line in lines)


@pytest.mark.parametrize("step", EA_STEPS)
async def test_the_terminal_dies_at_every_step_of_an_order(port, tmp_path, attach, step):
    given = {
        "InpAllowTrading": "true",
        "SHIM_FILES": str(tmp_path),
        "SHIM_BROKER": str(tmp_path / "broker"),
    }
    async with live(port, tmp_path, TOKEN) as rig:
        dying = attach(-signal.SIGKILL, SHIM_DIE_AT=str(step), **given)
        async with dying as chart, quoting(chart):
            await chart.say(SYMBOL)
            await rig.ready()
            await rig.until(rig.quoted)
            await rig.buy()
            await chart.shows("dies at step")
        async with attach(**given) as chart, quoting(chart):
            await chart.say(SYMBOL)
            await rig.until(rig.answers, 20)
            await rig.until(lambda: len(rig.positions()) == deals(tmp_path), 20)
            uncertain = [one.state is OrderState.UNCERTAIN for one in rig.orders()]
            assert deals(tmp_path) <= 1
            assert uncertain == ([] if deals(tmp_path) else [True])


async def test_an_order_is_found_at_the_broker_though_its_journal_is_lost(port, tmp_path, attach):
    given = {
        "InpAllowTrading": "true",
        "SHIM_FILES": str(tmp_path),
        "SHIM_BROKER": str(tmp_path / "broker"),
    }
    async with live(port, tmp_path, TOKEN) as rig:
        after_sending = str(OPENING_STEPS + 5)
        dying = attach(-signal.SIGKILL, SHIM_DIE_AT=after_sending, **given)
        async with dying as chart, quoting(chart):
            await chart.say(SYMBOL)
            await rig.ready()
            await rig.until(rig.quoted)
            await rig.buy()
            await chart.shows("after OrderSend")
        (tmp_path / "fxpaper-123.journal").unlink()
        async with attach(**given) as chart, quoting(chart):
            await chart.say(SYMBOL)
            await rig.until(rig.positions, 20)
            assert (rig.answers(), deals(tmp_path)) == (["done"], 1)


@pytest.mark.parametrize("step", DAEMON_STEPS)
async def test_the_daemon_dies_at_every_step_of_an_order(port, tmp_path, attach, step):
    given = {
        "InpAllowTrading": "true",
        "SHIM_FILES": str(tmp_path),
        "SHIM_BROKER": str(tmp_path / "broker"),
    }
    async with attach(**given) as chart, quoting(chart):
        await chart.say(SYMBOL)
        code, said = await daemon(port, tmp_path, step)
        died = code == -signal.SIGKILL
        assert died or (code, step > SURE_STEPS) == (0, True)
        code, said = await daemon(port, tmp_path, 0)
        assert code == 0, said
        settled = said.strip().splitlines()[-1].split()
        booked = deals(tmp_path)
        assert booked <= 1
        assert settled[:2] == ["settled", str(booked)]
        assert len([line for line in chart.shown if "OrderSend" in line]) == booked


async def daemon(port: int, folder: Path, step: int) -> tuple[int | None, str]:
    """Run a daemon until it has settled what there was, or died."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.mql5.dying_daemon",
        str(port),
        str(folder),
        TOKEN,
        cwd=ROOT,
        env={"DIE_AT": str(step), "PATH": "/usr/bin:/bin"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        async with asyncio.timeout(40):
            said, _ = await process.communicate()
    except TimeoutError:
        process.kill()
        said, _ = await process.communicate()
        raise AssertionError(said.decode()) from None
    return process.returncode, said.decode()
