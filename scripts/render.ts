/**
 * Images of the simulated Panda: its two cameras, an overview, and an episode as an animation.
 * Usage: npm run render -- [--out folder] [--seed n] [--scale n]
 */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type Sharp from "sharp";
import type { ResetResult } from "../src/envs/env.ts";
import { PICK_CUBE_MJCF } from "../src/envs/panda_pick_cube/mjcf/scene.ts";
import { PandaEnv } from "../src/envs/panda_pick_cube/panda_env.ts";
import { PANDA_VARIANTS } from "../src/envs/panda_pick_cube/variants.ts";
import { ScriptedOperator } from "../src/teleoperators/scripted/scripted_operator.ts";
import { requirePackage } from "../src/utils/require_package.ts";

type Image = { readonly pixels: Uint8Array; readonly sizePx: number };

const OBSERVED_PX = 128;
const OVERVIEW_PX = 384;
const FRAME_MS = 100;
/** Duration of the animation's last frame. */
const LAST_FRAME_MS = 1500;
const ENV_ID = "PandaPickCube-v0";

const { values } = parseArgs({
  options: {
    out: { type: "string", default: "outputs/render" },
    seed: { type: "string", default: "0" },
    scale: { type: "string", default: "4" },
  },
});
const seed = wholeNumber("seed", values.seed, 0);
const scale = wholeNumber("scale", values.scale, 1);
const sharp = (await requirePackage<{ default: typeof Sharp }>("sharp", "Writing pictures")).default;
await mkdir(values.out, { recursive: true });

const scratch = await mkdtemp(join(tmpdir(), "handrail-render-"));
try {
  // The environment observes its "front" camera; in this scene the overview has that name.
  const mjcfPath = join(scratch, "overview.xml");
  await writeFile(mjcfPath, PICK_CUBE_MJCF.replace('"front"', '"elsewhere"').replace('"overview"', '"front"'));
  await writeStills(mjcfPath);
  await writeEpisode(mjcfPath);
} finally {
  await rm(scratch, { recursive: true });
}

/** The first moment of an episode, from all sides, larger than a policy's images. */
async function writeStills(mjcfPath: string): Promise<void> {
  const sizePx = OBSERVED_PX * scale;
  for (const [names, options] of [
    [{ front: "front", wrist: "wrist" }, {}],
    [{ front: "overview" }, { mjcfPath }],
  ] as const) {
    const env = await makeEnv(sizePx, options);
    const { observation } = await env.reset({ seed });
    await env.close();
    for (const [camera, name] of Object.entries(names)) {
      const path = join(values.out, `${name}.png`);
      await toSharp({ pixels: observation[`pixels.${camera}`] as Uint8Array, sizePx })
        .png()
        .toFile(path);
      console.log(path);
    }
  }
}

/** One demonstration by the scripted operator, seen from the overview and from both cameras. */
async function writeEpisode(mjcfPath: string): Promise<void> {
  const inset = OVERVIEW_PX / 2;
  const env = await makeEnv(inset);
  // Equal seeds and equal actions give equal episodes, so a second environment can film the first from another side.
  const filmEnv = await makeEnv(OVERVIEW_PX, { mjcfPath });
  const operator = new ScriptedOperator(env, { seed, mode: "demonstrate" });
  let shown: ResetResult = await env.reset({ seed });
  let filmed: ResetResult = await filmEnv.reset({ seed });
  operator.onEpisodeStart();
  const frames: Buffer[] = [];
  const film = async () => {
    const camera = (from: ResetResult, name: string) => from.observation[`pixels.${name}`] as Uint8Array;
    frames.push(
      await compose([
        { pixels: camera(filmed, "front"), sizePx: OVERVIEW_PX, left: 0, top: 0 },
        { pixels: camera(shown, "front"), sizePx: inset, left: OVERVIEW_PX, top: 0 },
        { pixels: camera(shown, "wrist"), sizePx: inset, left: OVERVIEW_PX, top: inset },
      ]),
    );
  };
  await film();
  console.log("filming an episode …");
  for (let over = false; !over; ) {
    operator.getTeleopEvents();
    const action = operator.getAction();
    const step = await env.step(action);
    shown = step;
    filmed = await filmEnv.step(action);
    await film();
    over = step.terminated || step.truncated;
  }
  await Promise.all([env.close(), filmEnv.close()]);
  const delay = frames.map((_, i) => (i === frames.length - 1 ? LAST_FRAME_MS : FRAME_MS));
  const path = join(values.out, "episode.webp");
  await sharp(frames, { join: { animated: true } })
    .webp({ loop: 0, delay, quality: 80, effort: 5 })
    .toFile(path);
  console.log(path);
}

function makeEnv(sizePx: number, options: Readonly<Record<string, unknown>> = {}): Promise<PandaEnv> {
  const variant = PANDA_VARIANTS.find(({ id }) => id === ENV_ID)!;
  const renderSpec = { width: sizePx, height: sizePx };
  return PandaEnv.create(variant, {
    imageObs: true,
    randomBlockPosition: true,
    samplesPerAxis: 2,
    renderSpec,
    ...options,
  });
}

function toSharp({ pixels, sizePx }: Image) {
  return sharp(pixels, { raw: { width: sizePx, height: sizePx, channels: 3 } });
}

/** Puts square images side by side into one PNG image. */
async function compose(images: readonly (Image & { readonly left: number; readonly top: number })[]): Promise<Buffer> {
  const width = Math.max(...images.map(({ left, sizePx }) => left + sizePx));
  const height = Math.max(...images.map(({ top, sizePx }) => top + sizePx));
  const layers = await Promise.all(
    images.map(async (image) => ({ input: await toSharp(image).png().toBuffer(), left: image.left, top: image.top })),
  );
  const canvas = sharp({ create: { width, height, channels: 3, background: "black" } });
  return canvas.composite(layers).png().toBuffer();
}

function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < least) {
    console.error(`--${name} must be a whole number of at least ${least}, got "${text}"`);
    process.exit(2);
  }
  return value;
}
