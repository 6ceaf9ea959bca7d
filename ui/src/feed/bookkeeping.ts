/** Carries what comes in to the stores, and asks REST for what the socket does not tell. */

import type { Rest } from "../api/rest";
import type { Stores } from "../desk";
import { millis } from "../format/time";
import { apply, news } from "./events";
import type { Inbox, Mail } from "./inbox";
import type { Listener } from "./session";

const MODELS_AFTER_MS = 400;
const SCORES_AFTER_MS = 2_000;

export class Bookkeeping {
  /** Called when it is known which symbols are watched. */
  onSymbols: (symbols: string[]) => void = () => undefined;
  private readonly askModelsSoon: () => void;
  private readonly askScoresSoon: () => void;

  constructor(
    private readonly stores: Stores,
    private readonly rest: Rest,
  ) {
    const { models, scores } = stores;
    this.askModelsSoon = soon(MODELS_AFTER_MS, async () => models.replace(await rest.models()));
    this.askScoresSoon = soon(SCORES_AFTER_MS, async () => scores.replace(await rest.scores()));
  }

  listener(inbox: Inbox, now: () => number): Listener {
    const { alerts, connection, market, notices } = this.stores;
    return {
      onState: (state) => connection.change(state),
      onWelcome: (welcome) => {
        connection.server = welcome.server;
        connection.wasOpen = true;
        market.demo = welcome.demo;
        market.clock.restart(millis(welcome.time), now());
        market.tick(now());
        void this.askAll();
      },
      onHeartbeat: (heartbeat) => {
        market.clock.tellBeat(millis(heartbeat.time), now());
        market.sources = heartbeat.sources;
        market.open = heartbeat.market_open;
        market.tick(now());
      },
      onAccount: (snapshot) => inbox.addAccount(snapshot),
      onEvent: (event) => inbox.addEvent(event),
      onQuotes: (quotes) => inbox.addQuotes(quotes),
      onBars: (snapshot) => inbox.addBars(snapshot),
      onBar: (bar) => inbox.addBar(bar),
      onValuation: (valuation) => {
        market.clock.tell(millis(valuation.time), now());
        inbox.addValuation(valuation);
      },
      onAlert: (alert) => alerts.take(alert),
      onError: (error) => notices.tell([{ tone: "bad", text: error.detail }]),
    };
  }

  /** Put everything that came since the last frame into the stores. */
  collect(mail: Mail): void {
    const { account, bars, deals, equity, market, models, positions, quotes, signals } =
      this.stores;
    if (mail.account !== null) {
      const told = mail.account.data;
      account.take(told.account);
      positions.replace(told.positions);
      deals.replace(told.deals);
      signals.replace(told.signals);
      models.replace(told.models);
    }
    for (const event of mail.events) apply(event, this.stores);
    this.tellNews(mail);
    if (mail.quotes.length > 0) {
      quotes.take(mail.quotes);
      for (const one of mail.quotes) market.heard(one.source, millis(one.received_at));
    }
    if (mail.barsSnapshot !== null) {
      const { symbol, interval, data } = mail.barsSnapshot;
      bars.replace(symbol, interval, data);
    }
    if (mail.bars.length > 0) bars.grow(mail.bars);
    if (mail.valuation !== null) {
      account.take(mail.valuation.account);
      positions.revalue(mail.valuation.positions);
      equity.add(mail.valuation.time, mail.valuation.account.equity);
    }
  }

  async askHealth(): Promise<void> {
    const { account, connection, market } = this.stores;
    if (connection.sessionEnded) return;
    try {
      market.takeHealth(await this.rest.health());
      account.floors = (await this.rest.headroom()).floors;
    } catch {
      // The socket's own state already says that the daemon cannot be reached.
    }
  }

  private async askAll(): Promise<void> {
    const { equity, quotes, scores } = this.stores;
    await this.askHealth();
    try {
      quotes.instruments = await this.rest.instruments();
      this.onSymbols(quotes.symbols);
      equity.replace(await this.rest.equity());
      scores.replace(await this.rest.scores());
    } catch {
      // Asked again after the next reconnect; the socket tells the rest meanwhile.
    }
  }

  private tellNews(mail: Mail): void {
    const told = mail.events.map((event) => news(event)).filter((one) => one !== null);
    if (told.length > 0) this.stores.notices.tell(told);
    const came = (kind: string) => mail.events.some((event) => event.type.startsWith(kind));
    if (came("signal_")) this.askModelsSoon();
    if (came("signal_") || came("position_closed")) this.askScoresSoon();
  }
}

/** Ask once after a while, however often it is called until then: what comes together is one question. */
function soon(after: number, ask: () => Promise<void>): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null;
  return () => {
    if (timer !== null) return;
    timer = setTimeout(() => {
      timer = null;
      // What is shown stays until the next answer.
      ask().catch(() => undefined);
    }, after);
  };
}
