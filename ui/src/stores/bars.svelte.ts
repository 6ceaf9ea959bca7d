import type { Bar } from "../api/objects";

const MOST = 4_000;

/** The series of bars on the chart, oldest first. */
export class BarsStore {
  symbol = $state("");
  interval = $state("");
  items = $state.raw<Bar[]>([]);
  /** Grows whenever the whole series is another one, not just longer. */
  series = $state(0);

  replace(symbol: string, interval: string, items: Bar[]): void {
    this.symbol = symbol;
    this.interval = interval;
    this.items = items;
    this.series += 1;
  }

  /** Take bars that grew or were begun. */
  grow(bars: Bar[]): void {
    const items = [...this.items];
    for (const bar of bars) {
      if (bar.symbol !== this.symbol || bar.interval !== this.interval) continue;
      let end = items.length;
      while (end > 0 && items[end - 1]!.opened_at > bar.opened_at) end -= 1;
      if (end > 0 && items[end - 1]!.opened_at === bar.opened_at) items[end - 1] = bar;
      else items.splice(end, 0, bar);
    }
    if (items.length > MOST) {
      items.splice(0, items.length - MOST);
      this.series += 1;
    }
    this.items = items;
  }
}
