"""What exists is documented, and what the documents show works."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
import typer

from fxpaper.aggregator.recording import read_recording
from fxpaper.cli import app
from fxpaper.clock import ManualClock
from fxpaper.config import PREFIX, Settings
from fxpaper.domain.event import Event
from fxpaper.domain.refusal import RefusalCode
from fxpaper.domain.signal import Signal
from fxpaper.ledger.ledger import Ledger
from fxpaper.ledger.shell import LedgerShell
from fxpaper.limit_packs import parse_limits
from fxpaper.profiles import read_profile
from fxpaper.rule_settings import SignalRuleSettings
from fxpaper.signals.intake.native import Arrival, read_signal
from fxpaper.web import answers, auth, client, objects, server, ws
from fxpaper.web.feeds import account as account_feed
from fxpaper.web.order_bodies import OrderBody
from fxpaper.web.page_files import StaticPage
from fxpaper.web.problem import ProblemCode, status_of
from fxpaper.web.routing import BASE
from fxpaper.web.server import WebServer, WebSettings
from tests.web.world import SmallAccount, SmallMarket

DOCS = Path("docs")
REFERENCE = {path.stem: path.read_text(encoding="utf-8") for path in DOCS.glob("reference/*.md")}
ALL = [Path("README.md"), *sorted(DOCS.rglob("*.md"))]
ROOT: Any = typer.main.get_command(app)
OBJECTS = ("Quote", "Bar", "Account", "Position", "Order", "Deal", "SignalRecord", "SourceState")
KIB = 1024


def commands(command: Any, words: tuple[str, ...] = ()) -> dict[tuple[str, ...], Any]:
    if not hasattr(command, "commands"):
        return {words: command}
    works_alone = bool(words) and command.invoke_without_command
    found: dict[tuple[str, ...], Any] = {words: command} if works_alone else {}
    for name, one in command.commands.items():
        found |= commands(one, (*words, name))
    return found


def rows(page: str, first: str = "") -> list[list[str]]:
    """Return the cells of a page's table rows whose first cell is ``first``, or of all of them."""
    split = [line.strip("| ").split(" | ") for line in page.splitlines() if line.startswith("| ")]
    return [cells for cells in split if not first or cells[0] == first]


def blocks(language: str) -> list[tuple[Path, str]]:
    """Return every block of code in the documents."""
    fence = re.compile(rf"```{language}\n(.*?)```", re.DOTALL)
    return [(path, block) for path in ALL for block in fence.findall(path.read_text("utf-8"))]


def names_of(page: str, heading: str) -> set[str]:
    return set(re.findall(rf"^{heading} `([^`]+)`$", page, re.MULTILINE))


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_has_its_row_with_default_and_bounds(name: str):
    [(_, environment, default, may_be, _)] = rows(REFERENCE["settings"], f"`{name}`")
    field = Settings.model_fields[name]
    value = field.default
    shown = ", ".join(value) if isinstance(value, tuple) else value
    assert (environment, default) == (
        f"`{PREFIX}{name.upper()}`",
        "none" if shown is None or shown in ("", {}) else str(shown),
    )
    options = [option for option in get_args(field.annotation) if isinstance(option, str)]
    limits = [getattr(one, bound, None) for one in field.metadata for bound in ("ge", "gt", "le")]
    known = [limit for limit in limits if limit is not None]
    numbers = [f"10^{len(str(one)) - 1}" if one > 600_000 else str(one) for one in known]
    assert [one for one in options + numbers if one not in may_be] == []


@pytest.mark.parametrize("name", sorted(SignalRuleSettings.model_fields))
def test_what_rules_may_set_is_listed(name: str):
    [part] = re.findall(r"It may set (.*?)\.\n", REFERENCE["settings"], re.DOTALL)
    assert f"`{name}`" in part


def test_no_setting_is_documented_that_does_not_exist():
    shown = {row[0].strip("`") for row in rows(REFERENCE["settings"]) if row[0].startswith("`")}
    assert shown == set(Settings.model_fields)


def test_every_refusal_has_its_heading_and_nothing_else_has():
    assert names_of(REFERENCE["refusals"], "###") == {code.value for code in RefusalCode}


@pytest.mark.parametrize("code", ProblemCode)
def test_every_problem_of_the_web_has_its_row_with_its_status(code: ProblemCode):
    [(_, status, _)] = rows(REFERENCE["api"], f"`{code.value}`")
    assert status == str(status_of(code).value)


