/** Objects of the API for tests, each as small as its type allows. */

import type { AccountEvent, AccountSnapshot } from "../src/api/frames";
import type { Account, Bar, Deal, ModelScore, Position, Quote, SignalRecord, SourceState } from "../src/api/objects";

export const QUOTE: Quote = {
  symbol: "EURUSD",
  bid: "1.08241",
  ask: "1.08253",
  digits: 5,
  spread_points: 12,
  quoted_at: "2026-11-20T21:00:00.000000Z",
  received_at: "2026-11-20T21:00:00.100000Z",
  source: "simulator",
  transport: "simulated",
  spread: "real",
  grade: "A",
  simulated: true,
};

export const POSITION: Position = {
  id: "p-17",
  account: "paper",
  mode: "paper",
  symbol: "EURUSD",
  side: "buy",
  lots: "0.40",
  open_price: "1.08250",
  opened_at: "2026-11-20T21:00:00.000000Z",
  stop_loss: "1.08000",
  take_profit: null,
  margin: "433.00",
  commission: "0.00",
  risk: "100.00",
  order_id: "o-15",
  signal_id: "s1",
  model: "trend",
  current_price: "1.08300",
  profit: "20.00",
  r: "0.2041",
  digits: 5,
};

export const ACCOUNT: Account = {
  id: "paper",
  mode: "paper",
  currency: "USD",
  leverage: 100,
  initial_balance: "100000.00",
  balance: "100000.00",
  floating_profit: "20.00",
  equity: "100020.00",
  margin: "433.00",
  free_margin: "99587.00",
  margin_level: "23099.31",
  complete: true,
  trading: "active",
  terminal: null,
  opened_at: "2026-11-20T20:00:00.000000Z",
  seq: 10,
};

export const DEAL: Deal = {
  id: "d-16",
  position_id: "p-17",
  order_id: null,
  signal_id: "s1",
  symbol: "EURUSD",
  side: "sell",
  entry: "out",
  lots: "0.40",
  price: "1.08300",
  time: "2026-11-20T21:01:30.000000Z",
  reason: "take_profit",
  commission: "0.00",
  swap: "0.00",
  profit: "-1234.50",
  gross: "-1234.50",
  gross_currency: "USD",
  conversion: null,
  balance: "98765.50",
  digits: 5,
  quote: QUOTE,
};

export const SIGNAL: SignalRecord = {
  id: "s1",
  given_id: "s1",
  account: "paper",
  mode: "paper",
  model: "trend",
  symbol: "EURUSD",
  side: "buy",
  confidence: "0.82",
  stop_loss: { pips: "25" },
  take_profit: { r: "2" },
  rungs: [],
  entry: null,
  time: "2026-11-20T21:01:00.000000Z",
  expires_at: "2026-11-20T21:06:00.000000Z",
  received_at: "2026-11-20T21:01:00.000000Z",
  door: "http",
  status: "executed",
  decided_at: "2026-11-20T21:01:00.000000Z",
  code: null,
  text: null,
  actual: null,
  limit: null,
  checks: [],
  sizing: {},
  quote: QUOTE,
  order_id: "o-15",
  position_ids: ["p-17"],
  entry_price: "1.08253",
  stop_loss_price: "1.08003",
  take_profit_price: "1.08753",
  lots: "0.40",
  ensemble_signal_id: null,
  contributions: [],
  raw: null,
};

export const SOURCE: SourceState = {
  name: "simulator",
  state: "live",
  active: true,
  grade: "A",
  transport: "stream",
  symbols: ["EURUSD"],
  last_quote_at: "2026-11-20T21:00:00.000000Z",
  age_ms: 0,
  error: null,
  used_minute: 0,
  limit_minute: null,
    used_hour: 0,
    limit_hour: null,
  used_day: 0,
  limit_day: null,
  simulated: false,
  retry_at: null,
    title: "",
    sides: "",
    updates: "",
    history: "",
    free_plan: "",
    probe: null,
    switches: 0,
    refused: {},
};

export function bar(opened_at: string, close: string, closed = true): Bar {
  return {
    symbol: "EURUSD",
    interval: "1m",
    opened_at,
    open: "1.08200",
    high: "1.08400",
    low: "1.08100",
    close,
    quotes: 3,
    closed,
    source: "simulator",
  };
}

export function snapshot(seq: number, epoch = "b81f"): AccountSnapshot {
  const data = { account: ACCOUNT, positions: [], orders: [], deals: [], signals: [], models: [] };
  return { type: "snapshot", stream: "account:paper", epoch, seq, data };
}

export function event(seq: number): AccountEvent {
  const time = "2026-11-20T21:00:00.000000Z";
  return { type: "position_opened", stream: "account:paper", seq, time, data: POSITION };
}

/** The six trades of docs/reference/scores.md. */
export const SCORE: ModelScore = {
  model: "trend",
  currency: "USD",
  signals: { waiting: 0, executed: 7, refused: 2 },
  refusals: { confidence_too_low: 2 },
  trades: 6,
  hit_rate: "0.5000",
  hit_rate_from: "0.2213",
  hit_rate_to: "0.7787",
  expectancy: "0.2500",
  expectancy_error: "0.5737",
  sqn: "0.44",
  profit_factor: "1.5000",
  average_win: "150.00",
  average_loss: "-100.00",
  worst_streak: 1,
  net: "150.00",
  calibration: {
    trades: 6,
    minimum: 50,
    enough: false,
    brier: "0.2717",
    log_score: null,
    ece: "0.2500",
    bins: [
      { begins: "0.6", ends: "0.7", trades: 2, wins: 1, confidence: "0.6000", rate: "0.5000" },
      { begins: "0.7", ends: "0.8", trades: 3, wins: 1, confidence: "0.7000", rate: "0.3333" },
    ],
  },
  decay: { weaker: false, text: "Too few trades to tell: 6 with an R, 30 are needed." },
  missing: { log_score: "infinite: it was certain and wrong" },
};
