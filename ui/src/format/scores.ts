/** A model's score in words and numbers for people. */

import type { ModelScore } from "../api/objects";
import { grouped, signed } from "./decimal";

/** A rate as a whole percentage: `0.5833` becomes `58 %`. */
export function wholePercent(rate: string): string {
  return `${Math.round(Number(rate) * 100)} %`;
}

/** R with two decimals: `0.2500` becomes `+0.25 R`. */
export function inR(multiple: string): string {
  return `${signed(Number(multiple).toFixed(2))} R`;
}

/** What fits into a line: `12 trades, +0.25 R, 58 % won`. */
export function scoreLine(score: ModelScore): string {
  if (score.trades === 0) return "no closed trade";
  const parts = [score.trades === 1 ? "1 trade" : `${score.trades} trades`];
  if (score.expectancy !== null) parts.push(inR(score.expectancy));
  if (score.hit_rate !== null) parts.push(`${wholePercent(score.hit_rate)} won`);
  return parts.join(", ");
}

/** Every number with its name; one that cannot be computed says why. */
export function scoreFacts(score: ModelScore): [string, string][] {
  const { calibration, currency, missing } = score;
  const or = (name: string, value: string | null | undefined): string =>
    value ?? `none: ${missing[name] ?? "not known"}`;
  const money = (amount: string | null) => amount && `${signed(amount)} ${currency}`;
  return [
    ["Trades", String(score.trades)],
    ["Hit rate", or("hit_rate", hitRate(score))],
    ["Expectancy", or("expectancy", expectancy(score))],
    ["SQN", or("sqn", score.sqn && grouped(score.sqn))],
    ["Profit factor", or("profit_factor", score.profit_factor && grouped(score.profit_factor))],
    ["Average win", or("average_win", money(score.average_win))],
    ["Average loss", or("average_loss", money(score.average_loss))],
    ["Worst streak", score.worst_streak === 1 ? "1 loss" : `${score.worst_streak} losses`],
    ["Net", or("net", money(score.net))],
    ["Brier score", or("brier", calibration?.brier)],
    ["Log score", or("log_score", calibration?.log_score)],
    ["Calibration error", or("ece", calibration && wholePercent(calibration.ece))],
  ];
}

function hitRate(score: ModelScore): string | null {
  const { hit_rate: rate, hit_rate_from: from, hit_rate_to: to } = score;
  if (rate === null || from === null || to === null) return null;
  return `${wholePercent(rate)}, with 90 % from ${wholePercent(from)} to ${wholePercent(to)}`;
}

function expectancy(score: ModelScore): string | null {
  const { expectancy: mean, expectancy_error: error } = score;
  if (mean === null || error === null) return mean && inR(mean);
  return `${inR(mean)} ± ${Number(error).toFixed(2)}`;
}
