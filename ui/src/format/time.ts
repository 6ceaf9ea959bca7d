/** Instants and durations, in UTC. */

const CLOCK = new Intl.DateTimeFormat("en-GB", {
  timeZone: "UTC",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
});

const DAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", day: "2-digit", month: "short" });

const WEEKDAY = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", weekday: "short" });

/** Milliseconds since 1970 of an RFC 3339 time. */
export function millis(time: string): number {
  return Date.parse(time);
}

export function clockOf(at: number): string {
  return CLOCK.format(at);
}

export function dayOf(at: number): string {
  return DAY.format(at);
}

export function weekdayOf(at: number): string {
  return WEEKDAY.format(at);
}

/** `20 Nov, 21:00:00`. */
export function dateTime(time: string): string {
  const at = millis(time);
  return `${dayOf(at)}, ${clockOf(at)}`;
}

/** How long ago, in the largest fitting unit: `340 ms` is `0 s`, 95 seconds are `1 min`. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 90) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** A sentence of the daemon with its times made readable. */
export function withTimes(text: string): string {
  return text.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, (time) => dateTime(time));
}
