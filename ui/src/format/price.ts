/** Prices as traders read them. */

export interface PriceParts {
  /** What rarely changes. */
  lead: string;
  /** The two digits of the pip. */
  pips: string;
  /** The tenth of a pip, where the price has one. */
  point: string;
}

/** Split a price so that its pips can be set off: `1.08241` is `1.08`, `24`, `1`. */
export function priceParts(price: string, digits: number): PriceParts {
  const tenths = digits === 3 || digits === 5 ? 1 : 0;
  const end = price.length - tenths;
  const start = Math.max(0, end - 2);
  if (price.slice(start, end).includes(".")) return { lead: price, pips: "", point: "" };
  return { lead: price.slice(0, start), pips: price.slice(start, end), point: price.slice(end) };
}

/** A spread in pips with one decimal: 12 points of a ten-point pip are `1.2`. */
export function spreadInPips(points: number, pip: number): string {
  return (points / pip).toFixed(1);
}
