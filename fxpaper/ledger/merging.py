"""What several events change together. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from fxpaper.domain.event import Recorded
from fxpaper.errors import IntegrityError
from fxpaper.ledger.changes import Change, Write
from fxpaper.ledger.projections import changes_of


def merged(events: Iterable[Recorded]) -> list[Change]:
    """Return what the events change together: at most one change for each row.

    Raises:
        IntegrityError: two events create the same thing.
    """
    changes: dict[tuple[str, tuple[str | int, ...]], Change] = {}
    for recorded in events:
        for change in changes_of(recorded):
            place = (change.table.name, change.key)
            earlier = changes.get(place)
            if earlier is not None:
                change = _joined(earlier, change, recorded)  # noqa: PLW2901
            changes[place] = change
    return list(changes.values())


def _joined(earlier: Change, later: Change, recorded: Recorded) -> Change:
    if later.write is Write.INSERT:
        name = " ".join(map(str, later.key))
        raise IntegrityError(
            f"Event {recorded.seq} of account {recorded.account} creates {name} in "
            f"{later.table.name}, which an event before it has created. Nothing was written."
        )
    return earlier._replace(cells=earlier.cells | later.cells)
