import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Frame } from "../src/api/frames";
import { waitBefore } from "../src/feed/backoff";
import { MarketClock } from "../src/feed/clock";
import { Inbox, type Mail } from "../src/feed/inbox";
import { Sequence } from "../src/feed/sequence";
import { FeedSession, type Listener } from "../src/feed/session";
import type { SocketState, Wire } from "../src/feed/socket";
import { bar, event, QUOTE, snapshot } from "./records";

test("waits double from half a second to fifteen, give or take the jitter", () => {
  expect([0, 1, 2, 3, 4, 5, 9].map((attempt) => waitBefore(attempt, 0.5))).toEqual([
    500, 1000, 2000, 4000, 8000, 15_000, 15_000,
  ]);
  expect([waitBefore(0, 0), waitBefore(0, 1), waitBefore(9, 1)]).toEqual([350, 650, 15_000]);
});

describe("the sequence of an account", () => {
  test("takes each number once and in order", () => {
    const sequence = new Sequence();
    sequence.begin("b81f", 10);
    expect([11, 11, 12, 14, 13].map((seq) => sequence.take(seq))).toEqual([
      "next",
      "seen",
      "next",
      "gap",
      "next",
    ]);
    expect(sequence.place).toEqual({ epoch: "b81f", seq: 13 });
  });

  test("an event before any snapshot is a gap", () => {
    expect(new Sequence().take(1)).toBe("gap");
  });

  test("a heartbeat that is ahead is believed when the next one finds nothing new", () => {
    const sequence = new Sequence();
    sequence.begin("b81f", 10);
    expect([sequence.isBehind(12), sequence.isBehind(12)]).toEqual([false, true]);
  });

  test("a heartbeat that overtook its events is forgiven once they have come", () => {
    const sequence = new Sequence();
    sequence.begin("b81f", 10);
    expect(sequence.isBehind(11)).toBe(false);
    sequence.take(11);
    expect([sequence.isBehind(12), sequence.isBehind(12)]).toEqual([false, true]);
  });
});

