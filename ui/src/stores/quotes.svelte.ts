import type { Instrument, Quote } from "../api/objects";

export type Move = "up" | "down" | "same";

export interface QuoteRow {
  quote: Quote;
  /** Which way the bid moved last. */
  move: Move;
}

/** The latest quote of each watched symbol. */
export class QuotesStore {
  instruments = $state.raw<Instrument[]>([]);
  rows = $state.raw<Record<string, QuoteRow>>({});

  /** Watched symbols in the daemon's order, then any other that is quoted. */
  get symbols(): string[] {
    const watched = this.instruments.filter((one) => one.subscribed).map((one) => one.symbol);
    const others = Object.keys(this.rows).filter((one) => !watched.includes(one));
    return [...watched, ...others];
  }

  /** Points in a pip of a symbol: the profile's, or the convention for its decimals. */
  pipOf(symbol: string, digits: number): number {
    const known = this.instruments.find((one) => one.symbol === symbol)?.pip;
    return known ?? (digits === 3 || digits === 5 ? 10 : 1);
  }

  take(quotes: Quote[]): void {
    const rows = { ...this.rows };
    for (const quote of quotes) {
      const old = rows[quote.symbol];
      rows[quote.symbol] = { quote, move: old === undefined ? "same" : moved(old, quote) };
    }
    this.rows = rows;
  }
}

function moved(old: QuoteRow, quote: Quote): Move {
  // Compared only; what is shown is the daemon's own text.
  const difference = Number(quote.bid) - Number(old.quote.bid);
  if (difference === 0) return old.move;
  return difference > 0 ? "up" : "down";
}
