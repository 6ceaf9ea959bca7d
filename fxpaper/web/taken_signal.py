"""A signal that was handed in just now, as its sender is shown it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from fxpaper.domain.account import Mode
from fxpaper.domain.refusal import Refused
from fxpaper.domain.signal import SignalStatus
from fxpaper.web.objects import Amount, Shown, SignalRecord
from fxpaper.web.ports import SignalAnswer
from fxpaper.web.problem import ProblemCode
from fxpaper.web.signal_views import signal_fields
from fxpaper.web.views import Instruments


class SignalElsewhere(Shown):
    """What came of a signal on another account; ``unavailable`` where it was not recorded."""

    account: str
    status: SignalStatus | Literal["unavailable"]
    code: str | None
    text: str | None
    lots: Amount | None
    duplicate: bool


class TakenSignal(SignalRecord):
    """A signal that was handed in, whether it had been before, and what others did with it."""

    duplicate: bool
    others: list[SignalElsewhere]


WaitsFor = Callable[[str, str], Refused | None]
"""Tells what a signal of an account waits for, by the names of both."""


def taken_signal(
    answer: SignalAnswer, instruments: Instruments, mode: Mode, waits_for: WaitsFor
) -> TakenSignal:
    """Show a signal that was handed in just now.

    Args:
        answer: what came of it.
        instruments: by symbol.
        mode: of the account that answers.
        waits_for: what a waiting signal waits for.
    """
    signal = answer.record.signal
    fields = signal_fields(answer.record, instruments, mode, waits_for(signal.account, signal.id))
    others = [_elsewhere(one.account, one.answer, waits_for) for one in answer.others]
    return TakenSignal.model_validate({**fields, "duplicate": answer.duplicate, "others": others})


def _elsewhere(account: str, answer: SignalAnswer | None, waits_for: WaitsFor) -> SignalElsewhere:
    if answer is None:
        return SignalElsewhere(
            account=account,
            status="unavailable",
            code=ProblemCode.UNAVAILABLE.value,
            text=f'Account "{account}" could not record it; send it again with its id.',
            lots=None,
            duplicate=False,
        )
    decision = answer.record.decision
    waits = None if decision is not None else waits_for(account, answer.record.signal.id)
    refusal = answer.reused or waits or (None if decision is None else decision.refusal)
    return SignalElsewhere(
        account=account,
        status=answer.record.status if answer.reused is None else SignalStatus.REFUSED,
        code=None if refusal is None else refusal.code.value,
        text=None if refusal is None else refusal.text,
        lots=None if decision is None or refusal is not None else decision.lots,
        duplicate=answer.duplicate,
    )
