/** What an event of the account changes on the page, and what is told about it. */

import type { AccountEvent } from "../api/frames";
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

/**
 * What to say about an event; null for what is better seen than heard, and for what the daemon's
 * alerts say: deals, refusals, limits, halts, margin calls, stop-outs.
 */
export function news(event: AccountEvent): { tone: Tone; text: string } | null {
  switch (event.type) {
    case "terminal_answered":
      return ofAnswer(event.data.state, event.data.text);
    case "reconciled":
      return { tone: "plain", text: event.data.text };
    default:
      return null;
  }
}

function ofAnswer(state: string, text: string): { tone: Tone; text: string } | null {
  if (state === "done" || state === "placed") return null;
  return { tone: "bad", text: `The terminal: ${state}. ${text}` };
}
