/** Marks on the candles: signals as arrows beside the bar, deals as dots at their price. */

import type { SeriesMarker, UTCTimestamp } from "lightweight-charts";
import type { Deal, SignalRecord } from "../api/objects";
import { millis } from "../format/time";
import type { Palette } from "./palette";

type Marker = SeriesMarker<UTCTimestamp>;

const OF_SIGNAL = "signal:";

/** The signal that a marker stands for; null for other markers. */
export function signalOf(markerId: unknown): string | null {
  if (typeof markerId !== "string" || !markerId.startsWith(OF_SIGNAL)) return null;
  return markerId.slice(OF_SIGNAL.length);
}

/**
 * Make the marks for a series, in the order of time.
 *
 * @param opened when the bars open, in seconds, ascending; marks before the first are left out
 */
export function markersFor(
  signals: readonly SignalRecord[],
  deals: readonly Deal[],
  opened: readonly number[],
  colours: Palette,
): Marker[] {
  const marks = [
    ...signals.map((one) => ofSignal(one, opened, colours)),
    ...deals.map((one) => ofDeal(one, opened, colours)),
  ];
  return marks
    .filter((one) => one !== null)
    .sort((one, other) => Number(one.time) - Number(other.time));
}

function ofSignal(
  signal: SignalRecord,
  opened: readonly number[],
  colours: Palette,
): Marker | null {
  const time = barAt(millis(signal.decided_at ?? signal.received_at), opened);
  if (time === null || signal.side === null) return null;
  const sells = signal.side === "sell";
  // What went into an ensemble's signal has that one's mark.
  if (signal.status === "combined" || signal.status === "waiting") return null;
  const refused = signal.status === "refused";
  const colour = sells ? colours.down : colours.up;
  return {
    id: OF_SIGNAL + signal.id,
    time,
    position: sells ? "aboveBar" : "belowBar",
    shape: signal.side === "close" ? "square" : sells ? "arrowDown" : "arrowUp",
    color: refused ? colours.faint : signal.side === "close" ? colours.soft : colour,
    size: refused ? 0.7 : 1.3,
    text: refused ? "✕" : signal.side,
  };
}

function ofDeal(deal: Deal, opened: readonly number[], colours: Palette): Marker | null {
  const time = barAt(millis(deal.time), opened);
  if (time === null) return null;
  return {
    id: `deal:${deal.id}`,
    time,
    position: "atPriceMiddle",
    price: Number(deal.price),
    shape: deal.entry === "in" ? "circle" : "square",
    color: deal.side === "buy" ? colours.up : colours.down,
    size: 0.6,
  };
}

/** The bar that was open at an instant, by halving. */
function barAt(at: number, opened: readonly number[]): UTCTimestamp | null {
  const second = at / 1000;
  let low = 0;
  let high = opened.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (opened[middle]! <= second) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : (opened[low - 1] as UTCTimestamp);
}
