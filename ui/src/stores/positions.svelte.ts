import type { Position, PositionValue } from "../api/objects";

/** Open positions, oldest first, and which of them are being closed from this page. */
export class PositionsStore {
  items = $state.raw<Position[]>([]);
  private closing = $state.raw<ReadonlySet<string>>(new Set());

  replace(items: Position[]): void {
    this.items = items;
  }

  /** Take in a position that has opened, or one that has changed in its place. */
  open(position: Position): void {
    const known = this.items.some((one) => one.id === position.id);
    this.items = known
      ? this.items.map((one) => (one.id === position.id ? { ...one, ...position } : one))
      : [...this.items, position];
  }

  remove(id: string): void {
    this.items = this.items.filter((one) => one.id !== id);
    this.release(id);
  }

  revalue(values: PositionValue[]): void {
    const byId = new Map(values.map((one) => [one.id, one]));
    this.items = this.items.map((one) => ({ ...one, ...byId.get(one.id) }));
  }

  of(symbol: string): Position[] {
    return this.items.filter((one) => one.symbol === symbol);
  }

  isClosing(id: string): boolean {
    return this.closing.has(id);
  }

  /** Reserve a position for one attempt to close it; false when one is under way. */
  claim(id: string): boolean {
    if (this.closing.has(id)) return false;
    this.closing = new Set([...this.closing, id]);
    return true;
  }

  /** The attempt failed or is over: another one may be made. */
  release(id: string): void {
    this.closing = new Set([...this.closing].filter((one) => one !== id));
  }
}
