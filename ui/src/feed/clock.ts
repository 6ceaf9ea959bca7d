const MOST_MS_AHEAD = 10_000;

/**
 * The market's clock, told by the daemon and carried on in between.
 *
 * A recording has its own time, which may run faster or stand still; so the speed is measured
 * between heartbeats instead of assumed.
 */
export class MarketClock {
  private at: number | null = null;
  private toldAt = 0;
  private rate = 1;
  private beat: { at: number; local: number } | null = null;

  /** Take the time of any message; `local` is the machine's, both in milliseconds. */
  tell(at: number, local: number): void {
    this.at = at;
    this.toldAt = local;
  }

  /** Take the time of a heartbeat, and measure the speed since the last one. */
  tellBeat(at: number, local: number): void {
    if (this.beat !== null && local - this.beat.local >= 1_000) {
      this.rate = Math.max(0, (at - this.beat.at) / (local - this.beat.local));
    }
    this.beat = { at, local };
    this.tell(at, local);
  }

  /** Forget the speed, as after a reconnect to what may be another recording. */
  restart(at: number, local: number): void {
    this.beat = null;
    this.rate = 1;
    this.tell(at, local);
  }

  /** The market's present in milliseconds; null before the first message. */
  now(local: number): number | null {
    if (this.at === null) return null;
    return this.at + Math.min(MOST_MS_AHEAD, local - this.toldAt) * this.rate;
  }
}