@pytest.mark.parametrize("page", ["events", "ledger", "api"])
@pytest.mark.parametrize("event", get_args(Event), ids=lambda event: event.__struct_config__.tag)
def test_every_event_has_its_row(event: type, page: str):
    """Its meaning, what it changes in the tables, and what the socket tells."""
    tag = f"`{event.__struct_config__.tag}`"  # type: ignore[attr-defined]
    assert [row for row in rows(REFERENCE[page]) if tag in row[0]] != []


@pytest.mark.parametrize("words", commands(ROOT), ids=" ".join)
def test_every_command_and_option_is_documented(words: tuple[str, ...]):
    heading = f"## `fxpaper {' '.join(words)}`\n"
    assert heading in REFERENCE["commands"]
    section = REFERENCE["commands"].partition(heading)[2].partition("\n## ")[0]
    known = {
        f"`{name}`"
        for one in commands(ROOT)[words].params
        if one.name != "help"
        for name in (
            [one.metavar or one.name.upper()]
            if one.param_type_name == "argument"
            else [*one.opts, *one.secondary_opts]
        )
    }
    shown = {name for row in rows(section) for name in row[0].split() if name.startswith("`")}
    assert shown == known


def test_no_command_is_documented_that_does_not_exist():
    known = {f"fxpaper {' '.join(words)}" for words in commands(ROOT)}
    assert names_of(REFERENCE["commands"], "##") == known


@pytest.fixture
def web(tmp_path: Path) -> WebServer:
    """The real server with everything it serves; it does not listen."""
    market, shell = SmallMarket(), LedgerShell(Ledger(tmp_path / "ledger.db"))
    return WebServer(
        WebSettings(account="paper", data_directory=tmp_path),
        execution=SmallAccount(shell, market),
        market=market,
        ledger=shell,
        page=StaticPage(lambda: None, lambda: ""),
        clock=ManualClock(0),
    )


def test_every_path_that_is_served_is_documented(web: WebServer):
    """Asks the router itself."""
    served = {
        (route.method, route.resource.canonical)
        for route in web._application().router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    wanted = {
        f"`{method} {path.removeprefix(BASE)}`"
        if path.startswith(BASE) and path != ws.PATH
        else f"`{path}`"
        for method, path in served
    }
    assert len(wanted) > 25
    assert {one for one in wanted if one not in REFERENCE["api"]} == set()


def test_every_metric_is_documented_by_the_name_that_is_scraped(web: WebServer):
    text = web._numbers.text().decode()
    scraped = {tuple(one) for one in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.MULTILINE)}
    shown = {(row[0].strip("`"), row[1]) for row in rows(REFERENCE["metrics"]) if "_" in row[0]}
    assert shown == scraped


@pytest.mark.parametrize("name", OBJECTS)
def test_every_field_of_an_object_is_shown(name: str):
    section = re.search(
        rf"^`{name}`.*?```json\n(.*?)```(.*?)(?=^`[A-Z]|^## )",
        REFERENCE["api"],
        re.DOTALL | re.MULTILINE,
    )
    assert section is not None
    shown = set(re.findall(r'"(\w+)":', section[1]))
    fields = set(getattr(objects, name).model_fields)
    assert fields - shown == set()


@pytest.mark.parametrize(
    ("said", "real", "shown"),
    [
        (r"body of a request \| 64 KiB", server.MAX_BODY_BYTES, 64 * KIB),
        (r"bars of a request \| 1–3000", answers.MAX_BARS, 3000),
        (r"a message to the socket \| 16 KiB", ws.MAX_MESSAGE_BYTES, 16 * KIB),
        (r"no JSON text \| 3 \|", ws._BROKEN_ALLOWED, 3),
        (r"slow socket \| 64 KiB", client.BEHIND_BYTES, 64 * KIB),
        (r"slow socket \| 4 MiB", client.TOO_SLOW_BYTES, 4 * KIB * KIB),
        (r"for ten seconds", client.PATIENCE_SECONDS, 10),
        (r"that resumes \| 10,000", account_feed.RESUME_EVENTS, 10_000),
        (r"once and for ten minutes", auth.LINK_SECONDS, 600),
        (r"session for 30 days", auth.SESSION_SECONDS, 30 * 86_400),
    ],
)
def test_the_limits_that_are_documented_are_the_real_ones(said: str, real: float, shown: float):
    assert re.search(said, REFERENCE["api"])
    assert real == shown


