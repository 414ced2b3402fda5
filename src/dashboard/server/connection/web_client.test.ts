import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isFresh } from "./web_client.ts";

test("the page is rebuilt when its sources change, also in a checkout whose path contains the server folder's name", () => {
  const root = mkdtempSync(join(tmpdir(), "server-"));
  try {
    const [index, page, server] = [join(root, "index.html"), join(root, "src/web"), join(root, "src/server")];
    const write = (path: string, timeS: number) => {
      writeFileSync(path, "");
      utimesSync(path, timeS, timeS);
    };
    for (const folder of [page, server]) mkdirSync(folder, { recursive: true });
    expect(isFresh(index, join(root, "src"))).toBe(false);
    write(index, 100);
    write(join(page, "main.ts"), 50);
    write(join(server, "room.ts"), 200);
    write(join(page, "main.test.ts"), 200);
    expect(isFresh(index, join(root, "src"))).toBe(true);
    write(join(page, "main.ts"), 150);
    expect(isFresh(index, join(root, "src"))).toBe(false);
  } finally {
    rmSync(root, { recursive: true });
  }
});
