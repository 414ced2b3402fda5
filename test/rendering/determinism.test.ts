import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { program } from "../build.ts";
import { pandaDigests } from "./panda_digests.ts";

/** First images of an episode, plain and anti-aliased. If they change, policies trained on images see different ones. */
const RECORDED = ["0447b7f0f41f6205", "913d02b49d853c19"];

it("the pick task's images are the recorded ones, bit for bit, in this process and in another", async () => {
  const child = promisify(execFile)(process.execPath, [program("rendering/processes/render_digests")]);
  const here = [await pandaDigests(1), await pandaDigests(2)];
  const there = JSON.parse((await child).stdout);
  expect(there).toEqual(here);
  expect(here.map(({ start }) => start)).toEqual(RECORDED);
  expect(here[0]!.episode).not.toBe(here[0]!.start);
});
