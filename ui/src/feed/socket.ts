/** One WebSocket that stays: reconnects with back-off, and takes silence for a loss. */

import { CLOSE_FOREIGN_ORIGIN, CLOSE_UNAUTHORIZED, type Frame } from "../api/frames";
import { waitBefore } from "./backoff";

export const SILENCE_MS = 12_000;
const LOOK_EVERY_MS = 1_000;

export type SocketState =
  | { kind: "connecting" }
  | { kind: "open" }
  | { kind: "waiting"; attempt: number; retryAt: number }
  | { kind: "refused"; reason: "session" | "origin" };

/** The part of a browser's WebSocket that is needed. */
export interface Wire {
  onopen: ((event: Event) => void) | null;
  onmessage: ((event: MessageEvent) => void) | null;
  onclose: ((event: CloseEvent) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface Surroundings {
  open: () => Wire;
  now: () => number;
  chance: () => number;
}

export interface SocketListener {
  onFrame(frame: Frame): void;
  onState(state: SocketState): void;
}

export class FeedSocket {
  private wire: Wire | null = null;
  private attempt = 0;
  private heardAt = 0;
  private retry: ReturnType<typeof setTimeout> | null = null;
  private watch: ReturnType<typeof setInterval> | null = null;

  constructor(
    private readonly around: Surroundings,
    private readonly listener: SocketListener,
  ) {}

  start(): void {
    this.watch ??= setInterval(() => this.checkSilence(), LOOK_EVERY_MS);
    this.connect();
  }

  stop(): void {
    if (this.watch !== null) clearInterval(this.watch);
    if (this.retry !== null) clearTimeout(this.retry);
    this.watch = this.retry = null;
    this.abandon();
  }

  send(message: object): void {
    this.wire?.send(JSON.stringify(message));
  }

  /** Give this connection up and make another, as after a gap or when a person asks for it. */
  reconnect(): void {
    if (this.watch === null) return;
    this.abandon();
    this.connectLater();
  }

  /** Connect at once instead of waiting further. */
  hurry(): void {
    if (this.retry === null) return;
    clearTimeout(this.retry);
    this.connect();
  }

  /** The conversation works: the next loss starts the back-off from its beginning. */
  settle(): void {
    this.attempt = 0;
  }

  private connect(): void {
    this.retry = null;
    this.heardAt = this.around.now();
    this.listener.onState({ kind: "connecting" });
    const wire = this.around.open();
    this.wire = wire;
    wire.onopen = () => this.listener.onState({ kind: "open" });
    wire.onmessage = (event) => this.take(String(event.data));
    wire.onclose = (event) => this.lose(event.code);
  }

  private take(text: string): void {
    this.heardAt = this.around.now();
    let frame: Frame;
    try {
      frame = JSON.parse(text) as Frame;
    } catch {
      this.reconnect();
      return;
    }
    this.listener.onFrame(frame);
  }

  private lose(code: number): void {
    this.abandon();
    if (code === CLOSE_UNAUTHORIZED || code === CLOSE_FOREIGN_ORIGIN) {
      this.stop();
      const reason = code === CLOSE_UNAUTHORIZED ? "session" : "origin";
      this.listener.onState({ kind: "refused", reason });
      return;
    }
    this.connectLater();
  }

  private connectLater(): void {
    if (this.retry !== null) clearTimeout(this.retry);
    const wait = waitBefore(this.attempt, this.around.chance());
    this.attempt += 1;
    this.retry = setTimeout(() => this.connect(), wait);
    const retryAt = this.around.now() + wait;
    this.listener.onState({ kind: "waiting", attempt: this.attempt, retryAt });
  }

  private checkSilence(): void {
    if (this.wire !== null && this.around.now() - this.heardAt > SILENCE_MS) this.reconnect();
  }

  private abandon(): void {
    const wire = this.wire;
    if (wire === null) return;
    this.wire = null;
    wire.onopen = wire.onmessage = wire.onclose = null;
    wire.close(1000, "reconnecting");
  }
}
