import type { Model } from "../api/objects";

/** What each model may do, and what came of its signals; by name. */
export class ModelsStore {
  items = $state.raw<Model[]>([]);

  replace(items: Model[]): void {
    this.items = items;
  }

  setPolicy(model: string, autoExecute: boolean): void {
    const old = this.items.find((one) => one.model === model);
    const none = { signals: 0, executed: 0, refused: 0, combined: 0 };
    const row = old ?? { model, auto_execute: autoExecute, ...none };
    this.items = [
      ...this.items.filter((one) => one.model !== model),
      { ...row, auto_execute: autoExecute },
    ].sort((one, other) => one.model.localeCompare(other.model));
  }
}
