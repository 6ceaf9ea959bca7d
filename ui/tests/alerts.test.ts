import { expect, test, vi } from "vitest";
import type { AlertMessage } from "../src/api/frames";
import { AlertsStore, textOf } from "../src/stores/alerts.svelte";
import { NoticesStore } from "../src/stores/notices.svelte";

const ALERT: AlertMessage = {
  type: "alert",
  stream: "alerts",
  time: "2026-11-20T21:00:00.000000Z",
  title: "fxpaper paper",
  kinds: ["deal"],
  tone: "bad",
  count: 1,
  lines: ["Closed 0.40 EURUSD at 1.08003 (stop loss): -101.40 USD, -1.00 R."],
};

function made(allowed: boolean) {
  const bells = {
    ring: vi.fn(),
    mayShow: () => allowed,
    ask: vi.fn(() => Promise.resolve(allowed)),
    show: vi.fn(),
  };
  const notices = new NoticesStore();
  return { bells, notices, alerts: new AlertsStore(localStorage, notices, bells) };
}

test("one alert is its sentence, several are their number and the first few", () => {
  expect(textOf(ALERT)).toBe(ALERT.lines[0]);
  expect(textOf({ ...ALERT, count: 4, lines: ["A.", "B."] })).toBe("4 alerts:\nA.\nB.\nand 2 more");
  expect(textOf({ ...ALERT, count: 2, lines: ["A.", "B."] })).toBe("2 alerts:\nA.\nB.");
});

test("an alert is one toast, silent unless somebody wants to hear it", async () => {
  localStorage.clear();
  const { alerts, bells, notices } = made(true);
  alerts.take(ALERT);
  expect(notices.items.map((one) => [one.tone, one.text])).toEqual([["bad", ALERT.lines[0]]]);
  expect([bells.ring.mock.calls.length, bells.show.mock.calls.length]).toEqual([0, 0]);
  alerts.toggleSound();
  await alerts.toggleDesktop();
  alerts.take(ALERT);
  // The first ring is the sample that switching it on gives.
  expect(bells.ring.mock.calls).toEqual([["plain"], ["bad"]]);
  expect(bells.show.mock.calls).toEqual([["fxpaper paper", ALERT.lines[0]]]);
});

test("what was chosen is remembered, and can be taken back", async () => {
  localStorage.clear();
  const first = made(true).alerts;
  first.toggleSound();
  await first.toggleDesktop();
  const second = made(true).alerts;
  expect([second.sound, second.desktop]).toEqual([true, true]);
  second.toggleSound();
  await second.toggleDesktop();
  const third = made(true).alerts;
  expect([third.sound, third.desktop]).toEqual([false, false]);
});

test("a browser that says no keeps notifications off", async () => {
  localStorage.clear();
  const { alerts, bells } = made(false);
  await alerts.toggleDesktop();
  expect([alerts.desktop, bells.ask.mock.calls.length]).toEqual([false, 1]);
});
