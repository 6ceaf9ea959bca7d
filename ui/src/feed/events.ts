/** What an event of the account changes on the page, and what is told about it. */

import type { AccountEvent } from "../api/frames";
import type { SignalRecord } from "../api/objects";
import { withTimes } from "../format/time";
import { words } from "../format/words";
import type { AccountStore } from "../stores/account.svelte";
import type { DealsStore } from "../stores/deals.svelte";
import type { ModelsStore } from "../stores/models.svelte";
import type { Tone } from "../stores/notices.svelte";
import type { PositionsStore } from "../stores/positions.svelte";
import type { SignalsStore } from "../stores/signals.svelte";

export interface Books {
  account: AccountStore;
  positions: PositionsStore;
  deals: DealsStore;
  signals: SignalsStore;
  models: ModelsStore;
}

/** Put an event into the books. */
export function apply(event: AccountEvent, books: Books): void {
  switch (event.type) {
    case "account_opened":
      books.account.take(event.data);
      return;
    case "trading_state_set":
      books.account.setTrading(event.data.state);
      return;
    case "model_policy_set":
      books.models.setPolicy(event.data.model, event.data.auto_execute);
      return;
    case "signal_received":
    case "signal_released":
    case "signal_unreadable":
    case "signal_decided":
      books.signals.put(event.data);
      return;
    case "deal_booked":
      books.deals.add(event.data);
      return;
    case "position_opened":
    case "position_changed":
      books.positions.open(event.data);
      return;
    case "swap_accrued":
      books.positions.open(event.data.position);
      return;
    case "position_closed":
      books.positions.remove(event.data.position.id);
  }
}

const LIMITS = new Set([
  "risk_too_high",
  "open_risk_too_high",
  "leg_risk_too_high",
  "symbol_risk_too_high",
  "model_risk_too_high",
  "theme_risk_too_high",
  "too_many_positions",
  "daily_loss",
  "drawdown",
  "loss_streak",
  "order_rate",
]);

/**
 * What to say about an event; null for what is better seen than heard, and for what the daemon's
 * alerts say: deals, limits, margin calls, stop-outs.
 */
export function news(event: AccountEvent): { tone: Tone; text: string } | null {
  switch (event.type) {
    case "signal_decided":
    case "signal_unreadable":
      return ofSignal(event.data);
    case "trading_state_set":
      return ofTrading(event.data.state, event.data.reason);
    case "terminal_answered":
      return ofAnswer(event.data.state, event.data.text);
    case "reconciled":
      return { tone: "plain", text: event.data.text };
    default:
      return null;
  }
}

function ofTrading(state: string, reason: string): { tone: Tone; text: string } {
  const why = reason === "" ? "" : ` ${reason}`;
  if (state === "halted") return { tone: "bad", text: `Halted: nothing opens any more.${why}` };
  if (state === "reducing") return { tone: "bad", text: `Only reducing: nothing opens.${why}` };
  if (state === "flatten") return { tone: "bad", text: `Closing every position.${why}` };
  return { tone: "plain", text: `The account trades again.${why}` };
}

function ofAnswer(state: string, text: string): { tone: Tone; text: string } | null {
  if (state === "done" || state === "placed") return null;
  return { tone: "bad", text: `The terminal: ${state}. ${text}` };
}

function ofSignal(signal: SignalRecord): { tone: Tone; text: string } | null {
  if (signal.status !== "refused" || LIMITS.has(signal.code ?? "")) return null;
  const named = [signal.model, signal.symbol, signal.side].filter((one) => one !== null).join(" ");
  const text = signal.text ?? words(signal.code ?? "no reason given");
  return { tone: "bad", text: `Signal ${named || signal.id} refused. ${withTimes(text)}` };
}
