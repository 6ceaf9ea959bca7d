import type { AlertMessage } from "../api/frames";
import type { Bells } from "../feed/bells";
import type { NoticesStore } from "./notices.svelte";

const KEY = "fxpaper.alerts";

/** What people are told, as a toast; by choice with a sound and a notification; remembered. */
export class AlertsStore {
  sound = $state(false);
  desktop = $state(false);

  constructor(
    private readonly storage: Storage,
    private readonly notices: NoticesStore,
    private readonly bells: Bells,
  ) {
    const kept = (storage.getItem(KEY) ?? "").split(" ");
    this.sound = kept.includes("sound");
    this.desktop = kept.includes("desktop") && bells.mayShow();
  }

  take(alert: AlertMessage): void {
    const text = textOf(alert);
    this.notices.tell([{ tone: alert.tone, text }]);
    if (this.sound) this.bells.ring(alert.tone);
    if (this.desktop) this.bells.show(alert.title, text);
  }

  toggleSound(): void {
    this.sound = !this.sound;
    this.keep();
    if (this.sound) this.bells.ring("plain");
  }

  /** The browser asks the person, the first time; without a yes it stays off. */
  async toggleDesktop(): Promise<void> {
    this.desktop = !this.desktop && (this.bells.mayShow() || (await this.bells.ask()));
    this.keep();
  }

  private keep(): void {
    const chosen = [this.sound ? "sound" : "", this.desktop ? "desktop" : ""];
    this.storage.setItem(KEY, chosen.join(" ").trim());
  }
}

/** One alert is its sentence; several are their number and the first few. */
export function textOf(alert: AlertMessage): string {
  const { count, lines } = alert;
  if (count === 1) return lines[0] ?? alert.title;
  const more = count - lines.length;
  return [`${count} alerts:`, ...lines, ...(more > 0 ? [`and ${more} more`] : [])].join("\n");
}
