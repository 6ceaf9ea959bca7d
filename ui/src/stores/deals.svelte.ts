import type { Deal } from "../api/objects";

const KEPT = 500;

/** Fills, newest first. */
export class DealsStore {
  items = $state.raw<Deal[]>([]);

  replace(items: Deal[]): void {
    this.items = items;
  }

  add(deal: Deal): void {
    this.items = [deal, ...this.items.filter((one) => one.id !== deal.id)].slice(0, KEPT);
  }

  of(symbol: string): Deal[] {
    return this.items.filter((one) => one.symbol === symbol);
  }
}
