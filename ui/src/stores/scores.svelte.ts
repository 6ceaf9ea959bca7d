import type { ModelScore } from "../api/objects";

/** What each model's signals and trades came to, by its name. */
export class ScoresStore {
  rows = $state.raw<Record<string, ModelScore>>({});

  replace(items: ModelScore[]): void {
    this.rows = Object.fromEntries(items.map((one) => [one.model, one]));
  }
}
