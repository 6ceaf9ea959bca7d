/** The theme's colours as a canvas needs them. */
export interface Palette {
  panel: string;
  grid: string;
  line: string;
  edge: string;
  ink: string;
  soft: string;
  faint: string;
  up: string;
  down: string;
  upWash: string;
  good: string;
  bad: string;
}

/** Read the colours of the theme that is applied now. */
export function palette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string) => style.getPropertyValue(name).trim();
  return {
    panel: colour("--panel"),
    grid: colour("--grid"),
    line: colour("--line"),
    edge: colour("--edge"),
    ink: colour("--ink"),
    soft: colour("--soft"),
    faint: colour("--faint"),
    up: colour("--up"),
    down: colour("--down"),
    upWash: colour("--up-wash"),
    good: colour("--good"),
    bad: colour("--bad"),
  };
}