def test_every_file_that_the_architecture_names_exists():
    text = (DOCS / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:fxpaper|ui|tests|scripts|benchmarks|docs)/[\w/.-]*)`", text)
    assert len(named) > 30
    assert [name for name in named if not Path(name).exists()] == []


def anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", ALL, ids=str)
def test_every_link_between_pages_leads_somewhere(path: Path):
    """To a file that exists, and to a heading in it."""
    links = re.findall(r"\]\(([^)#:]*)#?([^):]*)\)", path.read_text(encoding="utf-8"))
    lost = [
        (target, anchor)
        for target, anchor in links
        for page in [path.parent / target if target else path]
        if not page.exists() or (anchor and anchor not in anchors(page))
    ]
    assert lost == []


def test_every_page_can_be_found_from_the_readme():
    seen: set[Path] = set()
    ahead = [Path("README.md")]
    while ahead:
        page = ahead.pop().resolve()
        if page in seen or page.suffix != ".md":
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#:]+)", page.read_text(encoding="utf-8"))
        ahead += [page.parent / link for link in links]
    assert [path for path in ALL if path.resolve() not in seen] == []


def shown_commands() -> list[str]:
    """Return what follows ``fxpaper`` or ``scripts/run`` on each line of shell."""
    lines = [
        line.partition(" #")[0].strip()
        for _, block in blocks("sh")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    return [said[1] for line in lines if (said := re.match(r"(?:fxpaper|scripts/run) (.+)", line))]


def parsed(line: str) -> Any:
    """Return the context that the real parser makes of a command; nothing is run."""
    words, command = shlex.split(line), ROOT
    if words[0].startswith("-"):
        words.insert(0, "demo")
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    return command.make_context("fxpaper", words)


@pytest.mark.parametrize("line", shown_commands())
def test_every_command_shown_is_one(line: str):
    parsed(line)


@pytest.mark.parametrize("path", ALL, ids=str)
def test_every_command_named_in_a_sentence_exists(path: Path):
    """Perhaps without its arguments, but with the options it has."""
    for said in re.findall(r"`fxpaper ([a-z][^`|]*)`", path.read_text(encoding="utf-8")):
        words, command = said.split(), ROOT
        while words and hasattr(command, "commands"):
            assert words[0] in command.commands, said
            command = command.commands[words.pop(0)]
        known = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
        assert [word for word in words if word.startswith("--") and word not in known] == [], said


def shown_signals() -> list[str]:
    """Return every signal in the documents: as JSON, as JSON in shell, and as a command."""
    asked = [text for _, text in blocks("json") if '"model"' in text and '"side"' in text]
    lone = [text for text in asked if '"mode"' not in text]
    piped = [text for _, block in blocks("sh") for text in re.findall(r"'(\{.*?\})'", block)]
    sent = [line for line in shown_commands() if line.startswith("signal send")]
    return lone + piped + [line for line in sent if "--file" not in line]


def sent_by(line: str) -> str:
    """Return the JSON that ``signal send`` makes of its options."""
    names = ("model", "symbol", "side", "confidence", "stop_loss", "take_profit", "time", "expiry")
    given = parsed(line).params
    said = {name: given[name] for name in names} | {"id": given["id_"]}
    return json.dumps({name: value for name, value in said.items() if value})


@pytest.mark.parametrize("text", shown_signals())
def test_every_signal_shown_is_read(text: str):
    arrival = Arrival(
        account="paper",
        instruments=read_profile("standard").instruments,
        door="http",
        received_at=1,
        lifetime_ns=10**9,
    )
    body = sent_by(text) if text.startswith("signal send") else text
    found = read_signal(body.encode(), arrival)
    assert isinstance(found, Signal), found


def test_the_order_shown_is_one():
    [text] = [text for _, text in blocks("json") if '"exits"' in text]
    assert OrderBody.model_validate(json.loads(text)).symbol == "EURUSD"


@pytest.mark.parametrize(("path", "text"), blocks("toml"), ids=lambda value: str(value)[-24:])
def test_every_configuration_shown_can_be_read(path: Path, text: str, tmp_path: Path):
    if path.stem == "profiles":
        (tmp_path / "mine.toml").write_text(text)
        assert read_profile("mine.toml", tmp_path).instruments
    elif path.stem == "limits":
        assert parse_limits(text, "mine.toml").daily_loss
    else:
        Settings(**tomllib.loads(text))


def test_every_recording_shown_can_be_played(tmp_path: Path):
    instruments = read_profile("standard").instruments
    shown = blocks("csv")
    assert shown
    for number, (_, text) in enumerate(shown):
        path = tmp_path / f"usdjpy-{number}.csv"
        path.write_text(text)
        assert len(read_recording(path, instruments, None, lambda _: None)) == 2
