import type { Account } from "../api/objects";

/** What the account is worth. */
export class AccountStore {
  value = $state.raw<Account | null>(null);

  take(account: Account): void {
    this.value = account;
  }

  setTrading(state: Account["trading"]): void {
    if (this.value !== null) this.value = { ...this.value, trading: state };
  }
}
