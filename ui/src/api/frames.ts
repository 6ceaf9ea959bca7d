/** What travels over the WebSocket, as docs/reference/api.md has it. */

import type {
  Account,
  Bar,
  Deal,
  Model,
  Order,
  Position,
  PositionValue,
  Quote,
  SignalRecord,
  SourceState,
} from "./objects";

export interface Welcome {
  type: "welcome";
  protocol: number;
  server: string;
  mode: string;
  account: string;
  time: string;
  heartbeat_s: number;
  demo: boolean;
}

export interface Ack {
  type: "ack";
  id: number | string | null;
  stream: string;
  epoch?: string;
  seq?: number;
  resumed?: boolean;
}

export interface AccountData {
  account: Account;
  positions: Position[];
  orders: Order[];
  deals: Deal[];
  signals: SignalRecord[];
  models: Model[];
}

export interface AccountSnapshot {
  type: "snapshot";
  stream: `account:${string}`;
  epoch: string;
  seq: number;
  data: AccountData;
}

export interface BarsSnapshot {
  type: "snapshot";
  stream: "bars";
  symbol: string;
  interval: string;
  data: Bar[];
}

interface Numbered<Type extends string, Data> {
  type: Type;
  stream: string;
  seq: number;
  time: string;
  data: Data;
}

/** One event of the account's log. Types that a newer daemon adds arrive too, and are numbered alike. */
export type AccountEvent =
  | Numbered<"account_opened", Account>
  | Numbered<"model_policy_set", { account: string; model: string; auto_execute: boolean }>
  | Numbered<
      "signal_received" | "signal_released" | "signal_unreadable" | "signal_decided",
      SignalRecord
    >
  | Numbered<"order_placed" | "order_filled" | "order_changed" | "order_ended", Order>
  | Numbered<"deal_booked", Deal>
  | Numbered<"position_opened" | "position_changed", Position>
  | Numbered<"swap_accrued", { position: Position; amount: string; nights: number }>
  | Numbered<"limit_reached", { limit: string; equity: string; floor: string }>
  | Numbered<"trading_state_set", { state: Account["trading"]; reason: string }>
  | Numbered<
      "terminal_answered",
      { command_id: string; state: string; retcode: number; text: string }
    >
  | Numbered<"reconciled", { text: string }>
  | Numbered<
      "margin_called" | "margin_restored" | "stopped_out",
      { equity: string; margin: string; level: string | null }
    >
  | Numbered<
      "position_closed",
      {
        position: Position;
        deal_id: string;
        profit: string;
        commission: string;
        swap: string;
        r: string | null;
      }
    >;

export interface Valuation {
  type: "valuation";
  stream: "valuation";
  time: string;
  account: Account;
  positions: PositionValue[];
}

export interface Heartbeat {
  type: "heartbeat";
  time: string;
  seq: Record<string, number>;
  market_open: boolean;
  sources: SourceState[];
}

export interface StreamError {
  type: "error";
  id: number | string | null;
  code: string;
  detail: string;
}

export interface Goodbye {
  type: "goodbye";
  reason: string;
}

/** What people are told: one alert, or several that came together. */
export interface AlertMessage {
  type: "alert";
  stream: "alerts";
  time: string;
  title: string;
  kinds: string[];
  tone: "good" | "bad" | "plain";
  count: number;
  lines: string[];
}

export type QuoteMessage = { type: "quote" } & Quote;
export type BarMessage = { type: "bar"; stream: "bars" } & Bar;

export type Message =
  | Welcome
  | Ack
  | AccountSnapshot
  | BarsSnapshot
  | AccountEvent
  | Valuation
  | Heartbeat
  | StreamError
  | Goodbye
  | AlertMessage
  | QuoteMessage
  | BarMessage;

/** A frame holds one message, or several quotes. */
export type Frame = Message | QuoteMessage[];

export const CLOSE_UNAUTHORIZED = 4001;
export const CLOSE_FOREIGN_ORIGIN = 4003;
