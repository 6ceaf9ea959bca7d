/** The objects of docs/reference/api.md. Prices, money and lots are decimal strings; times RFC 3339. */

export type Side = "buy" | "sell";
export type SignalSide = Side | "close";
export type Grade = "A" | "B" | "C" | "D" | "E";
export type Transport = "stream" | "rest" | "file" | "simulated";
export type Interval = "1m" | "5m" | "15m" | "1h";

export interface Quote {
  symbol: string;
  bid: string;
  ask: string;
  digits: number;
  spread_points: number;
  quoted_at: string;
  received_at: string;
  source: string;
  transport: Transport;
  spread: "real" | "modelled";
  grade: Grade;
  simulated: boolean;
}

export interface Bar {
  symbol: string;
  interval: string;
  opened_at: string;
  open: string;
  high: string;
  low: string;
  close: string;
  quotes: number;
  closed: boolean;
  source: string;
}

export interface Account {
  id: string;
  mode: string;
  currency: string;
  leverage: number;
  initial_balance: string;
  balance: string;
  floating_profit: string;
  equity: string;
  margin: string;
  free_margin: string;
  margin_level: string | null;
  complete: boolean;
  opened_at: string;
  seq: number;
  trading: "active" | "reducing" | "halted" | "flatten";
  terminal: string | null;
}

export interface Position {
  id: string;
  account: string;
  mode: string;
  symbol: string;
  side: Side;
  lots: string;
  open_price: string;
  opened_at: string;
  stop_loss: string | null;
  take_profit: string | null;
  margin: string;
  commission: string;
  risk: string | null;
  order_id: string;
  signal_id: string | null;
  model: string | null;
  current_price: string | null;
  profit: string | null;
  r: string | null;
  digits: number;
}

/** What a position is worth now. */
export type PositionValue = Pick<Position, "id" | "current_price" | "profit" | "r">;

export interface Order {
  id: string;
  symbol: string;
  side: Side;
  lots: string;
  stop_loss: string | null;
  take_profit: string | null;
  state: string;
  fill_price: string | null;
  placed_at: string;
  filled_at: string | null;
  signal_id: string | null;
  digits: number;
}

export interface Deal {
  id: string;
  position_id: string;
  order_id: string | null;
  signal_id: string | null;
  symbol: string;
  side: Side;
  entry: "in" | "out";
  lots: string;
  price: string;
  time: string;
  reason: "signal" | "manual" | "stop_loss" | "take_profit";
  commission: string;
  swap: string;
  profit: string;
  gross: string;
  gross_currency: string;
  conversion: string | null;
  balance: string;
  digits: number;
  quote: Quote;
}

export type Level = { price: string } | { pips: string } | { r: string };

export interface Check {
  name: string;
  actual: string;
  limit: string;
  passed: boolean;
}

/** What one model had to say when an ensemble decided. */
export interface Contribution {
  model: string;
  side: SignalSide;
  confidence: string;
  weight: string;
  signal_id: string;
  agrees: boolean;
}

export interface SignalRecord {
  id: string;
  given_id: string | null;
  account: string;
  mode: string;
  model: string | null;
  symbol: string | null;
  side: SignalSide | null;
  confidence: string | null;
  stop_loss: Level | null;
  take_profit: Level | null;
  rungs: Level[];
  entry: string | null;
  time: string | null;
  expires_at: string | null;
  received_at: string;
  door: string;
  status: "waiting" | "executed" | "refused" | "combined";
  decided_at: string | null;
  code: string | null;
  text: string | null;
  actual: string | null;
  limit: string | null;
  checks: Check[];
  sizing: Record<string, string>;
  quote: Quote | null;
  order_id: string | null;
  position_ids: string[];
  entry_price: string | null;
  stop_loss_price: string | null;
  take_profit_price: string | null;
  lots: string | null;
  ensemble_signal_id: string | null;
  contributions: Contribution[];
  raw: string | null;
}

/** A signal with everything it led to. */
export interface SignalChain {
  signal: SignalRecord;
  order: Order | null;
  positions: Position[];
  deals: Deal[];
}

export interface Model {
  model: string;
  auto_execute: boolean;
  signals: number;
  executed: number;
  refused: number;
  combined: number;
}

/** One point of the reliability curve. */
export interface ReliabilityBin {
  begins: string;
  ends: string;
  trades: number;
  wins: number;
  confidence: string;
  rate: string;
}

/** What a model's signals and closed trades came to; `missing` says why a number is null. */
export interface ModelScore {
  model: string;
  currency: string;
  signals: Record<string, number>;
  refusals: Record<string, number>;
  trades: number;
  hit_rate: string | null;
  hit_rate_from: string | null;
  hit_rate_to: string | null;
  expectancy: string | null;
  expectancy_error: string | null;
  sqn: string | null;
  profit_factor: string | null;
  average_win: string | null;
  average_loss: string | null;
  worst_streak: number;
  net: string;
  calibration: {
    trades: number;
    minimum: number;
    enough: boolean;
    brier: string;
    log_score: string | null;
    ece: string;
    bins: ReliabilityBin[];
  } | null;
  decay: { weaker: boolean; text: string };
  missing: Record<string, string>;
}

export type SourceCondition =
  | "idle"
  | "connecting"
  | "live"
  | "quiet"
  | "failed"
  | "limited"
  | "finished";

export interface SourceState {
  name: string;
  state: SourceCondition;
  active: boolean;
  grade: Grade;
  transport: Transport;
  symbols: string[];
  last_quote_at: string | null;
  age_ms: number | null;
  error: string | null;
  used_minute: number;
  limit_minute: number | null;
  used_hour: number;
  limit_hour: number | null;
  used_day: number;
  limit_day: number | null;
  simulated: boolean;
  retry_at: string | null;
  title: string;
  sides: string;
  updates: string;
  history: string;
  free_plan: string;
  /** What was found out about this key. */
  probe: string | null;
  /** How often a symbol has gone over to it. */
  switches: number;
  /** Quotes kept back or corrected, by reason. */
  refused: Record<string, number>;
}

export interface Instrument {
  symbol: string;
  base: string;
  quote: string;
  digits: number;
  /** Points in a pip. */
  pip: number;
  subscribed: boolean;
}

/** How far equity is from a floor; amounts in the account's currency. */
export interface LimitRoom {
  limit: string;
  floor: string;
  allowed: string;
  left: string;
  left_at_stops: string;
  formula: string;
  reached: boolean;
}

/** What the account may lose yet; a part of what the daemon tells. */
export interface Headroom {
  day_ends_at: string;
  floors: LimitRoom[];
}

export interface EquityPoint {
  time: string;
  balance: string;
  equity: string;
}

export interface Health {
  status: "ok" | "degraded";
  version: string;
  mode: string;
  time: string;
  started_at: string;
  account: string;
  demo: boolean;
  simulated: boolean;
  market_open: boolean;
  note: string | null;
  sources: SourceState[];
}
