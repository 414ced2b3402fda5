/** Films of evaluations: every picture is there, in its order, and each format opens. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, expect, it } from "vitest";
import { videoBackend } from "../../src/datasets/video/choose.ts";
import type { EvaluationReport } from "../../src/metrics/run_event.ts";
import { evaluatePolicy } from "../../src/rollout/evaluation/evaluate_policy.ts";
import { FILM_SIZE_PX, Film, filmFormatOf } from "../../src/rollout/evaluation/film.ts";
import { type ConfiguredEnv, makeProcessedEnv } from "../../src/runs/make_processed_env.ts";
import { pickCube, untrained } from "./support.ts";

const FPS = 10;
const EPISODE_S = 0.4;
/** The first picture, one after each step, and the rest on the last one. */
const PICTURES = 1 + FPS * EPISODE_S + 0.8 * FPS;

let folder: string;
let processedEnv: ConfiguredEnv;
let acting: Pick<ReturnType<typeof untrained>, "policy" | "processors">;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-film-"));
  const config = await pickCube(`--env.processor.reset.control_time_s=${EPISODE_S}`);
  processedEnv = await makeProcessedEnv(config);
  acting = untrained(config);
});
afterAll(async () => {
  await processedEnv.env.close();
  await acting.policy.dispose();
  await rm(folder, { recursive: true });
});

async function film(path: string, episodes: number): Promise<EvaluationReport> {
  const camera = processedEnv.film!.filmCamera({ width: FILM_SIZE_PX, height: FILM_SIZE_PX });
  const film = await Film.begin({ path, camera, fps: FPS, episodes });
  const evaluation = { processedEnv, ...acting, episodes: 2, seed: 0, observers: [film] };
  const report = await evaluatePolicy({ ...evaluation, beforeStep: () => film.settled });
  await film.finish();
  return report;
}

it.each([".gif", ".webp"])("a %s shows the arm move, for as many episodes as were asked for", async (ending) => {
  const path = join(folder, `episode${ending}`);
  await film(path, 1);
  const { pages, pageHeight, width, delay } = await sharp(path, { pages: -1 }).metadata();
  expect([width, pageHeight]).toEqual([FILM_SIZE_PX, FILM_SIZE_PX]);
  // An encoder may show two equal pictures as one that lasts longer.
  expect(delay!.reduce((sum, ms) => sum + ms, 0)).toBe(PICTURES * (1000 / FPS));
  expect(pages).toBeGreaterThanOrEqual(1 + FPS * EPISODE_S);
  const [first, last] = await Promise.all(
    [0, pages! - 1].map((page) => sharp(path, { page }).removeAlpha().raw().toBuffer()),
  );
  expect(first!.equals(last!)).toBe(false);
});

it("an mp4 has every picture of every episode", async () => {
  const path = join(folder, "episodes.mp4");
  const report = await film(path, 2);
  const { width, height, rate, timestampsS } = await (await videoBackend()).probe(path);
  expect({ width, height, rate }).toEqual({ width: FILM_SIZE_PX, height: FILM_SIZE_PX, rate: FPS });
  expect(timestampsS).toHaveLength(2 * PICTURES);
  expect(report.lengths).toEqual([FPS * EPISODE_S, FPS * EPISODE_S]);
});

it("filming does not change the report", async () => {
  const alone = await evaluatePolicy({ processedEnv, ...acting, episodes: 2, seed: 0 });
  expect(await film(join(folder, "same.webp"), 2)).toEqual(alone);
});

it("another extension is refused with the known ones", () => {
  expect(() => filmFormatOf("film.avi")).toThrow('"film.avi" does not end with .mp4, .webp, .gif');
});
