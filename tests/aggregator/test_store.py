"""Opening the store: what is wrong is said with the way out, and never with the password."""

from __future__ import annotations

import asyncio

import pytest

from fxpaper.aggregator.store import open_store
from fxpaper.errors import ConfigurationError, TransientError


async def test_an_unreachable_server_is_named_without_its_password(tmp_path):
    with pytest.raises(ConfigurationError) as caught:
        await open_store("redis://fx:secret@127.0.0.1:1/0", tmp_path)
    assert "No Redis answers at redis://127.0.0.1:1/0" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "remove redis_url" in str(caught.value)


async def test_an_address_that_is_none_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match=r'redis_url "nowhere" is not an address'):
        await open_store("nowhere", tmp_path)


async def test_a_damaged_file_says_what_deleting_it_means(tmp_path):
    (tmp_path / "budgets.json").write_text('{"budget:')
    with pytest.raises(ConfigurationError, match=r"budgets\.json is damaged\. Delete it"):
        await open_store(None, tmp_path)


async def test_a_file_that_cannot_be_written_is_a_passing_fault(tmp_path):
    folder = tmp_path / "gone"
    folder.mkdir()
    store = await open_store(None, folder)
    folder.rmdir()
    await store.client.hset("budget:yahoo", "day_used", "1")
    with pytest.raises(TransientError, match="cannot be written"):
        await store.keep("budget:yahoo")
    await store.close()


async def test_a_cancellation_is_never_lost_in_the_store(store):
    """At whatever moment of a command it comes."""

    async def use() -> None:
        while True:
            await store.ask(store.client.hset("budget:yahoo", "day_used", "1"))

    for turns in range(40):
        using = asyncio.get_running_loop().create_task(use())
        for _ in range(turns):
            await asyncio.sleep(0)
        using.cancel()
        await asyncio.wait([using], timeout=1)
        assert using.cancelled()


async def test_only_an_embedded_store_writes_a_file(store, tmp_path):
    await store.client.hset("budget:yahoo", "day_used", "1")
    await store.keep("budget:yahoo")
    assert (tmp_path / "budgets.json").exists() is store.embedded
