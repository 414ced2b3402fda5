/** Light and dark: the system's choice unless a person chose otherwise. */
import { useEffect, useState } from "preact/hooks";

export type Theme = "light" | "dark";
const KEY = "handrail.theme";

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(initialTheme);
  // At once: what draws on a canvas reads the colours as soon as it is told of the theme.
  const apply = (next: Theme) => {
    document.documentElement.dataset.theme = next;
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
  document.documentElement.dataset.theme = chosen;
  return chosen;
}

/** A colour of the style sheet, for what draws on a canvas. */
export function cssColor(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
