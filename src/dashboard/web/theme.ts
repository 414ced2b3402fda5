/** Light and dark: the system's choice unless a person chose otherwise. */
import { useEffect, useState } from "preact/hooks";
import { PALETTES, ROLES } from "../../metrics/palette.ts";

export type Theme = "light" | "dark";
const KEY = "handrail.theme";

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(initialTheme);
  // At once: what draws on a canvas reads the colours as soon as it is told of the theme.
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

/** The colours with a meaning come from where plots have them, too. */
function paint(theme: Theme): void {
  const { classList, dataset, style } = document.documentElement;
  classList.add("repainting");
  dataset.theme = theme;
  for (const role of ROLES) style.setProperty(`--${role}`, PALETTES[theme][role]);
  requestAnimationFrame(() => requestAnimationFrame(() => classList.remove("repainting")));
}

/** A colour of the style sheet, for what draws on a canvas. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
