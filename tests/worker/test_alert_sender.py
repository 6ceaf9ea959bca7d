"""The alert sender over the real ledger, the real outbox and real HTTP."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from fxpaper.clock import ManualClock, SystemClock
from fxpaper.domain.alert import Alert, AlertKind, Tone
from fxpaper.errors import ConfigurationError
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.worker.alert_outbox import AlertOutbox
from fxpaper.worker.alert_rules import AlertRule, Bundle, Patience, routed
from fxpaper.worker.alert_sender import AlertSender, Whose
from fxpaper.worker.alert_targets import AppriseTarget, PageTarget, Target, blotted, secrets_in
from tests.ledger import samples
from tests.ledger.samples import START

MS = 1_000_000
SECRET = "bot-token-of-a-test-4711"  # noqa: S105
QUICK = Patience(waits_ns=(20 * MS, 20 * MS))
TWO = (
    "2 alerts:\n- Bought 0.40 EURUSD at 1.08253 (trend).\n"
    "- Closed 0.40 EURUSD at 1.08253 (take profit): +197.20 USD, +2.00 R."
)
WHOSE = Whose("paper", "fxpaper paper", "USD")


class Receiver:
    """A real server that takes Apprise's JSON, or fails as often as it is told to."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, str]] = []
        self.attempts = 0
        self.fail = 0
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        self.attempts += 1
        if self.fail > 0:
            self.fail -= 1
            return web.Response(status=500)
        body = await request.json()
        self.messages.append((body["title"], body["message"]))
        return web.Response()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    application = web.Application()
    application.router.add_post("/{path:.*}", receiver.take)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    receiver.address = f"json://127.0.0.1:{runner.addresses[0][1]}/{SECRET}"
    yield receiver
    await runner.cleanup()


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture
async def shell(tmp_path: Path) -> AsyncIterator[LedgerShell]:
    ledger = Ledger(tmp_path / "ledger.db", new_epoch=lambda: "b81f")
    ledger.open()
    shell = LedgerShell(ledger)
    yield shell
    await shell.close()


def every(kinds: str, seconds: float = 0, to: str = "phone") -> AlertRule:
    on = frozenset(AlertKind(one) for one in kinds.split())
    return AlertRule(on=on, to=(to,), every_ns=round(seconds * 1000) * MS)


@asynccontextmanager
async def sending(
    shell: LedgerShell,
    directory: Path,
    targets: dict[str, Target],
    rules: Sequence[AlertRule],
    patience: Patience = QUICK,
    first: int = 0,
) -> AsyncIterator[AlertSender]:
    """Run a sender until the block ends; it is cancelled in the middle of whatever it does."""
    sender = AlertSender(
        WHOSE,
        ledger=shell,
        outbox=AlertOutbox(directory),
        rules=rules,
        targets=targets,
        clocks=(SystemClock(), ManualClock(START)),
        patience=patience,
    )
    await sender.open(first)
    async with asyncio.TaskGroup() as group:
        task = group.create_task(sender.run())
        yield sender
        task.cancel()


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)


def all_told(directory: Path) -> bool:
    with closing(sqlite3.connect(directory / "alerts.db")) as outbox:
        return bool(outbox.execute("SELECT count(*) FROM waiting").fetchone() == (0,))


def sold(text: str = "Sold.") -> Alert:
    return Alert(kind=AlertKind.DEAL, at=START, text=text)


async def test_an_alert_reaches_a_phone_that_fails_twice_with_no_secret_in_the_log(
    shell, tmp_path, receiver, threads
):
    receiver.fail = 2
    phone = AppriseTarget("phone", receiver.address, threads)
    with capture_logs() as logged:
        async with sending(shell, tmp_path, {"phone": phone}, [every("deal")]) as sender:
            sender.tell([sold()])
            await until(lambda: bool(receiver.messages))
    assert receiver.messages == [("fxpaper paper", "Sold.")]
    assert [(one["event"], one["attempt"]) for one in logged] == [
        ("alert_not_sent", 1),
        ("alert_not_sent", 2),
    ]
    assert "500" in logged[0]["problem"]
    assert SECRET not in str(logged)
    assert receiver.address.removeprefix("json://") not in str(logged)


async def test_what_cannot_be_sent_is_given_up_and_the_page_is_told(
    shell, tmp_path, receiver, threads
):
    receiver.fail = 99
    shown: list[tuple[str, str]] = []
    page = PageTarget(lambda bundle, _: shown.append((bundle.tone, bundle.text)))
    phone = AppriseTarget("phone", receiver.address, threads)
    targets: dict[str, Target] = {"phone": phone, "page": page}
    async with sending(shell, tmp_path, targets, [every("deal")]) as sender:
        sender.tell([sold()])
        await until(lambda: bool(shown))
        # The waits of QUICK are two, so three attempts.
        assert receiver.attempts == 3
    [(tone, text)] = shown
    assert tone == "bad"
    assert text.startswith("An alert to phone could not be delivered, however often it was tried: ")
    assert SECRET not in text


