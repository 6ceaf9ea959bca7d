"""The idempotency rule: the same signal is taken once, whatever door it comes through twice."""

from __future__ import annotations

import hashlib

from fxpaper.domain.refusal import RefusalCode, Refused
from fxpaper.domain.signal import Signal, UnreadableSignal


def reused(signal: Signal, earlier: Signal) -> UnreadableSignal | None:
    """Return the refusal of a signal whose id belongs to another one; None for a true repeat.

    Args:
        signal: just received.
        earlier: the one that has the id.
    """
    if signal.digest == earlier.digest:
        return None
    text = (
        f'The id "{signal.id}" belongs to another signal: {earlier.side} {earlier.symbol} of model '
        f'"{earlier.model}". An id names one signal for ever; give this one its own.'
    )
    return UnreadableSignal(
        id=reused_id(signal),
        account=signal.account,
        given_id=signal.id,
        model=signal.model,
        symbol=signal.symbol,
        received_at=signal.received_at,
        door=signal.door,
        raw=f"{signal.side} {signal.symbol}, confidence {signal.confidence}",
        refusal=Refused(
            code=RefusalCode.SIGNAL_ID_REUSED, actual=signal.id, limit="a new id", text=text
        ),
    )


def reused_id(signal: Signal) -> str:
    """Return the id of the row that a signal gets whose own id belongs to another one."""
    place = f"{signal.digest}\n{signal.received_at}".encode()
    return f"x-{hashlib.sha256(place).hexdigest()[:16]}"


def unknown_account(signal: Signal, account: str, known: tuple[str, ...] = ()) -> UnreadableSignal:
    """Return the refusal of a signal for an account that this process does not have.

    Args:
        signal: just received.
        account: whose journal keeps it.
        known: names of every account, where there are others.
    """
    names = known or (account,)
    listed = " or ".join(f'"{name}"' for name in names)
    return UnreadableSignal(
        id=f"x-{signal.digest[:16]}",
        account=account,
        given_id=signal.id,
        model=signal.model,
        symbol=signal.symbol,
        received_at=signal.received_at,
        door=signal.door,
        raw=f"{signal.side} {signal.symbol} for account {signal.account}",
        refusal=Refused(
            code=RefusalCode.UNKNOWN_ACCOUNT,
            actual=signal.account,
            limit=", ".join(names),
            text=f'There is no account "{signal.account}" here; leave it out or name {listed}.',
        ),
    )
