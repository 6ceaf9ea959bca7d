"""Break the rules on purpose, one rule at a time, and show which test notices.

Run: .venv/bin/python scripts/mutations.py [fxpaper/aggregator ...]; exit code 1 when a mutation
survives.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import track
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
COPIED = ("fxpaper", "tests", "benchmarks", "docs", "examples", "mql4", "mql5", "pyproject.toml")
TESTS = {
    "fxpaper/engine": ("tests/engine", "tests/properties"),
    "fxpaper/aggregator": ("tests/aggregator",),
    "fxpaper/bridge": ("tests/bridge",),
    "fxpaper/domain": ("tests/engine", "tests/bridge"),
    "fxpaper/execution": ("tests/bridge", "tests/signals", "tests/properties"),
    "fxpaper/signals": ("tests/signals", "tests/properties"),
    "fxpaper/analytics": ("tests/analytics",),
    "mql5": ("tests/mql5/test_orders.py", "tests/mql5/test_killing_orders.py"),
}
"""Where a mistake in a room is looked for."""
ENGINE = "fxpaper/engine/"
AGGREGATOR = "fxpaper/aggregator/"


class Mutation(NamedTuple):
    """A rule, broken.

    Args:
        name: of the mistake.
        file: where.
        right: text that is there, once.
        wrong: text that is put in its place.
    """

    name: str
    file: str
    right: str
    wrong: str


MUTATIONS = (
    Mutation(
        "mid instead of bid and ask",
        ENGINE + "matching.py",
        "return quote.ask if side is Side.BUY else quote.bid",
        "return (quote.ask + quote.bid) // 2",
    ),
    Mutation(
        "exact stop on gaps",
        ENGINE + "matching.py",
        "return max(price, market) if side is Side.BUY else min(price, market)",
        "return price",
    ),
    Mutation(
        "unsigned swap",
        ENGINE + "swap.py",
        "instrument.swap_long if side is Side.BUY else instrument.swap_short",
        "abs(instrument.swap_long)",
    ),
    Mutation(
        "Friday triple",
        "fxpaper/engine/rollover.py",
        "count = nights(instrument, trading_date(at - 1))",
        "count = 3 if trading_date(at - 1).weekday() == 4 else 1",
    ),
    Mutation(
        "double commission",
        ENGINE + "dealing.py",
        "balance=state.account.balance - numbers.commission,",
        "balance=state.account.balance - 2 * numbers.commission,",
    ),
    Mutation(
        "ten-dollar pips",
        ENGINE + "profit.py",
        "    return instrument.point_value",
        "    return Fraction(1)",
    ),
    Mutation(
        "conversion at the wrong side",
        ENGINE + "board.py",
        "_MID if self.profile.conversion is Conversion.MID else _OWED if owed else _RECEIVED",
        "_MID if self.profile.conversion is Conversion.MID else _RECEIVED if owed else _OWED",
    ),
    Mutation(
        "lost OCO cancel",
        ENGINE + "groups.py",
        "    if filled.oco is not None:",
        "    if filled.oco is None:",
    ),
    Mutation(
        "improved limits",
        ENGINE + "matching.py",
        "    if kind is LevelKind.LIMIT:\n        return price\n",
        "    if kind is LevelKind.LIMIT:\n        return market_price(side, quote)\n",
    ),
    Mutation(
        "a touch is not enough",
        ENGINE + "book.py",
        "if index >= len(heap) or heap[index][0] > price:",
        "if index >= len(heap) or heap[index][0] >= price:",
    ),
    Mutation(
        "a trailing stop that turns back",
        ENGINE + "trailing.py",
        "    return max(prices) if rises else min(prices)",
        "    return min(prices) if rises else max(prices)",
    ),
    Mutation(
        "stop-out of the smallest loss",
        ENGINE + "watching.py",
        "    return min(\n        tradeable,",
        "    return max(\n        tradeable,",
    ),
    Mutation(
        "bands too wide",
        ENGINE + "watching.py",
        "_SAFETY = 1.3",
        "_SAFETY = 0.01",
    ),
    Mutation(
        "swap forgotten in equity",
        ENGINE + "valuation.py",
        "        worth += holding.swap\n",
        "",
    ),
    Mutation(
        "hedges margined twice",
        ENGINE + "margin.py",
        "    return alone + covered * share * average",
        "    return alone + 2 * covered * share * average",
    ),
    Mutation(
        "half-up instead of half-even",
        "fxpaper/domain/money.py",
        "if twice > denominator or (twice == denominator and whole % 2 == 1):",
        "if twice >= denominator:",
    ),
    Mutation(
        "children forget to stay in step",
        ENGINE + "groups.py",
        "return order.closes == position.id and order.lots > position.lots",
        "return False",
    ),
    Mutation(
        "margin not asked for",
        ENGINE + "opening.py",
        "    if numbers.needed <= 0 or needed <= numbers.free_margin:",
        "    if needed:",
    ),
    Mutation(
        "an entry's stop in the same bar is never doubted",
        ENGINE + "bar_doubts.py",
        "if stop is None or self._comes_after(stop, here) or not self._raise(position):",
        "if True:",
    ),
    Mutation(
        "finer bars are believed whatever they tell",
        ENGINE + "bar_path.py",
        "if not agree(bar, finer):",
        "if not finer:",
    ),
    Mutation(
        "a bar of the weekend's end opens before the market",
        ENGINE + "bar_path.py",
        "if not engine.limits.around_the_clock:",
        "if False:",
    ),
    Mutation(
        "moves are never doubted",
        AGGREGATOR + "outliers.py",
        "if moved <= allowed or self._borne_out(quote, middle, pip):",
        "if True:",
    ),
    Mutation(
        "the weekend's prices are believed",
        AGGREGATOR + "quality.py",
        "if self._is_open(quote.quoted_at) or self._is_open(now):",
        "if True:",
    ),
    Mutation(
        "calls without hurry leave nothing",
        AGGREGATOR + "budget.py",
        "return max(1, limit - round(limit * kept)) if limit else 0",
        "return limit or 0",
    ),
    Mutation(
        "processes pace themselves apart",
        AGGREGATOR + "sources/polling.py",
        "taken = await self.budget.take(self.account, spare=True, gap=gap)",
        "taken = await self.budget.take(self.account, spare=True)",
    ),
    Mutation(
        "calls are spread over closed hours too",
        AGGREGATOR + "planner.py",
        "        if session.open:\n            total += until - at",
        "        if True:\n            total += until - at",
    ),
    Mutation(
        "a cross is as cheap as its mid price",
        AGGREGATOR + "triangulation.py",
        "ask *= 1 / low if leg.inverted else high",
        "ask *= 1 / high if leg.inverted else low",
    ),
    Mutation(
        "a terminal's repeats count twice",
        "fxpaper/bridge/session.py",
        "fresh = message.ticks[max(0, known - message.n) :]",
        "fresh = message.ticks",
    ),
    Mutation(
        "any key may connect",
        "fxpaper/bridge/guards.py",
        "return any(one.public.encode() == key for one in terminals(self._data_dir))",
        "return True",
    ),
    Mutation(
        "a deal booked again with each look",
        "fxpaper/domain/terminal.py",
        "if ticket > self.ticket:",
        "if ticket >= self.ticket:",
    ),
    Mutation(
        "what no deal explains is taken over at once",
        "fxpaper/bridge/reconcile.py",
        "_WHILE_NS = 8 * NS_PER_SECOND",
        "_WHILE_NS = 0",
    ),
    Mutation(
        "an answer does not settle its command",
        "fxpaper/bridge/live_broker.py",
        "command = self._outstanding.pop(answer.command_id, None)",
        "command = self._outstanding.get(answer.command_id)",
    ),
    Mutation(
        "a refused order goes on waiting",
        "fxpaper/bridge/live_broker.py",
        "if becomes is None:",
        "if becomes is None and not order.lots:",
    ),
    Mutation(
        "the broker's contract is not compared",
        "fxpaper/bridge/live_checks.py",
        '"contract size": (instrument.contract_size, rules.contract_size),',
        '"contract size": (1, 1),',
    ),
    Mutation(
        "a halted account opens",
        "fxpaper/execution/gated.py",
        "return self.forbids(account, opens=True) or self._broker.submit(approved, now)",
        "return self._broker.submit(approved, now)",
    ),
    Mutation(
        "the twin of a refused order stays open",
        "fxpaper/execution/shadowed.py",
        "followed += self._undo(order.twin, now)",
        "pass",
    ),
    Mutation(
        "what was sent and not answered is sent again",
        "mql5/fxpaper/trade.mqh",
        "         Doubt(command, entry);\n         m_journal.Write(entry);",
        "         Fresh(command, daemon_ms, entry);",
    ),
    Mutation(
        "a command that came late is carried out",
        "mql5/fxpaper/trade.mqh",
        "if(daemon_ms > command.deadline)",
        "if(daemon_ms > command.deadline + 100000)",
    ),
    Mutation(
        "what the broker has is not looked for",
        "mql5/fxpaper/trade.mqh",
        "if((command.again || Opens(command)) && Traced(command.magic, order))",
        "if(command.again && order != 0 && Traced(command.magic, order))",
    ),
    Mutation(
        "the lots that are open do not count",
        "mql5/fxpaper/limits.mqh",
        "double after = Lots() + lots;",
        "double after = Lots() * 0 + lots;",
    ),
    Mutation(
        "a signal closes while the account is halted",
        "fxpaper/execution/gated.py",
        "if trading is TradingState.REDUCING and not opens:",
        "if not opens:",
    ),
    Mutation(
        "flattening forgets what has no quote yet",
        "fxpaper/execution/gated.py",
        "            if symbol is not None or state.account.mode is Mode.LIVE:",
        "            if state.account.mode is Mode.LIVE:",
    ),
    Mutation(
        "a signal does not wait for a narrower spread",
        "fxpaper/signals/judgement.py",
        "    RefusalCode.SPREAD_TOO_WIDE,\n",
        "",
    ),
    Mutation(
        "a model that is off is executed",
        "fxpaper/signals/policy.py",
        "on = policy.auto_execute or signal.released",
        "on = True",
    ),
    Mutation(
        "an expired signal is executed",
        "fxpaper/signals/policy.py",
        "alive = now < signal.expires_at",
        "alive = True",
    ),
    Mutation(
        "a reversal closes for what cannot be opened",
        "fxpaper/signals/judgement.py",
        "if isinstance(outcome, Refused) and outcome.code not in _CURED_BY_CLOSING:",
        "if False:",
    ),
    Mutation(
        "another model's position is closed",
        "fxpaper/signals/standing.py",
        "of_model = held.model == signal.model or rules.conflict_with is ConflictWith.ACCOUNT",
        "of_model = True",
    ),
    Mutation(
        "the same side conflicts",
        "fxpaper/signals/standing.py",
        "if position.side is not side and _counts",
        "if _counts",
    ),
    Mutation(
        "waiting entries do not count",
        "fxpaper/signals/standing.py",
        "open_: list[Position | Order] = [*state.positions.values(), *orders]",
        "open_: list[Position | Order] = [*state.positions.values()]",
    ),
    Mutation(
        "a better price is drift",
        "fxpaper/signals/reward.py",
        "drift = max(self._sign * (self._price - seen), Fraction(0))",
        "drift = abs(self._price - seen)",
    ),
    Mutation(
        "reward counts from the advised entry",
        "fxpaper/signals/reward.py",
        "gain = sum(self._sign * (one - self._price) for one in targets)",
        "gain = sum(self._sign * (one - self._levels.stop_loss) for one in targets)",
    ),
    Mutation(
        "a win does not end a row of losses",
        "fxpaper/signals/track.py",
        "            self._losses.pop(key, None)",
        "            pass",
    ),
    Mutation(
        "the pause counts from the first loss",
        "fxpaper/signals/track.py",
        "self._losses[key] = Losses(count, one.closed_at)",
        "self._losses[key] = Losses(count, 0)",
    ),
    Mutation(
        "the risk of what is open does not count",
        "fxpaper/signals/risk.py",
        "fits = before + risk <= ceiling",
        "fits = risk <= ceiling",
    ),
    Mutation(
        "a stop at break-even counts against others",
        "fxpaper/signals/exposure.py",
        "return max(distance, 0) * Fraction(item.lots) * factor",
        "return distance * Fraction(item.lots) * factor",
    ),
    Mutation(
        "what would be lost at the stops does not count",
        "fxpaper/signals/account_limits.py",
        "lost = state.account.balance + swap - at_risk(state, board).total",
        "lost = state.account.balance + swap",
    ),
    Mutation(
        "a floor may be touched",
        "fxpaper/signals/account_limits.py",
        "passed = amount > floor.amount",
        "passed = amount >= floor.amount",
    ),
    Mutation(
        "Kelly trusts the confidence itself",
        "fxpaper/signals/sizing/kelly.py",
        "probability = min(max(known.lower(case.confidence), Fraction(0)), Fraction(1))",
        "probability = Fraction(case.confidence)",
    ),
    Mutation(
        "Kelly without a cap",
        "fxpaper/signals/sizing/kelly.py",
        "return lots_at_risk(case, case.share_of_equity(min(wanted, Fraction(cap))), found)",
        "return lots_at_risk(case, case.share_of_equity(wanted), found)",
    ),
    Mutation(
        "the best block's bound is its rate",
        "fxpaper/analytics/calibration.py",
        "lower = max(lower, wilson_lower(won.wins, won.trades))",
        "lower = Fraction(won.wins, won.trades)",
    ),
    Mutation(
        "bounds fall with confidence",
        "fxpaper/analytics/calibration.py",
        "lower = max(lower, wilson_lower(won.wins, won.trades))",
        "lower = wilson_lower(won.wins, won.trades)",
    ),
)


def caught_by(mutation: Mutation, directory: Path) -> str | None:
    """Return the first test that fails with a mutation; None when all pass."""
    file = directory / mutation.file
    whole = file.read_text(encoding="utf-8")
    if whole.count(mutation.right) != 1:
        raise SystemExit(f"{mutation.name}: its text is not once in {mutation.file}")
    file.write_text(whole.replace(mutation.right, mutation.wrong), encoding="utf-8")
    try:
        return failing(tests_of(mutation), directory)
    finally:
        file.write_text(whole, encoding="utf-8")


def tests_of(mutation: Mutation) -> tuple[str, ...]:
    """Return where a mutation should be noticed."""
    return next(where for room, where in TESTS.items() if mutation.file.startswith(room))


def failing(tests: tuple[str, ...], directory: Path) -> str | None:
    """Return the first of some tests that fails; None when all pass."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]
    try:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *options],
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=150,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "a test that never ends"
    if done.returncode == 0:
        return None
    found = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    return found.group(1).rpartition("/")[2] if found else "the tests could not run"


def main() -> None:
    """Print a table of mistakes and who noticed."""
    table = Table("mistake", "noticed by")
    survived = 0
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for part in COPIED:
            source = ROOT / part
            if source.is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "static")
                shutil.copytree(source, directory / part, ignore=ignored)
            else:
                shutil.copy(source, directory / part)
        named = [one for one in MUTATIONS if one.file.startswith(tuple(sys.argv[1:] or [""]))]
        for tests in dict.fromkeys(map(tests_of, named)):
            if wrong := failing(tests, directory):
                raise SystemExit(f"Without any mistake there is {wrong}; it would notice anything.")
        for mutation in track(named, "breaking rules", transient=True):
            noticed = caught_by(mutation, directory)
            survived += noticed is None
            table.add_row(mutation.name, noticed or "[red]nobody[/]")
    Console(width=160).print(table)
    raise SystemExit(1 if survived else 0)


if __name__ == "__main__":
    main()