class TestWire implements Wire {
  onopen: Wire["onopen"] = null;
  onmessage: Wire["onmessage"] = null;
  onclose: Wire["onclose"] = null;
  sent: Record<string, unknown>[] = [];
  closed = false;

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Record<string, unknown>);
  }

  close(): void {
    this.closed = true;
  }

  say(frame: Frame): void {
    this.onmessage?.(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  greet(): void {
    this.onopen?.(new Event("open"));
    const time = "2026-11-20T21:00:00.000000Z";
    const server = { server: "0.1.0", mode: "paper", account: "paper", heartbeat_s: 5, demo: false };
    this.say({ type: "welcome", protocol: 1, time, ...server });
  }

  fail(code: number): void {
    this.onclose?.(new CloseEvent("close", { code }));
  }
}

describe("the session", () => {
  let wires: TestWire[];
  let told: unknown[];
  let states: SocketState[];
  let session: FeedSession;

  beforeEach(() => {
    vi.useFakeTimers();
    wires = [];
    told = [];
    states = [];
    const listener: Listener = {
      onState: (state) => states.push(state),
      onWelcome: () => undefined,
      onAccount: (one) => told.push(`snapshot ${one.seq}`),
      onEvent: (one) => told.push(one.seq),
      onQuotes: (quotes) => told.push(quotes.map((one) => one.symbol)),
      onBars: (one) => told.push(`bars ${one.symbol} ${one.interval}`),
      onBar: (one) => told.push(`bar ${one.close}`),
      onValuation: () => told.push("valuation"),
      onHeartbeat: () => told.push("heartbeat"),
      onAlert: (alert) => told.push(alert.title),
      onError: (error) => told.push(error.detail),
    };
    const open = () => {
      const wire = new TestWire();
      wires.push(wire);
      return wire;
    };
    session = new FeedSession({ open, now: () => Date.now(), chance: () => 0.5 }, listener);
    session.start();
  });

  afterEach(() => {
    session.stop();
    vi.useRealTimers();
  });

  const heartbeat = (seq: number): Frame => ({
    type: "heartbeat",
    time: "2026-11-20T21:00:05.000000Z",
    seq: { "account:paper": seq },
    market_open: true,
    sources: [],
  });

  test("subscribes to everything after the welcome, at first without a place to resume from", () => {
    session.watchBars("EURUSD", "1m");
    wires[0]!.greet();
    expect(wires[0]!.sent).toEqual([
      { op: "subscribe", id: 1, stream: "account:paper" },
      { op: "subscribe", id: 2, stream: "quotes" },
      { op: "subscribe", id: 3, stream: "valuation" },
      { op: "subscribe", id: 4, stream: "alerts" },
      { op: "subscribe", id: 5, stream: "bars", symbol: "EURUSD", interval: "1m" },
    ]);
  });

  test("a gap makes it connect again and resume from the last event it has", () => {
    wires[0]!.greet();
    wires[0]!.say(snapshot(10));
    wires[0]!.say(event(11));
    wires[0]!.say(event(13));
    expect(told).toEqual(["snapshot 10", 11]);
    expect(wires[0]!.closed).toBe(true);
    vi.advanceTimersByTime(500);
    wires[1]!.greet();
    expect(wires[1]!.sent[0]).toEqual({
      op: "subscribe",
      id: 5,
      stream: "account:paper",
      resume: { epoch: "b81f", seq: 11 },
    });
    wires[1]!.say(event(11));
    wires[1]!.say(event(12));
    wires[1]!.say(event(13));
    expect(told).toEqual(["snapshot 10", 11, 12, 13]);
  });

  test("what a refused resume answers with, a snapshot, is where it goes on from", () => {
    wires[0]!.greet();
    wires[0]!.say(snapshot(10));
    wires[0]!.say(snapshot(3, "other"));
    wires[0]!.say(event(4));
    expect(told).toEqual(["snapshot 10", "snapshot 3", 4]);
  });

  test("two heartbeats ahead of what came count as a gap", () => {
    wires[0]!.greet();
    wires[0]!.say(snapshot(10));
    wires[0]!.say(heartbeat(12));
    expect(wires[0]!.closed).toBe(false);
    wires[0]!.say(heartbeat(12));
    expect(wires[0]!.closed).toBe(true);
  });

  test("silence of more than twelve seconds is a loss, and any message ends it", () => {
    wires[0]!.greet();
    vi.advanceTimersByTime(12_000);
    expect(wires[0]!.closed).toBe(false);
    wires[0]!.say(heartbeat(0));
    vi.advanceTimersByTime(12_000);
    expect(wires[0]!.closed).toBe(false);
    vi.advanceTimersByTime(1_000);
    expect(wires[0]!.closed).toBe(true);
  });

  test("backs off while nothing answers, and starts over after a conversation", () => {
    const waits = () => states.filter((one) => one.kind === "waiting").map((one) => one.attempt);
    wires[0]!.fail(1006);
    vi.advanceTimersByTime(500);
    wires[1]!.fail(1006);
    vi.advanceTimersByTime(999);
    expect(wires).toHaveLength(2);
    vi.advanceTimersByTime(1);
    expect(wires).toHaveLength(3);
    wires[2]!.greet();
    wires[2]!.say(snapshot(1));
    wires[2]!.fail(1001);
    expect(waits()).toEqual([1, 2, 1]);
  });

  test("a person may hurry it", () => {
    wires[0]!.fail(1006);
    session.hurry();
    expect(wires).toHaveLength(2);
    vi.advanceTimersByTime(5_000);
    expect(wires).toHaveLength(2);
  });

  test("gives up when the daemon does not know the session", () => {
    wires[0]!.fail(4001);
    vi.advanceTimersByTime(60_000);
    expect(wires).toHaveLength(1);
    expect(states.at(-1)).toEqual({ kind: "refused", reason: "session" });
  });

  test("bars of a series that was left are not for the chart", () => {
    session.watchBars("EURUSD", "1m");
    wires[0]!.greet();
    session.watchBars("EURUSD", "5m");
    const one = bar("2026-11-20T21:00:00.000000Z", "1.08300");
    wires[0]!.say({ type: "bar", stream: "bars", ...one });
    wires[0]!.say({ type: "bar", stream: "bars", ...one, interval: "5m", close: "1.08400" });
    expect(told).toEqual(["bar 1.08400"]);
  });

  test("events of a kind that is not known yet still count", () => {
    wires[0]!.greet();
    wires[0]!.say(snapshot(10));
    wires[0]!.say({ ...event(11), type: "position_blessed" } as unknown as Frame);
    wires[0]!.say(event(12));
    expect(told).toEqual(["snapshot 10", 11, 12]);
  });
});

describe("the inbox", () => {
  function inbox() {
    const frames: (() => void)[] = [];
    const mails: Mail[] = [];
    const box = new Inbox(
      (collect) => frames.push(collect),
      (mail) => mails.push(mail),
    );
    return { box, frames, mails };
  }

  test("is collected once per frame: newest quote of each symbol, every event", () => {
    const { box, frames, mails } = inbox();
    box.addQuotes([QUOTE, { ...QUOTE, symbol: "USDJPY" }]);
    box.addQuotes([{ ...QUOTE, bid: "1.08299" }]);
    box.addEvent(event(1));
    box.addEvent(event(2));
    expect(frames).toHaveLength(1);
    frames[0]!();
    expect(mails[0]!.quotes.map((one) => one.bid)).toEqual(["1.08299", "1.08241"]);
    expect(mails[0]!.events.map((one) => one.seq)).toEqual([1, 2]);
    box.addQuotes([QUOTE]);
    expect(frames).toHaveLength(2);
  });

  test("a snapshot makes the events before it void", () => {
    const { box, frames, mails } = inbox();
    box.addEvent(event(1));
    box.addAccount(snapshot(5));
    box.addEvent(event(6));
    frames[0]!();
    expect(mails[0]!.account?.seq).toBe(5);
    expect(mails[0]!.events.map((one) => one.seq)).toEqual([6]);
  });

  test("while paused prices wait and events do not", () => {
    const { box, frames, mails } = inbox();
    box.paused = true;
    box.addQuotes([QUOTE]);
    box.addEvent(event(1));
    frames[0]!();
    expect([mails[0]!.quotes.length, mails[0]!.events.length]).toEqual([0, 1]);
    box.paused = false;
    box.flush();
    expect(mails[1]!.quotes).toHaveLength(1);
  });
});

describe("the market's clock", () => {
  test("goes on between messages at the speed that heartbeats show", () => {
    const clock = new MarketClock();
    clock.restart(1_000_000, 0);
    expect(clock.now(500)).toBe(1_000_500);
    clock.tellBeat(1_000_000, 1_000);
    clock.tellBeat(1_050_000, 6_000);
    expect(clock.now(6_100)).toBe(1_051_000);
  });

  test("stands still with a recording that has ended", () => {
    const clock = new MarketClock();
    clock.tellBeat(1_000_000, 0);
    clock.tellBeat(1_000_000, 5_000);
    expect(clock.now(9_000)).toBe(1_000_000);
  });
});
