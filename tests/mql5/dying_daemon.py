"""A daemon with a live account that buys once, and dies at the step it is told, as by kill -9."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fxpaper.bridge.live_line import LiveLine
from fxpaper.ledger.ledger import Ledger
from fxpaper.worker.execution import ExecutionWorker
from tests.mql5.live_rig import live

STEPS = {"buying": False, "passed": 0}
DIE_AT = int(os.environ.get("DIE_AT", "0"))


def step(what: str) -> None:
    if not STEPS["buying"]:
        return
    STEPS["passed"] += 1
    if STEPS["passed"] == DIE_AT:
        print(f"dies {what}", flush=True)
        os.kill(os.getpid(), signal.SIGKILL)


def stepped(owner: Any, name: str) -> None:
    """Let a method be a step before and after."""
    inner: Callable[..., Any] = getattr(owner, name)

    def around(*args: Any, **given: Any) -> Any:
        step(f"before {name}")
        answer = inner(*args, **given)
        step(f"after {name}")
        return answer

    setattr(owner, name, around)


async def main(port: int, folder: Path, token: str) -> None:
    stepped(Ledger, "commit")
    stepped(LiveLine, "send")
    stepped(ExecutionWorker, "hear")
    async with live(port, folder, token) as rig:
        await rig.ready()
        await rig.until(rig.quoted)
        bought = await rig.ledger.read(lambda one: one.orders("real", 1))
        if not bought.items:
            STEPS["buying"] = True
            await rig.buy()
            await rig.until(rig.positions)
            STEPS["buying"] = False
        else:
            # What was asked for before is settled when nothing waits for an answer.
            await rig.until(lambda: not rig.waits_for_an_answer())
            await asyncio.sleep(0.5)
        print("settled", len(rig.positions()), *(one.state for one in rig.orders()), flush=True)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
