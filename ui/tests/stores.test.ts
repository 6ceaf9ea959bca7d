import { describe, expect, test, vi } from "vitest";
import { markersFor, signalOf } from "../src/chart/markers";
import { levelLines } from "../src/chart/levels";
import { Pace } from "../src/chart/pace";
import type { Palette } from "../src/chart/palette";
import type { Rest } from "../src/api/rest";
import { buildStores } from "../src/desk";
import { Bookkeeping } from "../src/feed/bookkeeping";
import { news } from "../src/feed/events";
import { millis } from "../src/format/time";
import { BarsStore } from "../src/stores/bars.svelte";
import { EquityStore } from "../src/stores/equity.svelte";
import { MarketStore } from "../src/stores/market.svelte";
import { NoticesStore } from "../src/stores/notices.svelte";
import { PositionsStore } from "../src/stores/positions.svelte";
import { QuotesStore } from "../src/stores/quotes.svelte";
import { SelectionStore } from "../src/stores/selection.svelte";
import { SignalsStore } from "../src/stores/signals.svelte";
import { ThemeStore } from "../src/stores/theme.svelte";
import { bar, DEAL, POSITION, QUOTE, SCORE, SIGNAL, SOURCE } from "./records";

const NINE = "2026-11-20T21:00:00.000000Z";
const ONE_PAST = "2026-11-20T21:01:00.000000Z";

test("a position can be claimed for closing once, until the attempt is over", () => {
  const positions = new PositionsStore();
  positions.open(POSITION);
  expect([positions.claim("p-17"), positions.claim("p-17")]).toEqual([true, false]);
  positions.release("p-17");
  expect(positions.claim("p-17")).toBe(true);
  positions.remove("p-17");
  expect([positions.items.length, positions.isClosing("p-17")]).toEqual([0, false]);
});

test("values change positions that are known and nothing else", () => {
  const positions = new PositionsStore();
  positions.open(POSITION);
  const value = { current_price: "1.09000", profit: "300.00", r: "3.0000" };
  positions.revalue([
    { id: "p-17", ...value },
    { id: "p-99", ...value },
  ]);
  expect(positions.items).toEqual([{ ...POSITION, ...value }]);
});

test("a decided signal takes the place of the waiting one", () => {
  const signals = new SignalsStore();
  signals.put({ ...SIGNAL, status: "waiting" });
  signals.put({ ...SIGNAL, id: "s2" });
  signals.put(SIGNAL);
  expect(signals.items.map((one) => [one.id, one.status])).toEqual([
    ["s2", "executed"],
    ["s1", "executed"],
  ]);
});

test("a quote's move is that of its bid, and stays until the bid moves again", () => {
  const quotes = new QuotesStore();
  const moves = ["1.08241", "1.08242", "1.08242", "1.08240"].map((bid) => {
    quotes.take([{ ...QUOTE, bid }]);
    return quotes.rows["EURUSD"]!.move;
  });
  expect(moves).toEqual(["same", "up", "up", "down"]);
});

describe("bars", () => {
  test("the growing bar is replaced, a new one appended, a foreign one ignored", () => {
    const bars = new BarsStore();
    bars.replace("EURUSD", "1m", [bar(NINE, "1.08210", false)]);
    bars.grow([
      bar(NINE, "1.08220"),
      bar(ONE_PAST, "1.08230", false),
      { ...bar(ONE_PAST, "9.99999"), interval: "5m" },
    ]);
    expect(bars.items.map((one) => one.close)).toEqual(["1.08220", "1.08230"]);
    expect(bars.series).toBe(1);
  });
});

test("equity is one point a second and never goes back in time", () => {
  const equity = new EquityStore();
  equity.replace([
    { time: "2026-11-20T21:00:00.100000Z", balance: "1", equity: "100.00" },
    { time: "2026-11-20T21:00:00.900000Z", balance: "1", equity: "101.00" },
  ]);
  equity.add("2026-11-20T21:00:01.000000Z", "102.00");
  equity.add("2026-11-20T21:00:01.500000Z", "103.00");
  equity.add("2026-11-20T20:59:00.000000Z", "1.00");
  expect(equity.points.map((one) => one.value)).toEqual([101, 103]);
});

describe("the feed's state", () => {
  function market(age: number, change: Partial<typeof SOURCE> = {}) {
    const store = new MarketStore();
    store.sources = [{ ...SOURCE, ...change }];
    store.clock.restart(millis(NINE) + age, 0);
    store.tick(0);
    return store;
  }

  test.each([
    [5_000, "stream", "live"],
    [5_001, "stream", "stale"],
    [10_000, "rest", "live"],
    [10_001, "rest", "stale"],
  ] as const)("%i ms on a %s source is %s", (age, transport, kind) => {
    expect(market(age, { transport }).feed.kind).toBe(kind);
  });

  test("a closed market and an ended recording are not stale", () => {
    const closed = market(60_000);
    closed.open = false;
    expect(closed.feed.kind).toBe("closed");
    expect(market(60_000, { state: "finished" }).feed.kind).toBe("ended");
  });

  test("without a source in use there is silence", () => {
    expect(market(0, { active: false }).feed.kind).toBe("silent");
  });

  test("a quote on the socket is newer than what the last heartbeat said", () => {
    const store = market(8_000);
    store.heard("simulator", millis(NINE) + 7_000);
    expect(store.feed).toEqual({ kind: "live", source: "simulator", ageMs: 1_000 });
  });
});

