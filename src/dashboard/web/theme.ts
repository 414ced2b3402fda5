/** Light and dark theme. Default: the system's. */
import { useEffect, useState } from "preact/hooks";
import { PALETTES, ROLES } from "../../metrics/palette.ts";

export type Theme = "light" | "dark";
const KEY = "handrail.theme";

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(initialTheme);
  // Before the state changes: canvases read the colours when they re-render.
  const apply = (next: Theme) => {
    paint(next);
    setTheme(next);
  };
  useEffect(() => {
    const system = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => {
      if (localStorage.getItem(KEY) === null) apply(system.matches ? "dark" : "light");
    };
    system.addEventListener("change", follow);
    return () => system.removeEventListener("change", follow);
  }, []);
  const choose = (chosen: Theme) => {
    localStorage.setItem(KEY, chosen);
    apply(chosen);
  };
  return [theme, choose];
}

function initialTheme(): Theme {
  const stored = localStorage.getItem(KEY);
  const isStored = stored === "light" || stored === "dark";
  const chosen = isStored ? stored : matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  paint(chosen);
  return chosen;
}

/** Semantic colours come from the palette that plots use. */
function paint(theme: Theme): void {
  const { classList, dataset, style } = document.documentElement;
  classList.add("repainting");
  dataset.theme = theme;
  for (const role of ROLES) style.setProperty(`--${role}`, PALETTES[theme][role]);
  requestAnimationFrame(() => requestAnimationFrame(() => classList.remove("repainting")));
}

/** A colour of the style sheet, for canvases. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
