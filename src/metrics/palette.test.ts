import { expect, test } from "vitest";
import { PALETTES, ROLES, SURFACES } from "./palette.ts";

/** Relative luminance (WCAG 2.2). */
function luminance(color: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
}

const contrast = (one: string, other: string) => {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light! + 0.05) / (dark! + 0.05);
};

test.each(["light", "dark"] as const)("every colour with a meaning is readable as text on a %s surface", (theme) => {
  for (const role of ROLES) {
    expect(contrast(PALETTES[theme][role], SURFACES[theme]), role).toBeGreaterThanOrEqual(4.5);
  }
});

test("no two sides have the same colour", () => {
  for (const palette of Object.values(PALETTES)) expect(new Set(Object.values(palette)).size).toBe(ROLES.length);
});
