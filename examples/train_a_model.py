"""Train a small model on recorded quotes, look at it honestly, and let it trade on paper.

The cells (``# %%``) are those of ``docs/guides/train-a-model.md``, which explains them. Run the
file whole, or cell by cell in an editor or in Jupyter::

    python examples/train_a_model.py
    python examples/train_a_model.py --quotes eurusd-2026-11.parquet --symbol EURUSD
"""

# %% What to work on
from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fxpaper.client import Client, NoDaemonError
from fxpaper.config import default_data_dir

MODEL = "tutorial"
HORIZON = 6  # bars; the model says whether the price will be higher after so many
FEATURES = ["last", "three", "twelve", "stretch"]

options = argparse.ArgumentParser(description="Train a small model and let it trade on paper.")
options.add_argument("--quotes", type=Path, help="A recording: CSV or Parquet timestamp,bid,ask.")
options.add_argument("--symbol", default="EURUSD")
options.add_argument("--interval", default="5m", help="Of the bars: 1m, 5m, 15m, 30m, 1h.")
options.add_argument("--folder", type=Path, default=Path("tutorial"), help="Where files go.")
options.add_argument("--hours", type=int, default=96, help="Of the simulation, where one is made.")
options.add_argument("--speed", type=float, default=300, help="At which the daemon plays quotes.")
options.add_argument("--trades", type=int, default=8, help="After which the daemon is stopped.")
asked, _ = options.parse_known_args()  # a notebook has arguments of its own
asked.folder.mkdir(parents=True, exist_ok=True)
PIP = 0.01 if asked.symbol.endswith("JPY") else 0.0001
LENGTH = pd.Timedelta(asked.interval.replace("m", "min"))


# %% 1. Quotes
def simulated(hours: int) -> pd.DataFrame:
    """Return made-up quotes with a pattern planted in them: moves tend to go on for a while."""
    chance = np.random.default_rng(7)
    count = hours * 1800
    push = np.zeros(count)
    for step in range(1, count):
        push[step] = push[step - 1] * 0.9985 + chance.normal(0, 0.055)
    moves = chance.normal(0, 1, count) + 0.05 * push
    mid = 1.10 * np.exp(np.cumsum(moves) * 0.000018)
    times = pd.date_range("2026-11-16T00:00Z", periods=count, freq="2s")
    bid = np.round(mid - 0.00003, 5)
    return pd.DataFrame({"timestamp": times, "bid": bid, "ask": np.round(bid + 0.00006, 5)})


def recorded(path: Path) -> pd.DataFrame:
    """Return the quotes of one symbol in a recording."""
    table = pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)
    if "symbol" in table:
        table = table[table["symbol"] == asked.symbol]
    times = pd.to_datetime(table["timestamp"], utc=True, format="ISO8601")
    return table.assign(timestamp=times)[["timestamp", "bid", "ask"]]


kept = sorted((default_data_dir() / "recordings").glob("*.parquet"))
files = [asked.quotes] if asked.quotes else kept
tables = [one for one in map(recorded, files) if len(one)]
if asked.quotes and not tables:
    raise SystemExit(f"{asked.quotes} has no quotes of {asked.symbol}; name another --symbol.")
SIMULATED = not tables
if SIMULATED:
    print("SIMULATED PRICES: you have no recording, so one is made up. It has a pattern planted in")
    print("it. What the model earns on it says that the tools work, and nothing about any market.")
quotes = simulated(asked.hours) if SIMULATED else pd.concat(tables)
first, last = quotes["timestamp"].iloc[[0, -1]]
print(f"{len(quotes):,} quotes of {asked.symbol} from {first} to {last}")

# %% 2. Bars, features, and what is to be predicted
bids = quotes.set_index("timestamp")["bid"]
closes = bids.resample(LENGTH).last().dropna()
closes.index = closes.index + LENGTH  # a bar is known when it closes, and not before


def features(closes: pd.Series) -> pd.DataFrame:
    """Return what the model sees at each close: moves, in units of what is usual."""
    returns = np.log(closes).diff()
    usual = returns.rolling(24).std()
    return pd.DataFrame(
        {
            "last": returns / usual,
            "three": np.log(closes).diff(3) / (usual * 3**0.5),
            "twelve": np.log(closes).diff(12) / (usual * 12**0.5),
            "stretch": np.log(closes / closes.rolling(24).mean()) / (usual * 24**0.5),
        }
    ).clip(-4, 4)


