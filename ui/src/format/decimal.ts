/** Decimal strings made readable. They are never turned into floats: every digit is the daemon's. */

const MINUS = "−";

/** Tell whether a decimal is below, at or above zero. */
export function signOf(decimal: string): -1 | 0 | 1 {
  if (!/[1-9]/.test(decimal)) return 0;
  return decimal.startsWith("-") ? -1 : 1;
}

/** Group thousands: `-1234567.80` becomes `−1,234,567.80`. */
export function grouped(decimal: string): string {
  const negative = decimal.startsWith("-");
  const [whole = "", fraction] = decimal.replace(/^[+-]/, "").split(".");
  const groups = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  const digits = fraction === undefined ? groups : `${groups}.${fraction}`;
  return negative && signOf(decimal) !== 0 ? MINUS + digits : digits;
}

/** The same with a sign in front of gains too: `+20.00`, `−12.40`, `0.00`. */
export function signed(decimal: string): string {
  return signOf(decimal) > 0 ? `+${grouped(decimal)}` : grouped(decimal);
}

/** Money with its currency; a dash where it is unknown. */
export function money(decimal: string | null, currency: string): string {
  return decimal === null ? "–" : `${grouped(decimal)} ${currency}`;
}

/** A fraction as a percentage without trailing zeros: `0.82` becomes `82 %`. */
export function percent(fraction: string): string {
  const negative = fraction.startsWith("-");
  const [whole = "0", digits = ""] = fraction.replace(/^[+-]/, "").split(".");
  const padded = digits.padEnd(2, "0");
  const units = (whole + padded.slice(0, 2)).replace(/^0+(?=\d)/, "");
  const rest = padded.slice(2).replace(/0+$/, "");
  return `${negative ? MINUS : ""}${units}${rest === "" ? "" : `.${rest}`} %`;
}
