/**
 * Compares a dataset, as read by this package, with another reader's listing of it:
 * `npm run read-dataset -- <dataset> <frames.json>`. Prints the worst deviation per field; exits with 1 past tolerance.
 */

import { readFile } from "node:fs/promises";
import { Dataset } from "../src/datasets/dataset.ts";
import { compareFrames, parseReferenceFrames } from "../src/datasets/validation/compare_frames.ts";

const [root, framesPath] = process.argv.slice(2);
if (!root || !framesPath) {
  console.error("usage: npm run read-dataset -- <dataset folder> <frames.json>");
  process.exit(2);
}
const reference = parseReferenceFrames(await readFile(framesPath, "utf8"));
const dataset = await Dataset.open(root);
try {
  const { frames, fields } = await compareFrames(dataset, reference);
  console.log(`${frames} frames in ${dataset.episodes.length} episodes`);
  for (const { field, worst, tolerance, frame } of fields) {
    const verdict = worst <= tolerance ? "ok" : "FAIL";
    const where = worst > 0 ? ` at frame ${frame}` : "";
    console.log(`${verdict.padEnd(5)}${field.padEnd(36)} worst ${worst.toExponential(2)} (≤ ${tolerance})${where}`);
  }
  process.exitCode = fields.every(({ worst, tolerance }) => worst <= tolerance) ? 0 : 1;
} finally {
  await dataset.close();
}
