"""Starting a daemon from the command line."""

from __future__ import annotations

import asyncio
import signal as signals_of_the_system
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.progress import Progress

from fxpaper.aggregator.recording import Recording, read_recording
from fxpaper.alerting import rules_of_alerts
from fxpaper.app import Daemon
from fxpaper.config import read_settings
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.errors import FxpaperError
from fxpaper.from_settings import account_limits_of
from fxpaper.plan import Plan
from fxpaper.printing import CANNOT_START, WRONG_USE, Reported, err, fail, out
from fxpaper.profiles import read_profile


def plan_of(data_dir: Path, config: Path | None, port: int | None) -> Plan:
    """Return what a process is started for, by its settings."""
    with Reported():
        settings = read_settings(data_dir, config, {"port": port})
        rules_of_alerts(settings)
        directory = (config or data_dir / "x").parent
        profile = read_profile(settings.profile, directory)
        limits = account_limits_of(settings, directory)
    return Plan(settings=settings, profile=profile, data_dir=data_dir, account_limits=limits)


def with_recording(plan: Plan, quotes: Path | None, symbol: str | None, speed: str) -> Plan:
    """Return the plan with a recording to play, if there is one."""
    if quotes is None:
        return plan
    with Reported():
        recording = recording_of(quotes, plan.profile, symbol)
    return replace(plan, recording=recording, speed=_speed(speed))


def recording_of(quotes: Path, profile: BrokerProfile, symbol: str | None) -> Recording:
    """Read a recording, showing how far it is.

    Raises:
        InputError: it cannot be read.
    """
    with Progress(console=err, transient=True) as progress:
        task = progress.add_task(f"reading {quotes.name}", total=1.0)
        return read_recording(
            quotes, profile.instruments, symbol, lambda part: progress.update(task, completed=part)
        )


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        speed = float(text)
    except ValueError:
        speed = -1
    if not 0 < speed <= 1e6:  # noqa: PLR2004
        fail(f'--speed is a number such as 1 or 60, or max; not "{text}".', WRONG_USE)
    return speed


def start(plan: Plan) -> None:
    """Run a daemon until it is stopped; leave with a sentence when it cannot start."""
    try:
        plan.data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        fail(
            f"The data directory {plan.data_dir} cannot be made: {problem.strerror}.", CANNOT_START
        )
    daemon = Daemon(plan, lambda text: out.print(escape(text), soft_wrap=True))
    with Reported():
        try:
            asyncio.run(_until_stopped(daemon))
        except ExceptionGroup as group:
            ours, others = group.split(FxpaperError)
            if ours is None or others is not None:
                raise
            raise _first(ours) from None
    out.print("Stopped; everything is in the ledger.")


async def _until_stopped(daemon: Daemon) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signals_of_the_system.SIGINT, signals_of_the_system.SIGTERM):
        try:
            loop.add_signal_handler(number, stopped.set)
        except NotImplementedError:  # Windows
            signals_of_the_system.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
    async with asyncio.TaskGroup() as group:
        work = group.create_task(daemon.run())
        wait = group.create_task(stopped.wait())
        await asyncio.wait((work, wait), return_when=asyncio.FIRST_COMPLETED)
        work.cancel()
        wait.cancel()


def _first(group: ExceptionGroup[Any]) -> BaseException:
    problem: BaseException = group
    while isinstance(problem, ExceptionGroup):
        problem = problem.exceptions[0]
    return problem
