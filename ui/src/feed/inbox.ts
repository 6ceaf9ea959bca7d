/**
 * Where the socket leaves what it gets, outside the framework.
 *
 * Quotes, values and growing bars overwrite what nobody has looked at yet; account events are kept
 * in order. The page collects everything at once, at most once per animation frame.
 */

import type { AccountEvent, AccountSnapshot, BarsSnapshot, Valuation } from "../api/frames";
import type { Bar, Quote } from "../api/objects";

/** What came since the last collection. */
export interface Mail {
  quotes: Quote[];
  account: AccountSnapshot | null;
  events: AccountEvent[];
  barsSnapshot: BarsSnapshot | null;
  bars: Bar[];
  valuation: Valuation | null;
}

export class Inbox {
  private quotes = new Map<string, Quote>();
  private account: AccountSnapshot | null = null;
  private events: AccountEvent[] = [];
  private barsSnapshot: BarsSnapshot | null = null;
  private bars = new Map<string, Bar>();
  private valuation: Valuation | null = null;
  private asked = false;

  /** While true, prices and values wait; what happens on the account does not. */
  paused = false;

  constructor(
    private readonly nextFrame: (collect: () => void) => void,
    private readonly collect: (mail: Mail) => void,
  ) {}

  addQuotes(quotes: Quote[]): void {
    for (const quote of quotes) this.quotes.set(quote.symbol, quote);
    this.ask();
  }

  addAccount(snapshot: AccountSnapshot): void {
    this.account = snapshot;
    this.events = [];
    this.ask();
  }

  addEvent(event: AccountEvent): void {
    this.events.push(event);
    this.ask();
  }

  addBars(snapshot: BarsSnapshot): void {
    this.barsSnapshot = snapshot;
    this.bars.clear();
    this.ask();
  }

  addBar(bar: Bar): void {
    this.bars.set(bar.opened_at, bar);
    this.ask();
  }

  addValuation(valuation: Valuation): void {
    this.valuation = valuation;
    this.ask();
  }

  /** Collect now, whether or not something new came. */
  flush(): void {
    this.asked = false;
    const prices = this.paused
      ? { quotes: [], bars: [], valuation: null }
      : {
          quotes: [...this.quotes.values()],
          bars: [...this.bars.values()],
          valuation: this.valuation,
        };
    const { account, events, barsSnapshot } = this;
    this.account = this.barsSnapshot = null;
    this.events = [];
    if (!this.paused) {
      this.quotes.clear();
      this.bars.clear();
      this.valuation = null;
    }
    this.collect({ ...prices, account, events, barsSnapshot });
  }

  private ask(): void {
    if (this.asked) return;
    this.asked = true;
    this.nextFrame(() => this.flush());
  }
}
