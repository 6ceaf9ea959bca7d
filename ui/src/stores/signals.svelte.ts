import type { SignalRecord } from "../api/objects";

const KEPT = 500;

/** The journal of signals, newest first, and the one that is being explained. */
export class SignalsStore {
  items = $state.raw<SignalRecord[]>([]);
  /** Id of the signal whose "why" is open. */
  explained = $state<string | null>(null);

  replace(items: SignalRecord[]): void {
    this.items = items;
  }

  /** Add a signal, or put its new state in the place of the old one. */
  put(record: SignalRecord): void {
    const known = this.items.some((one) => one.id === record.id);
    this.items = known
      ? this.items.map((one) => (one.id === record.id ? record : one))
      : [record, ...this.items].slice(0, KEPT);
  }

  of(symbol: string): SignalRecord[] {
    return this.items.filter((one) => one.symbol === symbol);
  }
}