describe("news", () => {
  const time = NINE;

  test("of a deal and of a limit are left to the daemon's alerts", () => {
    const at = { stream: "account:paper", seq: 1, time } as const;
    const refused = { ...SIGNAL, status: "refused", code: "risk_too_high", text: "x" } as const;
    expect(news({ type: "deal_booked", ...at, data: DEAL })).toBeNull();
    expect(news({ type: "signal_decided", ...at, data: refused })).toBeNull();
    expect(news({ type: "signal_decided", ...at, data: SIGNAL })).toBeNull();
  });

  test("that come in a crowd are counted, not read out", () => {
    vi.useFakeTimers();
    const notices = new NoticesStore();
    notices.tell(Array.from({ length: 4 }, () => ({ tone: "plain", text: "x" }) as const));
    expect(notices.items.map((one) => one.text)).toEqual([
      "4 things happened: see signals and deals.",
    ]);
    vi.advanceTimersByTime(7_000);
    expect(notices.items).toEqual([]);
    vi.useRealTimers();
  });
});

describe("the chart's marks", () => {
  const colours = { up: "blue", down: "orange", faint: "grey", soft: "silver" } as Palette;
  const opened = [NINE, ONE_PAST].map((time) => millis(time) / 1000);

  test("stand on the bar that was open, and older ones are left out", () => {
    const old = { ...SIGNAL, id: "old", decided_at: "2026-11-20T20:59:59.000000Z" };
    const marks = markersFor([SIGNAL, old], [DEAL], opened, colours);
    expect(marks.map((one) => [one.id, one.time])).toEqual([
      ["signal:s1", opened[1]],
      ["deal:d-16", opened[1]],
    ]);
  });

  test("of refused signals are grey and crossed out", () => {
    const refused = { ...SIGNAL, side: "sell", status: "refused" } as const;
    const [mark] = markersFor([refused], [], opened, colours);
    expect(mark).toMatchObject({ shape: "arrowDown", color: "grey", text: "✕" });
    const [executed] = markersFor([SIGNAL], [], opened, colours);
    expect(executed).toMatchObject({ shape: "arrowUp", color: "blue", text: "buy" });
  });

  test("of what went into an ensemble's signal there are none: that one has its own", () => {
    const member = { ...SIGNAL, status: "combined", ensemble_signal_id: "blend-1" } as const;
    expect(markersFor([member], [], opened, colours)).toEqual([]);
  });

  test("lead back to their signal", () => {
    expect([signalOf("signal:a:b"), signalOf("deal:x"), signalOf(undefined)]).toEqual([
      "a:b",
      null,
      null,
    ]);
  });

  test("levels that a position does not have are not drawn", () => {
    expect(levelLines([POSITION]).map((one) => [one.title, one.price])).toEqual([
      ["buy 0.40", 1.0825],
      ["SL", 1.08],
    ]);
  });
});

test("the chart is drawn at once, then at most every 100 ms, and the last change is not lost", () => {
  vi.useFakeTimers();
  const act = vi.fn();
  const pace = new Pace(100, act, () => Date.now());
  pace.ask();
  pace.ask();
  pace.ask();
  expect(act).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(99);
  expect(act).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(act).toHaveBeenCalledTimes(2);
  vi.advanceTimersByTime(1_000);
  expect(act).toHaveBeenCalledTimes(2);
  vi.useRealTimers();
});

describe("what is remembered", () => {
  test("the theme follows the system until somebody chooses", () => {
    localStorage.clear();
    const root = document.createElement("div");
    const system = { matches: true, addEventListener: () => undefined } as unknown as MediaQueryList;
    const theme = new ThemeStore(root, localStorage, system);
    expect([theme.current, root.dataset["theme"]]).toEqual(["light", "light"]);
    theme.toggle();
    expect(new ThemeStore(root, localStorage, system).current).toBe("dark");
  });

  test("the chart's symbol and interval, unless the interval is none", () => {
    localStorage.clear();
    new SelectionStore(localStorage).choose("USDJPY", "15m");
    const again = new SelectionStore(localStorage);
    expect([again.symbol, again.interval]).toEqual(["USDJPY", "15m"]);
    localStorage.setItem("fxpaper.chart", "USDJPY 7m");
    expect(new SelectionStore(localStorage).interval).toBe("1m");
  });
});

test("scores are asked for once after the trades that close together", async () => {
  vi.useFakeTimers();
  const stores = buildStores();
  const scores = vi.fn(() => Promise.resolve([SCORE]));
  const books = new Bookkeeping(stores, { scores } as unknown as Rest);
  const nothing = { account: null, quotes: [], barsSnapshot: null, bars: [], valuation: null };
  const closed = {
    type: "position_closed",
    stream: "account:paper",
    seq: 1,
    time: NINE,
    data: { position: POSITION, deal_id: "d-16", profit: "1", commission: "0", swap: "0", r: null },
  } as const;
  books.collect({ ...nothing, events: [closed] });
  books.collect({ ...nothing, events: [closed] });
  await vi.advanceTimersByTimeAsync(2_000);
  expect(scores).toHaveBeenCalledTimes(1);
  expect(stores.scores.rows["trend"]).toEqual(SCORE);
  books.collect({ ...nothing, events: [] });
  await vi.advanceTimersByTimeAsync(5_000);
  expect(scores).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});
