"""What only a database server can do to a ledger."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text

from fxpaper.errors import ConfigurationError, TransientError
from fxpaper.ledger.ledger import Ledger
from tests.ledger import samples
from tests.postgres import Server


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.new_database()


def administer(url: str, statement: str) -> None:
    """Do something to the database as somebody else."""
    engine = create_engine("postgresql+psycopg" + url.removeprefix("postgresql"))
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_second_writer_is_refused_while_the_first_lives(url: str):
    """And may look."""
    ledger, second = Ledger(url), Ledger(url)
    ledger.open()
    ledger.commit(samples.opened())
    with pytest.raises(ConfigurationError, match="Another fxpaper is using the database"):
        second.open()
    looking = Ledger(url, read_only=True)
    looking.open()
    assert looking.account_ids() == ["paper"]
    looking.close()
    ledger.close()
    second.open()
    second.close()


def test_who_was_taken_over_writes_nothing_more(url: str):
    """A lost session lets another one in; the first finds its token gone."""
    first, second = Ledger(url), Ledger(url)
    first.open()
    first.commit(samples.opened())
    administer(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    )
    second.open()
    with pytest.raises(ConfigurationError, match="has taken over the database"):
        first.commit(samples.day()[1:3])
    second.commit(samples.day()[1:3])
    state = second.load("paper")
    assert state is not None
    assert state.account.seq == 3
    second.close()
    first.close()


def test_a_lost_connection_fails_one_commit_and_the_next_one_goes_through(url: str):
    """Nothing of the failed one was written."""
    ledger = Ledger(url)
    ledger.open()
    ledger.commit(samples.opened())
    administer(
        url,
        "CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END'",
    )
    administer(url, "CREATE TRIGGER lose BEFORE INSERT ON signals EXECUTE FUNCTION lose()")
    with pytest.raises(TransientError, match="Nothing was written"):
        ledger.commit(samples.day()[1:3])
    administer(url, "DROP TRIGGER lose ON signals")
    ledger.commit(samples.day()[1:3])
    state = ledger.load("paper")
    assert state is not None
    assert (state.account.seq, len(state.waiting)) == (3, 1)
    assert ledger.verify() == []
    ledger.close()


def test_a_server_that_is_not_there_is_named_without_the_password():
    """Host and database only."""
    ledger = Ledger("postgresql://me:secret@127.0.0.1:1/nowhere")
    with pytest.raises(TransientError) as caught:
        ledger.open()
    assert "127.0.0.1/nowhere cannot be reached" in str(caught.value)
    assert "secret" not in str(caught.value)
