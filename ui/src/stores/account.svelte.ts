import type { Account, LimitRoom } from "../api/objects";

/** What the account is worth. */
export class AccountStore {
  value = $state.raw<Account | null>(null);
  /** Floors under the equity, as the daemon told last. */
  floors = $state.raw<LimitRoom[]>([]);

  take(account: Account): void {
    this.value = account;
  }

  setTrading(state: Account["trading"]): void {
    if (this.value !== null) this.value = { ...this.value, trading: state };
  }
}
