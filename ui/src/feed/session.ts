/** The conversation with the daemon: what to subscribe to, what comes back, and when to resume. */

import type {
  AccountEvent,
  AccountSnapshot,
  AlertMessage,
  BarMessage,
  BarsSnapshot,
  Frame,
  Heartbeat,
  Message,
  QuoteMessage,
  StreamError,
  Valuation,
  Welcome,
} from "../api/frames";
import { Sequence } from "./sequence";
import { FeedSocket, type SocketState, type Surroundings } from "./socket";

/** Takes what the daemon tells. */
export interface Listener {
  onState(state: SocketState): void;
  onWelcome(welcome: Welcome): void;
  onAccount(snapshot: AccountSnapshot): void;
  onEvent(event: AccountEvent): void;
  onQuotes(quotes: QuoteMessage[]): void;
  onBars(snapshot: BarsSnapshot): void;
  onBar(bar: BarMessage): void;
  onValuation(valuation: Valuation): void;
  onHeartbeat(heartbeat: Heartbeat): void;
  onAlert(alert: AlertMessage): void;
  onError(error: StreamError): void;
}

export class FeedSession {
  private readonly socket: FeedSocket;
  private readonly sequence = new Sequence();
  private bars: { symbol: string; interval: string } | null = null;
  private greeted = false;
  private lastId = 0;
  private account = "";

  constructor(
    around: Surroundings,
    private readonly listener: Listener,
  ) {
    this.socket = new FeedSocket(around, {
      onFrame: (frame) => this.take(frame),
      onState: (state) => this.changeState(state),
    });
  }

  start(): void {
    this.socket.start();
  }

  stop(): void {
    this.socket.stop();
  }

  hurry(): void {
    this.socket.hurry();
  }

  /** Ask for another series of bars; it is asked for anew after each reconnect. */
  watchBars(symbol: string, interval: string): void {
    this.bars = { symbol, interval };
    if (this.greeted) this.subscribe({ stream: "bars", ...this.bars });
  }

  private changeState(state: SocketState): void {
    if (state.kind !== "open") this.greeted = false;
    this.listener.onState(state);
  }

  private subscribe(wanted: object): void {
    this.lastId += 1;
    this.socket.send({ op: "subscribe", id: this.lastId, ...wanted });
  }

  private take(frame: Frame): void {
    if (Array.isArray(frame)) {
      this.listener.onQuotes(frame);
      return;
    }
    switch (frame.type) {
      case "welcome":
        this.greet(frame);
        return;
      case "snapshot":
        this.takeSnapshot(frame);
        return;
      case "quote":
        this.listener.onQuotes([frame]);
        return;
      case "bar":
        this.takeBar(frame);
        return;
      case "valuation":
        this.listener.onValuation(frame);
        return;
      case "heartbeat":
        this.takeHeartbeat(frame);
        return;
      case "alert":
        this.listener.onAlert(frame);
        return;
      case "error":
        this.listener.onError(frame);
        return;
      case "ack":
      case "goodbye":
        return;
      default:
        this.takeEvent(frame);
    }
  }

  private greet(welcome: Welcome): void {
    this.greeted = true;
    this.account = welcome.account;
    this.listener.onWelcome(welcome);
    const place = this.sequence.place;
    this.subscribe({ stream: this.stream, ...(place === null ? {} : { resume: place }) });
    this.subscribe({ stream: "quotes" });
    this.subscribe({ stream: "valuation" });
    this.subscribe({ stream: "alerts" });
    if (this.bars !== null) this.subscribe({ stream: "bars", ...this.bars });
  }

  private get stream(): `account:${string}` {
    return `account:${this.account}`;
  }

  private takeSnapshot(snapshot: AccountSnapshot | BarsSnapshot): void {
    this.socket.settle();
    if (snapshot.stream === "bars") {
      if (this.isWatched(snapshot)) this.listener.onBars(snapshot);
      return;
    }
    this.sequence.begin(snapshot.epoch, snapshot.seq);
    this.listener.onAccount(snapshot);
  }

  /** A series that was left may still send what was under way. */
  private isWatched(one: { symbol: string; interval: string }): boolean {
    return this.bars?.symbol === one.symbol && this.bars.interval === one.interval;
  }

  private takeBar(bar: BarMessage): void {
    if (this.isWatched(bar)) this.listener.onBar(bar);
  }

  private takeHeartbeat(heartbeat: Heartbeat): void {
    this.socket.settle();
    const named = heartbeat.seq[this.stream];
    if (named !== undefined && this.sequence.isBehind(named)) {
      this.socket.reconnect();
      return;
    }
    this.listener.onHeartbeat(heartbeat);
  }

  private takeEvent(frame: Exclude<Message, { type: "ack" }>): void {
    const event = frame as AccountEvent;
    if (event.stream !== this.stream || typeof event.seq !== "number") return;
    const verdict = this.sequence.take(event.seq);
    if (verdict === "next") this.listener.onEvent(event);
    if (verdict === "gap") this.socket.reconnect();
  }
}
