import { describe, expect, test } from "vitest";
import { grouped, money, percent, signed, signOf } from "../src/format/decimal";
import { priceParts, spreadInPips } from "../src/format/price";
import { inR, scoreFacts, scoreLine, wholePercent } from "../src/format/scores";
import { age, dateTime, withTimes } from "../src/format/time";
import { SCORE } from "./records";

describe("decimals stay text", () => {
  test.each([
    ["0.00", "0.00"],
    ["-0.00", "0.00"],
    ["999.90", "999.90"],
    ["1000", "1,000"],
    ["-1234567.80", "−1,234,567.80"],
    ["12345678901234567890.123456789", "12,345,678,901,234,567,890.123456789"],
  ])("%s is shown as %s", (decimal, shown) => expect(grouped(decimal)).toBe(shown));

  test("gains get a plus, nothing gets none", () => {
    expect([signed("20.00"), signed("-12.40"), signed("0.00")]).toEqual(["+20.00", "−12.40", "0.00"]);
    expect([signOf("0.01"), signOf("-0.01"), signOf("-0.00")]).toEqual([1, -1, 0]);
  });

  test("unknown money is a dash", () => {
    expect(money(null, "USD")).toBe("–");
    expect(money("1000.00", "USD")).toBe("1,000.00 USD");
  });

  test.each([
    ["0.82", "82 %"],
    ["1", "100 %"],
    ["0", "0 %"],
    ["0.5", "50 %"],
    ["0.075", "7.5 %"],
    ["0.1250", "12.5 %"],
  ])("%s is %s", (fraction, shown) => expect(percent(fraction)).toBe(shown));
});

test.each([
  ["1.08241", 5, "1.08", "24", "1"],
  ["156.123", 3, "156.", "12", "3"],
  ["2645.14", 2, "2645.", "14", ""],
  ["17250.1", 1, "17250.1", "", ""],
])("the pips of %s with %i decimals", (price, digits, lead, pips, point) => {
  expect(priceParts(price, digits)).toEqual({ lead, pips, point });
});

test("a spread of 12 points of a ten-point pip is 1.2 pips", () => {
  expect(spreadInPips(12, 10)).toBe("1.2");
});

test.each([
  [-5, "0 s"],
  [340, "0 s"],
  [89_999, "89 s"],
  [95_000, "1 min"],
  [2 * 3_600_000, "2 h"],
  [49 * 3_600_000, "2 d"],
])("%i ms ago is %s", (ms, shown) => expect(age(ms)).toBe(shown));

test("times are UTC, also inside sentences", () => {
  expect(dateTime("2026-11-20T21:00:05.123456Z")).toBe("20 Nov, 21:00:05");
  expect(withTimes("expired at 2026-11-20T21:00:05.123456Z; it is old.")).toBe(
    "expired at 20 Nov, 21:00:05; it is old.",
  );
});

describe("a model's score", () => {
  test("fits into a line", () => {
    expect(scoreLine(SCORE)).toBe("6 trades, +0.25 R, 50 % won");
    expect(scoreLine({ ...SCORE, trades: 1, expectancy: null })).toBe("1 trade, 50 % won");
    expect(scoreLine({ ...SCORE, trades: 0, hit_rate: null })).toBe("no closed trade");
  });

  test("is rounded for people", () => {
    expect([wholePercent("0.5833"), wholePercent("0.0000"), wholePercent("1.0000")]).toEqual([
      "58 %",
      "0 %",
      "100 %",
    ]);
    expect([inR("-0.4999"), inR("1.0000"), inR("-0.0004")]).toEqual(["−0.50 R", "+1.00 R", "0.00 R"]);
  });

  test("says why a number is missing", () => {
    const facts = Object.fromEntries(scoreFacts(SCORE));
    expect(facts["Hit rate"]).toBe("50 %, with 90 % from 22 % to 78 %");
    expect(facts["Expectancy"]).toBe("+0.25 R ± 0.57");
    expect(facts["Average loss"]).toBe("−100.00 USD");
    expect(facts["Log score"]).toBe("none: infinite: it was certain and wrong");
    const none = { ...SCORE, profit_factor: null, missing: { profit_factor: "no losing trade" } };
    expect(Object.fromEntries(scoreFacts(none))["Profit factor"]).toBe("none: no losing trade");
  });
});
