"""Commits numbered batches and says so after each, until it is killed."""

import sys

from fxpaper.domain.event import Event, SignalDecided, SignalReceived
from fxpaper.ledger.ledger import Ledger
from tests.ledger import samples

EVENTS_IN_A_BATCH = 8


def batch(number: int, first: int) -> list[Event]:
    """Return four signals of model ``batch-NUMBER``, each decided."""
    arrivals: list[Event] = []
    for place in range(EVENTS_IN_A_BATCH // 2):
        id_ = f"{number}-{place}"
        arrivals.append(SignalReceived(samples.signal(id_, model=f"batch-{number}")))
        arrivals.append(SignalDecided(id_, samples.refusal(at=first)))
    return arrivals


def main(where: str) -> None:
    ledger = Ledger(where)
    ledger.open()
    if ledger.load("paper") is None:
        ledger.commit(samples.opened())
    while True:
        state = ledger.load("paper")
        assert state is not None
        number = (state.account.seq - 1) // EVENTS_IN_A_BATCH
        first = state.account.seq + 1
        ledger.commit(samples.recorded(batch(number, first), first))
        print(number, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
