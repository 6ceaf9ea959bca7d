"""What a process is started for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fxpaper.aggregator.recording import Recording
from fxpaper.config import Settings
from fxpaper.domain.instrument import BrokerProfile
from fxpaper.domain.limits import NO_LIMITS, Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a process is started for.

    Args:
        settings: read once.
        profile: the broker's rules.
        data_dir: where ledger, token and budgets are kept.
        demo: whether the sample model trades.
        simulated: whether prices are made up.
        recording: recorded quotes to play instead of asking sources.
        speed: of the recording; None as fast as possible.
        signals: a file of signals to watch, or None.
        seed: of the simulation.
        account_limits: what the accounts may lose.
    """

    settings: Settings
    profile: BrokerProfile
    data_dir: Path
    demo: bool = False
    simulated: bool = False
    recording: Recording | None = None
    speed: float | None = 1.0
    signals: Path | None = None
    seed: int = 7
    account_limits: Limits = NO_LIMITS
