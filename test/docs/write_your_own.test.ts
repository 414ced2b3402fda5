/** docs/write_your_own.md, the index of all that one can write oneself, against the pages, examples and suites that there are. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const DOCS = join(import.meta.dirname, "../../docs");
const read = (file: string) => readFileSync(join(DOCS, file), "utf8");
const index = read("write_your_own.md");
const links = [...index.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!);

/** As GitHub makes them. */
const anchorOf = (heading: string) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");
const headingsOf = (page: string) => [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading!);

it("every link leads to a file, and to a heading in it", () => {
  expect(links.length).toBeGreaterThan(20);
  const broken = links.filter((link) => {
    const [file, anchor] = link.split("#") as [string, string?];
    if (!existsSync(join(DOCS, file))) return true;
    return anchor !== undefined && !headingsOf(read(file)).map(anchorOf).includes(anchor);
  });
  expect(broken).toEqual([]);
});

it("every page and section on a part of one's own is in it", () => {
  const pages = readdirSync(DOCS, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".md") && file !== "write_your_own.md" && dirname(file) !== "adr");
  const isOnOne = (heading: string) => /^(write (your own|a) |your own )| of your own$/i.test(heading);
  const places = pages.flatMap((page) => {
    const [title, ...sections] = headingsOf(read(page));
    return [
      ...(isOnOne(title!) ? [page] : []),
      ...sections.filter(isOnOne).map((heading) => `${page}#${anchorOf(heading)}`),
    ];
  });
  expect(places.length).toBeGreaterThan(8);
  expect(places.filter((place) => !links.includes(place))).toEqual([]);
});

it("every conformance suite is in it", () => {
  const suites = [...readFileSync(join(DOCS, "../src/conformance.ts"), "utf8").matchAll(/\b(describe[A-Z]\w+)/g)];
  expect(suites.length).toBeGreaterThan(5);
  for (const [, suite] of suites) expect(index).toContain(`\`${suite}\``);
});

it("every plug-in among the examples is in it", () => {
  const examples = join(DOCS, "../examples");
  const plugins = readdirSync(examples)
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => /^register\w+\(/m.test(readFileSync(join(examples, file), "utf8")));
  expect(plugins.length).toBeGreaterThan(5);
  expect(plugins.filter((file) => !links.includes(`../examples/${file}`))).toEqual([]);
});
