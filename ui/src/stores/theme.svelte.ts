export type Theme = "light" | "dark";

const KEY = "fxpaper.theme";

/** Light or dark: as the system has it until somebody chooses. */
export class ThemeStore {
  current = $state<Theme>("dark");
  private chosen: boolean;

  constructor(
    private readonly root: HTMLElement,
    private readonly storage: Storage,
    system: MediaQueryList,
  ) {
    const kept = storage.getItem(KEY);
    this.chosen = kept === "light" || kept === "dark";
    this.apply(this.chosen ? (kept as Theme) : ofSystem(system));
    system.addEventListener("change", () => {
      if (!this.chosen) this.apply(ofSystem(system));
    });
  }

  toggle(): void {
    this.chosen = true;
    this.apply(this.current === "dark" ? "light" : "dark");
    this.storage.setItem(KEY, this.current);
  }

  private apply(theme: Theme): void {
    this.current = theme;
    this.root.dataset["theme"] = theme;
  }
}

function ofSystem(system: MediaQueryList): Theme {
  return system.matches ? "light" : "dark";
}