seen = features(closes)
later = closes.shift(-HORIZON)
rows = seen.assign(up=(later > closes).astype(float))[later.notna()].dropna()
print(f"{len(rows):,} bars of {asked.interval} with features and an outcome")

# %% 3. Three parts, split by time
train_end, test_end = (rows.index[int(len(rows) * part)] for part in (0.6, 0.8))
train = rows[rows.index <= train_end - HORIZON * LENGTH]  # whose outcome was known by then
test = rows[(rows.index > train_end) & (rows.index <= test_end - HORIZON * LENGTH)]
print(f"train on {len(train)} bars until {train_end}, test on {len(test)} until {test_end}")


# %% 4. A logistic regression
def fit(x: np.ndarray, y: np.ndarray, ridge: float = 1.0) -> np.ndarray:
    """Return the weights, the constant first: Newton's method, with a little ridge."""
    x = np.column_stack([np.ones(len(x)), x])
    weights = np.zeros(x.shape[1])
    penalty = ridge * np.diag([0.0] + [1.0] * (x.shape[1] - 1))
    for _ in range(25):
        p = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (y - p) - penalty @ weights
        curve = (x * (p * (1 - p))[:, None]).T @ x + penalty
        weights = weights + np.linalg.solve(curve, slope)
    return weights


def probability(weights: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the probability that the price will be higher."""
    return 1 / (1 + np.exp(-(weights[0] + x @ weights[1:])))


weights = fit(train[FEATURES].to_numpy(), train["up"].to_numpy())
print("weights:", dict(zip(["constant", *FEATURES], weights.round(3).tolist(), strict=True)))

# %% 5. Honest figures, on bars the model has never seen
p = probability(weights, test[FEATURES].to_numpy())
up = test["up"].to_numpy()
brier = float(np.mean((p - up) ** 2))
naive = float(np.mean((train["up"].mean() - up) ** 2))
hits = float(np.mean((p > 0.5) == (up > 0.5)))
independent = max(1, len(test) // HORIZON)  # outcomes overlap, so there are fewer than bars
print(f"Brier score {brier:.4f}; {naive:.4f} for always saying {train['up'].mean():.2f}")
print(f"hit rate {hits:.1%}, give or take {2 * 0.5 / independent**0.5:.1%}")
groups = pd.cut(p, [0, 0.4, 0.45, 0.5, 0.55, 0.6, 1])
reliability = pd.DataFrame({"said": p, "came": up}).groupby(groups, observed=True)
print(reliability.agg(said=("said", "mean"), came=("came", "mean"), bars=("came", "size")).round(3))


# %% 6. From probabilities to signals
def signal(at: pd.Timestamp, p: float, closes: pd.Series) -> dict[str, Any]:
    """Return what is sent: the more certain of both sides, with a stop beyond the usual move."""
    usual = float(closes.diff().iloc[-24:].std()) * HORIZON**0.5 / PIP
    return {
        "id": f"{MODEL}-{at:%Y%m%dT%H%M%S}",
        "model": MODEL,
        "symbol": asked.symbol,
        "side": "buy" if p > 0.5 else "sell",
        "confidence": round(max(p, 1 - p), 4),
        "stop_loss": {"pips": round(max(8.0, 2 * usual), 1)},
        "time": f"{at:%Y-%m-%dT%H:%M:%SZ}",
    }


def closing(at: pd.Timestamp) -> dict[str, Any]:
    """Return the signal that closes: the model says nothing about what comes after the horizon."""
    said = {"id": f"{MODEL}-{at:%Y%m%dT%H%M%S}-close", "model": MODEL, "symbol": asked.symbol}
    return said | {"side": "close", "time": f"{at:%Y-%m-%dT%H:%M:%SZ}"}


lines: list[dict[str, Any]] = []
for row in range(0, len(test), HORIZON):
    at = test.index[row]
    lines += [closing(at)] if lines else []
    lines.append(signal(at, p[row], closes[:at]))
signals_file = asked.folder / "signals.jsonl"
signals_file.write_text("".join(json.dumps(line) + "\n" for line in lines))
print(f"{len(lines)} signals in {signals_file}")


# %% 7. Replay: the same engine, the same costs, in a second
def fxpaper(*words: str) -> str:
    """Run a command as you would in a terminal, and return what it printed."""
    print("$ fxpaper", " ".join(words))
    done = subprocess.run(  # noqa: S603 - our own words
        [sys.executable, "-m", "fxpaper.cli", *words], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    return done.stdout


def write_part(name: str, begins: pd.Timestamp, ends: pd.Timestamp) -> str:
    """Write the quotes of a part of the recording where the commands can read them."""
    path = asked.folder / name
    part = quotes[(quotes["timestamp"] >= begins) & (quotes["timestamp"] <= ends)]
    times = part["timestamp"].dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    part.assign(timestamp=times).to_csv(path, index=False)
    return str(path)


test_file = write_part("test.csv", train_end, test_end)
where = ("--quotes", test_file, "--symbol", asked.symbol)
told = json.loads(fxpaper("replay", *where, "--signals", str(signals_file), "--twins", "--json"))
closed = [one for one in told["deals"] if one["attribution"]]
before, paid = (
    sum(float(one["attribution"][name]) for one in closed) for name in ("mid", "spread")
)
print(f"{len(closed)} positions closed; {before:.2f} before costs, {paid:.2f} paid as spread")
print(pd.DataFrame(told["twins"]).to_string(index=False))
refused = pd.Series([one["code"] for one in told["signals"] if one["status"] == "refused"])
print("refused:", refused.value_counts().to_dict())


# %% 8. A daemon that plays the last part, which nothing has looked at yet
@contextmanager
def daemon(directory: Path, *words: str) -> Iterator[Client]:
    """Run a daemon until the block ends; in a terminal it is a command and Ctrl-C."""
    command = ["run", *words, "--data-dir", str(directory), "--port", "0"]
    print("$ fxpaper", " ".join(command))
    directory.mkdir(parents=True)
    with (directory / "said.txt").open("w") as said:
        process = subprocess.Popen(  # noqa: S603 - our own words
            [sys.executable, "-m", "fxpaper.cli", *command], stdout=said, stderr=said
        )
        try:
            yield reached(directory, process)
        finally:
            process.terminate()
            process.wait()


def reached(directory: Path, process: subprocess.Popen[bytes]) -> Client:
    """Return a client of a daemon that is starting."""
    while process.poll() is None:
        fx = Client(data_dir=directory)
        try:
            fx.account()
        except NoDaemonError:
            fx.disconnect()
            time.sleep(0.2)
        else:
            return fx
    raise SystemExit((directory / "said.txt").read_text())


# %% 9. Trade
def predictions(fx: Client, known: pd.Series) -> Iterator[tuple[pd.Timestamp, float, pd.Series]]:
    """Yield when the daemon closes a bar, what the model says then, and all closes so far."""
    latest, ends = known.index[-1], closes.index[-1] - LENGTH
    while latest < ends:
        bars = fx.bars(asked.symbol, asked.interval).frame()
        told = bars[bars["closed"]].set_index("opened_at")["close"]
        told.index = told.index + LENGTH
        so_far = pd.concat([known, told[told.index > known.index[-1]]])
        if so_far.index[-1] > latest:
            latest = so_far.index[-1]
            x = features(so_far)[FEATURES].iloc[[-1]].to_numpy()
            yield latest, float(probability(weights, x)[0]), so_far
        time.sleep(0.05)


number = 1 + len(list(asked.folder.glob("daemon-*")))
directory = asked.folder / f"daemon-{number}"
play_file = write_part("play.csv", test_end, last)
play = ("--quotes", play_file, "--symbol", asked.symbol, "--speed", f"{asked.speed:g}")
with daemon(directory, *play) as fx:
    print(fxpaper("model", "on", MODEL, "--data-dir", str(directory)))
    sent = 0
    for bar, (at, chance, so_far) in enumerate(predictions(fx, closes[:test_end])):
        if bar % HORIZON:
            continue
        if sent:
            print(fx.send(**closing(at)))
        if sent == asked.trades:
            break
        print(fx.send(**signal(at, chance, so_far)))
        sent += 1
    account, deals = fx.account(), fx.deals(limit=500).frame()
    executed = fx.signals(model=MODEL, status="executed", limit=500)
    print(fx.why(executed[0].id) if executed else "Nothing was executed; see fx.signals().")
print(deals[["time", "side", "entry", "lots", "price", "reason", "profit"]].to_string(index=False))
print(f"{sent} signals to open, {len(deals)} deals, equity {account.equity} {account.currency}")
print("made-up prices" if SIMULATED else "recorded prices", "only; nothing was sent to a broker.")
