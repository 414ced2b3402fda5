import { describe, expect, it } from "vitest";
import { type Panel, type PlotSeries, renderFigure } from "./figure.ts";

const points = (...ys: number[]) => ys.map((y, x) => ({ x, y }));
const figure = (series: readonly PlotSeries[], panel: Partial<Panel> = {}) =>
  renderFigure({ title: "Title", xLabel: "steps", panels: [{ yLabel: "return", series, ...panel }] });
/** The lines' paths, one string per series. */
const paths = (svg: string) => [...svg.matchAll(/<path d="([^"]*)" fill="none"/g)].map(([, path]) => path!);
const texts = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text!);

describe("a figure", () => {
  it("has a title, axes with ticks, and a legend", () => {
    const svg = figure([{ name: "seed 0", points: points(0, 1) }]);
    expect(texts(svg)).toEqual(expect.arrayContaining(["Title", "steps", "return", "seed 0", "0.2", "0", "1"]));
    expect(svg).toContain('<rect width="100%" height="100%" fill="#ffffff"/>');
  });

  it("draws greater values higher and later ones further right", () => {
    const [path] = paths(figure([{ name: "a", points: points(0, 10) }]));
    const [x0, y0, x1, y1] = path!.match(/[\d.]+/g)!.map(Number);
    expect(x1!).toBeGreaterThan(x0!);
    expect(y1!).toBeLessThan(y0!);
  });

  it("leaves a gap where a value is not finite", () => {
    const [path] = paths(figure([{ name: "a", points: points(1, 2, Number.NaN, 3, 4) }]));
    expect(path!.match(/M/g)).toHaveLength(2);
    expect(path).not.toContain("NaN");
  });

  it("stays small for a long run", () => {
    const long = Array.from({ length: 200_000 }, (_, x) => ({ x, y: Math.sin(x / 1000) }));
    expect(figure([{ name: "a", points: long }]).length).toBeLessThan(60_000);
  });

  it("escapes names", () => {
    const svg = figure([{ name: `<script>"&`, points: points(1) }]);
    expect(svg).not.toContain("<script>");
    expect(svg).toContain("&#60;script&#62;&#34;&#38;");
  });

  it("keeps its legend inside the picture, in several rows if needed", () => {
    const names = Array.from({ length: 9 }, (_, i) => `a rather long name of series ${i}`);
    const svg = figure(names.map((name) => ({ name, points: points(0, 1) })));
    expect(texts(svg)).toEqual(expect.arrayContaining(names));
    for (const [, x] of svg.matchAll(/<g transform="translate\((\d[\d.]*) 0\)">/g)) expect(Number(x)).toBeLessThan(600);
  });

  it("leaves raw values behind a mean out of the legend", () => {
    const svg = figure([{ name: "raw", points: points(0, 1), style: "cloud" }]);
    expect(texts(svg)).not.toContain("raw");
    expect(svg.match(/<circle/g)).toHaveLength(2);
  });

  it("draws intervals and a reference within the axis", () => {
    const svg = figure([{ name: "a", points: points(5), style: "marks", intervals: [{ x: 0, low: -20, high: 40 }] }], {
      reference: { name: "target", y: 90 },
    });
    expect(texts(svg)).toEqual(expect.arrayContaining(["target", "−50", "100"]));
  });

  it("falls back to a linear axis if a value is not positive", () => {
    expect(texts(figure([{ name: "a", points: points(0.01, 100) }], { logarithmic: true }))).toContain("0.1");
    expect(texts(figure([{ name: "a", points: points(-1, 100) }], { logarithmic: true }))).not.toContain("0.1");
  });

  it("stacks panels over a common x axis", () => {
    const panel = (name: string, length: number): Panel => ({
      yLabel: name,
      series: [{ name, points: Array.from({ length }, (_, x) => ({ x, y: x })) }],
    });
    const svg = renderFigure({ title: "Two", xLabel: "steps", panels: [panel("short", 11), panel("long", 101)] });
    const [short, long] = paths(svg).map((path) => Number(path.match(/[\d.]+/g)!.at(-2)));
    expect((short! - 84) / (long! - 84)).toBeCloseTo(0.1, 2);
  });
});
