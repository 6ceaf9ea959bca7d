/** Lines of the open positions: entry, stop-loss, take-profit. */

import type { Position } from "../api/objects";

export interface LevelLine {
  key: string;
  kind: "entry" | "stop" | "target";
  side: Position["side"];
  /** A number because it is drawn, not booked. */
  price: number;
  title: string;
}

export function levelLines(positions: readonly Position[]): LevelLine[] {
  return positions.flatMap((one) => {
    const line = (kind: LevelLine["kind"], price: string, title: string): LevelLine => ({
      key: `${one.id} ${kind}`,
      kind,
      side: one.side,
      price: Number(price),
      title,
    });
    const lines = [line("entry", one.open_price, `${one.side} ${one.lots}`)];
    if (one.stop_loss !== null) lines.push(line("stop", one.stop_loss, "SL"));
    if (one.take_profit !== null) lines.push(line("target", one.take_profit, "TP"));
    return lines;
  });
}
