import type { EquityPoint } from "../api/objects";
import { millis } from "../format/time";

const MOST = 6_000;

/** A point of the curve; a number because it is drawn, not booked. */
export interface CurvePoint {
  /** Seconds since 1970. */
  time: number;
  value: number;
}

/** Equity since the daemon started, at most one point a second, oldest first. */
export class EquityStore {
  points = $state.raw<CurvePoint[]>([]);

  replace(items: EquityPoint[]): void {
    const bySecond = new Map<number, CurvePoint>();
    for (const one of items) {
      const point = pointOf(one.time, one.equity);
      bySecond.set(point.time, point);
    }
    this.points = [...bySecond.values()].sort((one, other) => one.time - other.time);
  }

  add(time: string, equity: string): void {
    const point = pointOf(time, equity);
    const last = this.points.at(-1);
    if (last !== undefined && point.time < last.time) return;
    const before = last?.time === point.time ? this.points.slice(0, -1) : this.points;
    this.points = [...before, point].slice(-MOST);
  }
}

function pointOf(time: string, equity: string): CurvePoint {
  return { time: Math.floor(millis(time) / 1000), value: Number(equity) };
}
