"""The trigger book against the obvious way: look at every level."""

from hypothesis import given
from hypothesis import strategies as st

from fxpaper.engine.book import NEVER_ABOVE, NEVER_BELOW, Edge, TriggerBook

LEVELS = st.lists(st.tuples(st.sampled_from(Edge), st.integers(1, 60)), max_size=40)


def naive(levels, bid, ask):
    tests = {
        Edge.BID_FALLS: lambda price: bid <= price,
        Edge.BID_RISES: lambda price: bid >= price,
        Edge.ASK_FALLS: lambda price: ask <= price,
        Edge.ASK_RISES: lambda price: ask >= price,
    }
    return [key for key, (edge, price) in levels.items() if tests[edge](price)]


@given(LEVELS, st.data())
def test_crossed_is_what_looking_at_every_level_finds(levels, data):
    """Whatever was added and withdrawn, in whatever order; oldest first."""
    book = TriggerBook()
    tickets = {key: book.add(edge, price, key) for key, (edge, price) in enumerate(levels)}
    withdrawn = data.draw(st.sets(st.sampled_from(sorted(tickets))) if tickets else st.just(set()))
    for key in withdrawn:
        book.withdraw(tickets[key])
    left = {key: level for key, level in enumerate(levels) if key not in withdrawn}
    bid = data.draw(st.integers(0, 61))
    ask = bid + data.draw(st.integers(0, 10))
    expected = naive(left, bid, ask)
    assert book.crossed(bid, ask) == expected
    crosses_nothing = book.bid_low < bid < book.bid_high and book.ask_low < ask < book.ask_high
    assert crosses_nothing == (not expected)
    assert len(book) == len(left)


def test_an_empty_book_never_triggers():
    """Its four integers lie beyond every price."""
    book = TriggerBook()
    assert (book.bid_low, book.bid_high) == (NEVER_BELOW, NEVER_ABOVE)
    ticket = book.add(Edge.BID_FALLS, 5, "a")
    book.withdraw(ticket)
    book.withdraw(ticket)
    assert (book.bid_low, book.crossed(1, 1)) == (NEVER_BELOW, [])
