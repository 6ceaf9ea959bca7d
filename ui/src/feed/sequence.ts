/** Where this page stopped in the account's log. */
export interface Place {
  epoch: string;
  seq: number;
}

export type Verdict = "next" | "seen" | "gap";

/** Watches that no event of the account is missed: their numbers have no gaps. */
export class Sequence {
  private at: Place | null = null;
  private lag: number | null = null;

  /** Where to resume from; null before the first snapshot. */
  get place(): Place | null {
    return this.at;
  }

  /** Start over from a snapshot. */
  begin(epoch: string, seq: number): void {
    this.at = { epoch, seq };
    this.lag = null;
  }

  /** Judge an event by its number; `next` moves on, anything else changes nothing. */
  take(seq: number): Verdict {
    if (this.at === null) return "gap";
    if (seq <= this.at.seq) return "seen";
    if (seq !== this.at.seq + 1) return "gap";
    this.at = { epoch: this.at.epoch, seq };
    return "next";
  }

  /**
   * Judge the number that a heartbeat names; true when events were missed.
   *
   * An event may be on its way when the heartbeat is made, so one heartbeat that is ahead proves
   * nothing. A second one does when still nothing has come of what the first one named.
   */
  isBehind(named: number): boolean {
    if (this.at === null) return false;
    const missing = this.lag !== null && this.at.seq < this.lag;
    this.lag = named > this.at.seq ? named : null;
    return missing;
  }
}
