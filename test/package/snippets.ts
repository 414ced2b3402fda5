/** The TypeScript in README and docs, as modules that a user could save and compile. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Snippet {
  /** Location, such as `docs/replay.md:12`. */
  readonly place: string;
  readonly code: string;
  /** Declarations from an HTML comment above it, `<!-- given: … -->`. Hidden from readers. */
  readonly given: string;
  /** The file that an HTML comment above it, `<!-- from: … -->`, says it is an excerpt of. */
  readonly from: string | undefined;
}

const FENCE = /(?:<!-- (given|from):\s([\s\S]*?)-->\n+)?^( *)```ts\n([\s\S]*?)^ *```$/gm;

export function snippetsOf(page: string): Snippet[] {
  const text = readFileSync(join(ROOT, page), "utf8");
  return [...text.matchAll(FENCE)].map(({ 1: kind, 2: comment = "", 4: code, index }) => ({
    place: `${page}:${text.slice(0, text.indexOf("```ts", index)).split("\n").length}`,
    code: code!,
    given: kind === "given" ? comment : "",
    from: kind === "from" ? comment.trim() : undefined,
  }));
}

export function allSnippets(): Snippet[] {
  const docs = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" });
  const pages = ["README.md", ...docs.filter((file) => file.endsWith(".md")).map((file) => `docs/${file}`)];
  return pages.sort().flatMap(snippetsOf);
}

/** Whether every line of an excerpt stands in its file, indentation aside and in the same order. */
export function isExcerpt({ code, from }: Snippet): boolean {
  const lines = (text: string) => text.split("\n").map((line) => line.trim());
  const source = lines(readFileSync(join(ROOT, from!), "utf8"));
  let at = 0;
  return lines(code)
    .filter((line) => line !== "" && line !== "…")
    .every((line) => {
      at = source.indexOf(line, at) + 1;
      return at > 0;
    });
}
