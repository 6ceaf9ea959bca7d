import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import { Problem, Rest } from "../src/api/rest";
import LimitLine from "../src/components/LimitLine.svelte";
import PositionRow from "../src/components/PositionRow.svelte";
import WhyContributions from "../src/components/WhyContributions.svelte";
import { buildStores, type Desk } from "../src/desk";
import ModelStage from "./ModelStage.svelte";
import { ACCOUNT, POSITION, SCORE } from "./records";
import Stage from "./Stage.svelte";

describe("a position's row", () => {
  function row(change: Partial<typeof POSITION> = {}, closing = false) {
    const onclose = vi.fn();
    const onchart = vi.fn();
    const table = document.createElement("tbody");
    document.body.replaceChildren(table);
    render(PositionRow, {
      target: table,
      props: { position: { ...POSITION, ...change }, closing, onclose, onchart },
    });
    return { onclose, onchart };
  }

  test("shows the daemon's figures with their signs", () => {
    row({ profit: "-1234.50", r: "-0.4999" });
    const text = screen.getByTestId("position-row").textContent.replace(/\s+/g, " ");
    expect(text).toContain("EURUSD ▲ buy 0.40");
    expect(text).toContain("1.08300");
    expect(screen.getByTestId("position-profit").textContent).toBe("−1,234.50");
    expect(text).toContain("−0.50");
  });

  test("says so where no quote is known", () => {
    row({ current_price: null, profit: null, r: null });
    expect(screen.getByTestId("position-row").textContent).toContain("no quote");
    expect(screen.getByTestId("position-profit").textContent).toBe("–");
  });

  test("has a close button that names what it closes and rests while it is closed", async () => {
    const { onclose } = row();
    const button = screen.getByRole("button", { name: "Close buy 0.40 EURUSD" });
    await fireEvent.click(button);
    expect(onclose).toHaveBeenCalledOnce();
    row({}, true);
    expect(screen.getByTestId<HTMLButtonElement>("close-position").disabled).toBe(true);
  });
});

test("what each model said leads to its signal", async () => {
  const onexplain = vi.fn();
  const one = { model: "trend", side: "buy", confidence: "0.8", weight: "2", signal_id: "t1", agrees: true } as const;
  const other = { ...one, model: "carry", side: "sell", signal_id: "c1", agrees: false } as const;
  render(WhyContributions, { contributions: [one, other], onexplain });
  const rows = screen.getAllByRole("row").map((row) => row.textContent.replace(/\s+/g, " "));
  expect(rows.slice(1)).toEqual(["trendbuy80 %2✓ for", "carrysell80 %2✕ against"]);
  await fireEvent.click(screen.getByRole("button", { name: "carry" }));
  expect(onexplain).toHaveBeenCalledWith("c1");
});

describe("the dialog that closes a position", () => {
  function dialog(answer: () => Promise<Response>) {
    const fetch = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>(answer);
    const onclose = vi.fn();
    const stores = buildStores();
    stores.account.take(ACCOUNT);
    stores.positions.open(POSITION);
    const desk: Desk = {
      ...stores,
      rest: new Rest(fetch),
      chart: () => undefined,
      pause: () => undefined,
      retryNow: () => undefined,
    };
    render(Stage, { props: { desk, position: POSITION, onclose } });
    const confirm = screen.getByTestId("close-dialog-confirm");
    return { fetch, onclose, confirm, stores };
  }

  const done = () => Promise.resolve(Response.json({ deal: {}, position_id: "p-17" }));

  test("has the focus on the button that confirms, so that Enter does", () => {
    const { confirm } = dialog(done);
    expect(document.activeElement).toBe(confirm);
  });

  test("closes once however often it is pressed", async () => {
    const { fetch, onclose, confirm } = dialog(done);
    await Promise.all([fireEvent.click(confirm), fireEvent.click(confirm), fireEvent.click(confirm)]);
    await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
    expect(fetch.mock.calls.map(([url, init]) => [url, init?.method])).toEqual([
      ["/api/v1/positions/p-17/close", "POST"],
    ]);
  });

  test("does not take the second half of a double click for a yes", async () => {
    const { fetch, confirm } = dialog(done);
    await fireEvent.click(confirm, { detail: 2 });
    expect(fetch).not.toHaveBeenCalled();
  });

  test("shows why the daemon refused, and lets it be tried again", async () => {
    const problem = { code: "stale_quote", title: "Stale", detail: "The quote is 14 s old." };
    const { fetch, onclose, confirm, stores } = dialog(() =>
      Promise.resolve(Response.json(problem, { status: 503 })),
    );
    await fireEvent.click(confirm);
    expect((await screen.findByRole("alert")).textContent).toBe("The quote is 14 s old.");
    expect([onclose.mock.calls.length, stores.positions.isClosing("p-17")]).toEqual([0, false]);
    await fireEvent.click(confirm);
    await waitFor(() => expect(fetch).toHaveBeenCalledTimes(2));
  });

  test("a session that ended is told to the page", async () => {
    const rest = new Rest(() => Promise.resolve(Response.json({ detail: "no" }, { status: 401 })));
    rest.onUnauthorized = vi.fn();
    await expect(rest.closePosition("p 1")).rejects.toBeInstanceOf(Problem);
    expect(rest.onUnauthorized).toHaveBeenCalledOnce();
  });
});

describe("the list of models", () => {
  function list(scored: boolean) {
    const stores = buildStores();
    stores.models.setPolicy("trend", true);
    if (scored) stores.scores.replace([SCORE]);
    const desk: Desk = {
      ...stores,
      rest: new Rest(vi.fn()),
      chart: () => undefined,
      pause: () => undefined,
      retryNow: () => undefined,
    };
    render(ModelStage, { props: { desk } });
    return stores;
  }

  test("shows what each came to, and more when asked", async () => {
    list(true);
    const score = screen.getByRole("button", {
      name: "Score of trend: 6 trades, +0.25 R, 50 % won",
    });
    await fireEvent.click(score);
    const said = screen.getByTestId("score-dialog").textContent.replace(/\s+/g, " ");
    expect(said).toContain("Too few trades to tell: 6 with an R, 30 are needed.");
    expect(said).toContain("Confidence too low2");
    expect(said).toContain("Too few trades to trust a calibration: 6 of 50.");
    const rows = screen.getByTestId("reliability").querySelectorAll("tbody tr");
    expect([...rows].map((row) => row.textContent)).toEqual(["0.6–0.760 %50 %2", "0.7–0.870 %33 %3"]);
    expect(document.querySelectorAll("circle").length).toBe(2);
  });

  test("is without scores until they are known", () => {
    list(false);
    expect(screen.queryByTestId("model-score")).toBeNull();
  });
});

describe("a limit's line", () => {
  function line(left: string) {
    const floor = {
      limit: "daily_loss",
      floor: "9500.00",
      allowed: "500.00",
      left,
      left_at_stops: left,
      formula: "the day's first equity, 10000.00 USD, less 5 % of it",
      reached: false,
    };
    document.body.replaceChildren();
    render(LimitLine, { props: { floor } });
    return screen.getByTestId("limit-daily_loss");
  }

  test("tells what is left and how it came about, and a bar its share", () => {
    const shown = line("312.40");
    expect(shown.textContent.trim()).toBe("Daily limit: 312.40 left of 500.00");
    expect(shown.title).toContain("the day's first equity");
    expect(Number(shown.querySelector("meter")?.getAttribute("value"))).toBeCloseTo(0.6248);
  });

  test("is loud when nothing is left", () => {
    expect(line("-12.00").className).toContain("gone");
    expect(line("0.01").className).not.toContain("gone");
  });
});
