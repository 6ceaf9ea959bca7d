/** The daemon's codes in words for people. */

/** `take_profit` becomes `Take profit`. */
export function words(code: string): string {
  const text = code.replaceAll("_", " ").trim();
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const SOURCE_STATES: Record<string, string> = {
  idle: "Idle, not needed now",
  connecting: "Connecting",
  live: "Live",
  quiet: "Quiet",
  failed: "Failed",
  limited: "Budget spent",
  finished: "Recording ended",
};

export function sourceState(state: string): string {
  return SOURCE_STATES[state] ?? words(state);
}

const GRADES: Record<string, string> = {
  A: "two-sided quote of a broker or stream",
  B: "one-sided stream, spread modelled",
  C: "timed quote over REST",
  D: "close of a bar, never fills",
  E: "reference rate, never fills",
};

export function gradeMeaning(grade: string): string {
  return GRADES[grade] ?? "";
}
