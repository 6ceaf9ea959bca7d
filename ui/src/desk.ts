/** Wiring: builds the stores, the session and what connects them. */

import { getContext, setContext } from "svelte";
import { Rest } from "./api/rest";
import { browserBells } from "./feed/bells";
import { Bookkeeping } from "./feed/bookkeeping";
import { Inbox } from "./feed/inbox";
import { FeedSession } from "./feed/session";
import type { Surroundings } from "./feed/socket";
import { AccountStore } from "./stores/account.svelte";
import { AlertsStore } from "./stores/alerts.svelte";
import { BarsStore } from "./stores/bars.svelte";
import { ConnectionStore } from "./stores/connection.svelte";
import { DealsStore } from "./stores/deals.svelte";
import { EquityStore } from "./stores/equity.svelte";
import { MarketStore } from "./stores/market.svelte";
import { ModelsStore } from "./stores/models.svelte";
import { NoticesStore } from "./stores/notices.svelte";
import { PositionsStore } from "./stores/positions.svelte";
import { QuotesStore } from "./stores/quotes.svelte";
import { ScoresStore } from "./stores/scores.svelte";
import { SelectionStore } from "./stores/selection.svelte";
import { SignalsStore } from "./stores/signals.svelte";
import { ThemeStore } from "./stores/theme.svelte";

const HEALTH_EVERY_MS = 10_000;

export function buildStores() {
  const notices = new NoticesStore();
  return {
    connection: new ConnectionStore(),
    market: new MarketStore(),
    account: new AccountStore(),
    positions: new PositionsStore(),
    deals: new DealsStore(),
    signals: new SignalsStore(),
    models: new ModelsStore(),
    scores: new ScoresStore(),
    quotes: new QuotesStore(),
    bars: new BarsStore(),
    equity: new EquityStore(),
    notices,
    alerts: new AlertsStore(localStorage, notices, browserBells()),
    selection: new SelectionStore(localStorage),
    theme: new ThemeStore(
      document.documentElement,
      localStorage,
      matchMedia("(prefers-color-scheme: light)"),
    ),
  };
}

export type Stores = ReturnType<typeof buildStores>;

/** What components get: the stores, and what they may ask the daemon for. */
export interface Desk extends Stores {
  rest: Rest;
  /** Show another symbol or interval on the chart. */
  chart: SelectionStore["choose"];
  /** Hold prices still, or let them run again. */
  pause(paused: boolean): void;
  /** Connect at once instead of waiting for the next attempt. */
  retryNow(): void;
}

const KEY = Symbol("desk");

export function provideDesk(desk: Desk): void {
  setContext(KEY, desk);
}

export function useDesk(): Desk {
  return getContext<Desk>(KEY);
}

function browser(): Surroundings {
  const url = new URL("/api/v1/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return {
    open: () => new WebSocket(url, "fxpaper.v1"),
    now: () => performance.now(),
    chance: () => Math.random(),
  };
}

/** Start the page's life: connect, keep the books, ask REST for what the socket does not tell. */
export function openDesk(around: Surroundings = browser(), rest: Rest = new Rest()): Desk {
  const stores = buildStores();
  const books = new Bookkeeping(stores, rest);
  const inbox = new Inbox(
    (collect) => requestAnimationFrame(collect),
    (mail) => books.collect(mail),
  );
  const session = new FeedSession(around, books.listener(inbox, around.now));
  rest.onUnauthorized = () => {
    stores.connection.sessionEnded = true;
    session.stop();
  };
  const { selection, market } = stores;
  if (selection.symbol !== "") session.watchBars(selection.symbol, selection.interval);
  const chart: Desk["chart"] = (symbol, interval) => {
    selection.choose(symbol, interval);
    session.watchBars(selection.symbol, selection.interval);
  };
  books.onSymbols = (symbols) => {
    const first = symbols[0];
    if (first !== undefined && !symbols.includes(selection.symbol)) chart(first);
  };
  session.start();
  setInterval(() => market.tick(around.now()), 1_000);
  setInterval(() => void books.askHealth(), HEALTH_EVERY_MS);
  return {
    ...stores,
    rest,
    chart,
    retryNow: () => session.hurry(),
    pause: (paused) => {
      inbox.paused = paused;
      if (!paused) inbox.flush();
    },
  };
}
