"""Lists come newest first, in parts that fit together whatever is added meanwhile."""

import pytest

from fxpaper.domain.event import Event, SignalDecided, SignalReceived, SignalUnreadable
from fxpaper.domain.signal import SignalStatus
from fxpaper.errors import InputError
from fxpaper.ledger.ledger import Ledger
from tests.ledger import samples


@pytest.fixture
def journal(ledger: Ledger) -> Ledger:
    """Signals s2 to s8, the odd ones carry's in USDJPY; s8 refused; then an unreadable u-10."""
    arrivals: list[Event] = [
        SignalReceived(samples.signal(f"s{i}", model="carry", symbol="USDJPY"))
        if i % 2
        else SignalReceived(samples.signal(f"s{i}"))
        for i in range(2, 9)
    ]
    arrivals += [
        SignalDecided("s8", samples.refusal()),
        SignalUnreadable(samples.unreadable("u-10", model="trend")),
    ]
    ledger.commit(samples.opened() + samples.recorded(arrivals, first=2))
    return ledger


def _ids(ledger: Ledger, limit: int, cursor: str | None = None, **filters) -> list[str]:
    return [r.signal.id for r in ledger.signals("paper", limit, cursor, **filters).items]


def test_the_journal_is_newest_first(journal: Ledger):
    assert _ids(journal, 100) == ["u-10", "s8", "s7", "s6", "s5", "s4", "s3", "s2"]


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        pytest.param({"model": "carry"}, ["s7", "s5", "s3"], id="model"),
        pytest.param({"symbol": "USDJPY"}, ["s7", "s5", "s3"], id="symbol"),
        pytest.param({"status": SignalStatus.REFUSED}, ["u-10", "s8"], id="status"),
        pytest.param(
            {"model": "trend", "symbol": "EURUSD", "status": SignalStatus.WAITING},
            ["s6", "s4", "s2"],
            id="all three",
        ),
        pytest.param({"model": "nobody"}, [], id="unknown"),
    ],
)
def test_the_journal_is_filtered(journal: Ledger, filters, ids: list[str]):
    assert _ids(journal, 100, **filters) == ids


def test_a_filtered_list_goes_on_in_parts(journal: Ledger):
    first = journal.signals("paper", 2, model="carry")
    assert [record.signal.id for record in first.items] == ["s7", "s5"]
    assert _ids(journal, 2, first.next, model="carry") == ["s3"]


@pytest.mark.parametrize("limit", [1, 3, 7, 8])
def test_parts_make_the_whole_while_rows_are_added(journal: Ledger, limit: int):
    seen: list[str] = []
    cursor, added = None, 10
    while True:
        page = journal.signals("paper", limit, cursor)
        seen += [record.signal.id for record in page.items]
        added += 1
        new: list[Event] = [SignalReceived(samples.signal(f"new{added}"))]
        journal.commit(samples.recorded(new, first=added))
        if page.next is None:
            break
        cursor = page.next
    assert seen == ["u-10", "s8", "s7", "s6", "s5", "s4", "s3", "s2"]


@pytest.mark.parametrize(
    ("limit", "more"), [pytest.param(7, True, id="one left"), pytest.param(8, False, id="all")]
)
def test_the_last_part_says_that_it_is_the_last(journal: Ledger, limit: int, more: bool):  # noqa: FBT001
    assert (journal.signals("paper", limit).next is not None) is more


def test_orders_and_deals_come_in_parts(ledger: Ledger):
    ledger.commit(samples.day())
    newest = ledger.deals("paper", 1)
    assert [deal.id for deal in newest.items] == ["d-13"]
    older = ledger.deals("paper", 1, newest.next)
    assert ([deal.id for deal in older.items], older.next) == (["d-6"], None)
    orders = ledger.orders("paper", 1)
    assert ([order.id for order in orders.items], orders.next) == (["o-4"], None)


@pytest.mark.parametrize(
    "cursor", ["", "5", "before-", "before--1", "before-x", "before-1 ", "before-٣", "after-1"]
)
def test_an_unknown_cursor_is_refused_by_value(ledger: Ledger, cursor: str):
    with pytest.raises(InputError, match="Unknown cursor"):
        ledger.signals("paper", 10, cursor)
    with pytest.raises(InputError, match="Unknown cursor"):
        ledger.deals("paper", 10, cursor)


def test_a_page_has_room_for_one_at_least(ledger: Ledger):
    with pytest.raises(InputError, match="limit 0 is too small"):
        ledger.orders("paper", 0)
