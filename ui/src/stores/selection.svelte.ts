import type { Interval } from "../api/objects";

export const INTERVALS: readonly Interval[] = ["1m", "5m", "15m", "1h"];

const KEY = "fxpaper.chart";

/** Which symbol and interval the chart shows; remembered. */
export class SelectionStore {
  symbol = $state("");
  interval = $state<Interval>("1m");

  constructor(private readonly storage: Storage) {
    const [symbol = "", interval = ""] = (storage.getItem(KEY) ?? "").split(" ");
    this.symbol = symbol;
    this.interval = INTERVALS.find((one) => one === interval) ?? "1m";
  }

  choose(symbol: string, interval: Interval = this.interval): void {
    this.symbol = symbol;
    this.interval = interval;
    this.storage.setItem(KEY, `${symbol} ${interval}`);
  }
}
