export type Tone = "good" | "bad" | "plain";

export interface Notice {
  id: number;
  tone: Tone;
  text: string;
}

const SHOWN_MS = 7_000;
const MOST = 3;

/** What happened, for the eye and for the screen reader's polite live region. Never ticks. */
export class NoticesStore {
  items = $state.raw<Notice[]>([]);
  private lastId = 0;

  /** Tell several things that came at once; more than a few are counted instead of read out. */
  tell(news: { tone: Tone; text: string }[]): void {
    if (news.length > MOST) {
      this.add("plain", `${news.length} things happened: see signals and deals.`);
      return;
    }
    for (const one of news) this.add(one.tone, one.text);
  }

  dismiss(id: number): void {
    this.items = this.items.filter((one) => one.id !== id);
  }

  private add(tone: Tone, text: string): void {
    this.lastId += 1;
    const id = this.lastId;
    this.items = [...this.items, { id, tone, text }].slice(-MOST);
    setTimeout(() => this.dismiss(id), SHOWN_MS);
  }
}