async def test_the_first_is_told_at_once_and_those_that_follow_together(
    shell, tmp_path, receiver, threads
):
    phone = AppriseTarget("phone", receiver.address, threads)
    async with sending(shell, tmp_path, {"phone": phone}, [every("deal", 0.4)]) as sender:
        sender.tell([sold("A.")])
        await until(lambda: len(receiver.messages) == 1)
        for text in ("B.", "C.", "D.", "E.", "F.", "G.", "H."):
            sender.tell([sold(text)])
        await until(lambda: len(receiver.messages) == 2)
    together = "7 alerts:\n- B.\n- C.\n- D.\n- E.\n- F.\nand 2 more."
    assert [text for _, text in receiver.messages] == ["A.", together]


async def test_committed_events_are_told_and_after_a_restart_those_that_were_missed_and_only_those(
    shell, tmp_path, receiver, threads
):
    """The process ends between the commit and the sending; nothing is told twice either."""
    phone = AppriseTarget("phone", receiver.address, threads)
    rules = [every("deal")]
    day, day_after = samples.day(), samples.day_after()
    await shell.commit(day[:5])
    async with sending(shell, tmp_path, {"phone": phone}, rules, first=5) as sender:
        await shell.commit(day[5:])
        sender.on_events(day[5:])
        await until(lambda: len(receiver.messages) == 1 and all_told(tmp_path))
    await shell.commit(day_after)
    async with sending(shell, tmp_path, {"phone": phone}, rules, first=28):
        await until(lambda: len(receiver.messages) == 2 and all_told(tmp_path))
    async with sending(shell, tmp_path, {"phone": phone}, rules, first=28) as sender:
        sender.tell([sold("The last.")])
        await until(lambda: len(receiver.messages) == 3)
    assert [text for _, text in receiver.messages] == [
        TWO,
        "Bought 0.40 EURUSD at 1.08253 (trend).",
        "The last.",
    ]


async def test_a_killed_send_is_sent_again_by_the_next_process(shell, tmp_path):
    """It stays in the outbox until somebody has taken it."""
    started, told = asyncio.Event(), []

    class Hanging:
        async def tell(self, bundle: Bundle, title: str) -> str | None:
            del bundle, title
            started.set()
            await asyncio.Event().wait()
            return None

    async with sending(shell, tmp_path, {"phone": Hanging()}, [every("deal")]) as sender:
        sender.tell([sold()])
        await started.wait()
    page = PageTarget(lambda bundle, _: told.append(bundle.text))
    async with sending(shell, tmp_path, {"phone": page}, [every("deal")]):
        await until(lambda: bool(told))
    assert told == ["Sold."]


async def test_a_target_that_hangs_does_not_keep_another_waiting(shell, tmp_path):
    told: list[str] = []

    class Hanging:
        async def tell(self, bundle: Bundle, title: str) -> str | None:
            del bundle, title
            await asyncio.Event().wait()
            return None

    page = PageTarget(lambda bundle, _: told.append(bundle.text))
    rules = [every("deal"), every("deal", to="page")]
    targets: dict[str, Target] = {"phone": Hanging(), "page": page}
    async with sending(shell, tmp_path, targets, rules) as sender:
        sender.tell([sold("A.")])
        await until(lambda: told == ["A."])
        sender.tell([sold("B.")])
        await until(lambda: told == ["A.", "B."])


async def test_what_has_waited_too_long_is_dropped_with_a_line_in_the_log(shell, tmp_path):
    outbox = AlertOutbox(tmp_path)
    outbox.open()
    rules = [every("deal")]
    outbox.put(routed([sold("Old.")], rules), at=SystemClock().now() - QUICK.life_ns - 1)
    outbox.put(routed([sold("Young.")], rules), at=SystemClock().now())
    both = outbox.next("phone", rules, SystemClock().now())
    assert isinstance(both, Bundle)
    outbox.failed(both, SystemClock().now() + 300 * MS)
    outbox.close()
    told: list[str] = []
    page = PageTarget(lambda bundle, _: told.append(bundle.text))
    with capture_logs() as logged:
        async with sending(shell, tmp_path, {"phone": page}, rules):
            await until(lambda: bool(told))
    assert told == ["Young."]
    [line] = logged
    assert (line["event"], line["target"], line["count"]) == ("alerts_expired", "phone", 1)


def test_an_address_that_apprise_does_not_know_is_named_but_not_shown(threads):
    with pytest.raises(ConfigurationError) as problem:
        AppriseTarget("phone", f"nobody://{SECRET}", threads)
    assert "notify.phone" in str(problem.value)
    assert SECRET not in str(problem.value)


def test_every_piece_of_an_address_is_blotted_out():
    address = "mailto://anna:pass%40word@mail.example.org/?to=anna@example.org"
    said = "anna could not log in at mail.example.org with pass@word or PASS%40WORD"
    assert blotted(said, secrets_in(address)) == "… could not log in at … with … or …"


def test_a_file_that_is_no_outbox_is_told_at_the_start(tmp_path):
    (tmp_path / "alerts.db").write_text("not a database, and long enough to be none " * 30)
    with pytest.raises(ConfigurationError, match="Move the file away"):
        AlertOutbox(tmp_path).open()


async def test_what_apprise_says_of_a_failure_names_no_piece_of_the_address(threads):
    """Nobody listens on port 9; Apprise itself would name the host."""
    phone = AppriseTarget("phone", f"json://127.0.0.1:9/{SECRET}", threads)
    problem = await phone.send("fxpaper", "Sold.", Tone.PLAIN)
    assert problem == "A Connection error occurred sending JSON notification to …."
