/** What a browser can do to be noticed: a short sound, and a notification of the system. */

import type { Tone } from "../stores/notices.svelte";

export interface Bells {
  /** Make a short sound; silent until the page has been clicked once. */
  ring(tone: Tone): void;
  /** Whether notifications of the system may be shown. */
  mayShow(): boolean;
  /** Ask the person for it; only on a click. */
  ask(): Promise<boolean>;
  show(title: string, text: string): void;
}

const HERTZ: Record<Tone, number> = { good: 880, plain: 660, bad: 330 };
const SECONDS = 0.25;

export function browserBells(): Bells {
  let context: AudioContext | null = null;
  return {
    ring(tone) {
      if (typeof AudioContext === "undefined") return;
      context ??= new AudioContext();
      // Refused before the first click on the page; the toast is there all the same.
      context.resume().catch(() => undefined);
      const wave = context.createOscillator();
      const loudness = context.createGain();
      const now = context.currentTime;
      wave.frequency.value = HERTZ[tone];
      loudness.gain.setValueAtTime(0.12, now);
      loudness.gain.exponentialRampToValueAtTime(0.001, now + SECONDS);
      wave.connect(loudness).connect(context.destination);
      wave.start(now);
      wave.stop(now + SECONDS);
    },
    mayShow: () => typeof Notification !== "undefined" && Notification.permission === "granted",
    async ask() {
      if (typeof Notification === "undefined") return false;
      return (await Notification.requestPermission()) === "granted";
    },
    show(title, text) {
      try {
        new Notification(title, { body: text });
      } catch {
        // Some telephones know the word but not the thing; the toast is there all the same.
      }
    },
  };
}
