const FIRST_MS = 500;
const LONGEST_MS = 15_000;
const JITTER = 0.3;

/**
 * How long to wait before connecting again.
 *
 * Doubles from half a second to fifteen; the jitter keeps the pages of a restarted daemon from
 * knocking all at once.
 *
 * @param attempt 0 for the first wait
 * @param chance between 0 and 1
 */
export function waitBefore(attempt: number, chance: number): number {
  const exact = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt);
  return Math.round(Math.min(LONGEST_MS, exact * (1 - JITTER + 2 * JITTER * chance)));
}
