/** Calls at most once per interval, the last call never lost. */
export class Pace {
  private timer: ReturnType<typeof setTimeout> | null = null;
  private lastAt = -Infinity;

  constructor(
    private readonly everyMs: number,
    private readonly act: () => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  ask(): void {
    if (this.timer !== null) return;
    const wait = this.lastAt + this.everyMs - this.now();
    if (wait <= 0) this.run();
    else this.timer = setTimeout(() => this.run(), wait);
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
  }

  private run(): void {
    this.timer = null;
    this.lastAt = this.now();
    this.act();
  }
}
