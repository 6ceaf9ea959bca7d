import type { Health, SourceState } from "../api/objects";
import { MarketClock } from "../feed/clock";
import { millis } from "../format/time";

/** The state of the feed in one word, and why. */
export type FeedState =
  | { kind: "connecting" | "closed" | "ended" }
  | { kind: "live" | "stale"; source: string; ageMs: number }
  | { kind: "silent"; reason: string };

/** Ages at which the daemon stops filling, by its defaults. */
const FIT_MS = { stream: 5_000, rest: 10_000, file: 5_000, simulated: 5_000 } as const;

/** Where prices come from, and the market's time. */
export class MarketStore {
  readonly clock = new MarketClock();
  sources = $state.raw<SourceState[]>([]);
  open = $state(true);
  demo = $state(false);
  /** What is wrong, in the daemon's words. */
  note = $state<string | null>(null);
  /** The market's present in milliseconds; moves once a second. */
  now = $state<number | null>(null);
  private quotedAt = $state.raw<Record<string, number>>({});

  get active(): SourceState | null {
    return this.sources.find((one) => one.active) ?? null;
  }

  get simulated(): boolean {
    return this.sources.some((one) => one.active && one.simulated);
  }

  get feed(): FeedState {
    if (this.sources.length === 0) return { kind: "connecting" };
    const active = this.active;
    if (active === null) return { kind: "silent", reason: "No price source is working" };
    if (active.state === "finished") return { kind: "ended" };
    if (!this.open) return { kind: "closed" };
    const ageMs = this.ageOf(active);
    if (ageMs === null) return { kind: "silent", reason: `${active.name} has no quote yet` };
    const kind = ageMs > FIT_MS[active.transport] ? "stale" : "live";
    return { kind, source: active.name, ageMs };
  }

  /** How old the newest quote of a source is, in milliseconds of the market's clock. */
  ageOf(source: SourceState): number | null {
    const told = source.last_quote_at === null ? null : millis(source.last_quote_at);
    const seen = this.quotedAt[source.name];
    const newest = Math.max(told ?? -Infinity, seen ?? -Infinity);
    if (newest === -Infinity || this.now === null) return source.age_ms;
    return Math.max(0, this.now - newest);
  }

  /** Note that a source gave a quote. */
  heard(source: string, at: number): void {
    if ((this.quotedAt[source] ?? -Infinity) < at) {
      this.quotedAt = { ...this.quotedAt, [source]: at };
    }
  }

  takeHealth(health: Health): void {
    this.sources = health.sources;
    this.open = health.market_open;
    this.demo = health.demo;
    this.note = health.note;
  }

  /** Move the shown time on. */
  tick(local: number): void {
    this.now = this.clock.now(local);
  }
}
