/** The REST side of the API: same origin, session cookie. */

import type {
  Deal,
  EquityPoint,
  Headroom,
  Health,
  Instrument,
  Model,
  ModelScore,
  SignalChain,
  SignalRecord,
} from "./objects";

/** An answer that is not a success, in the words of the daemon. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export class Rest {
  /** Called when the daemon no longer knows this browser's session. */
  onUnauthorized: () => void = () => undefined;

  constructor(
    private readonly fetch: Fetch = (url, init) => globalThis.fetch(url, init),
    private readonly base = "/api/v1",
  ) {}

  health(): Promise<Health> {
    return this.ask("GET", "/health");
  }

  async instruments(): Promise<Instrument[]> {
    return (await this.ask<{ items: Instrument[] }>("GET", "/instruments")).items;
  }

  async equity(): Promise<EquityPoint[]> {
    return (await this.ask<{ items: EquityPoint[] }>("GET", "/equity")).items;
  }

  headroom(): Promise<Headroom> {
    return this.ask("GET", "/account/headroom");
  }

  async models(): Promise<Model[]> {
    return (await this.ask<{ items: Model[] }>("GET", "/models")).items;
  }

  async scores(): Promise<ModelScore[]> {
    return (await this.ask<{ items: ModelScore[] }>("GET", "/scores")).items;
  }

  chain(signalId: string): Promise<SignalChain> {
    return this.ask("GET", `/signals/${encodeURIComponent(signalId)}`);
  }

  closePosition(id: string): Promise<{ deal: Deal; position_id: string }> {
    return this.ask("POST", `/positions/${encodeURIComponent(id)}/close`, {});
  }

  setAutoExecute(model: string, autoExecute: boolean): Promise<unknown> {
    return this.ask("PUT", `/models/${encodeURIComponent(model)}`, { auto_execute: autoExecute });
  }

  /** Execute a signal that waits, or dismiss it; a decided one stays as it is. */
  decideSignal(id: string, how: "execute" | "dismiss"): Promise<SignalRecord> {
    return this.ask("POST", `/signals/${encodeURIComponent(id)}/${how}`, {});
  }

  setTrading(state: string, reason: string): Promise<unknown> {
    return this.ask("POST", "/account/trading", { state, reason });
  }

  private async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
    const init: RequestInit = { method, credentials: "same-origin", cache: "no-store" };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { "Content-Type": "application/json" };
    }
    let response: Response;
    try {
      response = await this.fetch(this.base + path, init);
    } catch {
      throw new Problem(0, "unreachable", "fxpaper does not answer. Is it still running?");
    }
    if (response.status === 401) this.onUnauthorized();
    if (!response.ok) throw await problemOf(response);
    return (await response.json()) as T;
  }
}

async function problemOf(response: Response): Promise<Problem> {
  const said: unknown = await response.json().catch(() => null);
  const { code, detail, title } = (said ?? {}) as Record<string, unknown>;
  const text = [detail, title].find((one) => typeof one === "string" && one !== "");
  return new Problem(
    response.status,
    typeof code === "string" ? code : "unknown",
    typeof text === "string" ? text : `fxpaper answered with status ${response.status}.`,
  );
}

/** What to show for anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
