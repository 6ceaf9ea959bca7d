import { fireEvent, render, screen, waitFor } from "@testing-library/svelte";
import { describe, expect, test, vi } from "vitest";
import type { Account } from "../src/api/objects";
import { Rest } from "../src/api/rest";
import { buildStores, type Desk } from "../src/desk";
import HaltStage from "./HaltStage.svelte";
import { ACCOUNT } from "./records";

function opened(change: Partial<Account> = {}) {
  const fetch = vi.fn<(url: string, init?: RequestInit) => Promise<Response>>(() =>
    Promise.resolve(Response.json({})),
  );
  const stores = buildStores();
  stores.account.take({ ...ACCOUNT, ...change });
  const desk: Desk = {
    ...stores,
    rest: new Rest(fetch),
    chart: () => undefined,
    pause: () => undefined,
    retryNow: () => undefined,
  };
  const onclose = vi.fn();
  render(HaltStage, { props: { desk, onclose } });
  const sent = () => fetch.mock.calls.map(([url, init]) => [url, init?.body]);
  return { sent, onclose };
}

describe("the dialog that stops an account", () => {
  test("halts unless another way is chosen", async () => {
    const { sent, onclose } = opened();
    await fireEvent.click(screen.getByTestId("halt-dialog-confirm"));
    await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
    expect(sent()).toEqual([
      ["/api/v1/account/trading", '{"state":"halted","reason":"from the page"}'],
    ]);
  });

  test("names on its button what it will do", async () => {
    const { sent } = opened();
    await fireEvent.click(screen.getByTestId("way-flatten"));
    const confirm = screen.getByTestId("halt-dialog-confirm");
    expect(confirm.textContent).toContain("Close everything");
    await fireEvent.click(confirm);
    await waitFor(() => expect(sent()[0]?.[1]).toContain('"flatten"'));
  });
});

describe("the dialog that lets it trade again", () => {
  test("resumes a paper account at once", async () => {
    const { sent } = opened({ trading: "halted" });
    await fireEvent.click(screen.getByTestId("resume-dialog-confirm"));
    await waitFor(() => expect(sent()[0]?.[1]).toContain('"active"'));
  });

  test("wants a live account's name, letter by letter", async () => {
    const { sent, onclose } = opened({ trading: "halted", mode: "live", id: "real" });
    await fireEvent.click(screen.getByTestId("resume-dialog-confirm"));
    expect((await screen.findByRole("alert")).textContent).toContain("is not real");
    expect(sent()).toEqual([]);
    await fireEvent.input(screen.getByTestId("resume-name"), { target: { value: "real" } });
    await fireEvent.click(screen.getByTestId("resume-dialog-confirm"));
    await waitFor(() => expect(onclose).toHaveBeenCalledOnce());
    expect(sent()).toHaveLength(1);
  });
});
