import { describe, expect, it } from "vitest";
import { waitBefore } from "../src/feed/backoff";
import { Sequence } from "../src/feed/sequence";
import { grouped, signed } from "../src/format/decimal";

describe("the account's event numbers", () => {
  it("takes the next, ignores what it has seen, and notices a gap without moving", () => {
    const sequence = new Sequence();
    expect(sequence.take(1)).toBe("gap");
    sequence.begin("b81f", 41);
    expect(sequence.take(42)).toBe("next");
    expect(sequence.take(42)).toBe("seen");
    expect(sequence.take(44)).toBe("gap");
    expect(sequence.place).toEqual({ epoch: "b81f", seq: 42 });
  });

  it("is behind only when a second heartbeat finds the first one's number missing", () => {
    const sequence = new Sequence();
    sequence.begin("b81f", 41);
    expect(sequence.isBehind(42)).toBe(false);
    expect(sequence.isBehind(42)).toBe(true);
  });
});

it("waits from half a second up to fifteen", () => {
  expect(waitBefore(0, 0.5)).toBe(500);
  expect(waitBefore(1, 0.5)).toBe(1000);
  expect(waitBefore(30, 1)).toBe(15_000);
});

it("groups decimals without ever making a float of them", () => {
  expect(grouped("-12345678901234567.80")).toBe("−12,345,678,901,234,567.80");
  expect(signed("20.00")).toBe("+20.00");
  expect(signed("-0.00")).toBe("0.00");
});
