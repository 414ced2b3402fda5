/** Both video backends give the same frames at the same times. */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { VideoBackend, VideoReader } from "../../src/datasets/video/backend.ts";
import { ffmpegBackend } from "../../src/datasets/video/ffmpeg.ts";
import { nodeAvBackend } from "../../src/datasets/video/node_av.ts";
import { temporaryFolder } from "./support.ts";

const SIZE = { height: 64, width: 80, channels: 3 };
const FPS = 15;
const shade = (i: number): number => 16 + ((i * 37) % 200);
const hasProgram = spawnSync("ffmpeg", ["-version"]).status === 0;

async function encode(backend: VideoBackend, path: string, from: number, to: number, codec: "av1" | "h264") {
  const encoder = await backend.encode(path, { ...SIZE, fps: FPS, codec });
  for (let i = from; i < to; i++) await encoder.write(new Uint8Array(SIZE.height * SIZE.width * 3).fill(shade(i)));
  await encoder.finish();
}

async function read(reader: VideoReader, frames: readonly number[]): Promise<Uint8Array[]> {
  const images: Uint8Array[] = [];
  for await (const image of reader.frames(
    frames.map((i) => i / FPS),
    1e-4,
  ))
    images.push(image);
  return images;
}

const backends = [
  { name: "node-av", open: nodeAvBackend as () => Promise<VideoBackend | undefined>, present: true },
  { name: "the program ffmpeg", open: ffmpegBackend, present: hasProgram },
];

describe.each(backends.filter(({ present }) => present))("video through $name", ({ open }) => {
  let backend: VideoBackend;
  beforeAll(async () => {
    backend = (await open())!;
  });

  it.each(["av1", "h264"] as const)("keeps every frame of %s at its time, across joined files", async (codec) => {
    const folder = await temporaryFolder();
    const [a, b, joined] = ["a.mp4", "b.mp4", "joined.mp4"].map((name) => join(folder, name));
    await encode(backend, a!, 0, 7, codec);
    await encode(backend, b!, 7, 18, codec);
    const parts = [
      { path: a!, offsetS: 0 },
      { path: b!, offsetS: 7 / FPS },
    ];
    await backend.concatenate(parts, joined!);
    const probe = await backend.probe(joined!);
    expect(probe).toMatchObject({ codec, width: 80, height: 64, pixelFormat: "yuv420p", rate: FPS });
    expect(probe.durationS).toBeCloseTo(18 / FPS, 5);
    probe.timestampsS.forEach((timestamp, i) => {
      expect(timestamp).toBeCloseTo(i / FPS, 5);
    });
    const reader = await backend.open(joined!);
    for (const order of [Array.from({ length: 18 }, (_, i) => i), [17], [3], [4, 9], [0]]) {
      const images = await read(reader, order);
      expect(images.length).toBe(order.length);
      images.forEach((image, k) => {
        expect(Math.abs(image[5000]! - shade(order[k]!))).toBeLessThanOrEqual(4);
      });
    }
    await expect(read(reader, [0.5])).rejects.toThrow("no frame at 0.033333 s ± 0.0001 s");
    await expect(read(reader, [18])).rejects.toThrow("no frame at 1.2");
    expect((await read(reader, [6]))[0]!.length).toBe(64 * 80 * 3);
    await reader.close();
  });

  it("refuses frames of another size and files that are no video", async () => {
    const folder = await temporaryFolder();
    const encoder = await backend.encode(join(folder, "x.mp4"), { ...SIZE, fps: FPS, codec: "h264" });
    await expect(encoder.write(new Uint8Array(10))).rejects.toThrow("a 80 × 64 RGB frame has 15360 bytes, got 10");
    await encoder.abort();
    await expect(backend.probe(join(folder, "none.mp4"))).rejects.toThrow();
    await expect(backend.open(import.meta.filename)).rejects.toThrow();
  });
});

it.skipIf(!hasProgram)(
  "reaches any frame of a video with reordered frames and rare key frames, as both decode it",
  async () => {
    const path = join(await temporaryFolder(), "reordered.mp4");
    const picture = ["-f", "lavfi", "-i", `testsrc2=size=80x64:rate=${FPS}`, "-frames:v", "50"];
    const coding = ["-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "3", "-g", "24"];
    execFileSync("ffmpeg", ["-loglevel", "error", ...picture, ...coding, path]);
    const all = Array.from({ length: 50 }, (_, i) => i);
    const [inProcess, program] = await Promise.all(
      [await nodeAvBackend(), (await ffmpegBackend())!].map((backend) => backend.open(path)),
    );
    const expected = await read(program!, all);
    expect(await read(inProcess!, all)).toEqual(expected);
    for (const i of [49, 23, 24, 25, 0, 11]) expect((await read(inProcess!, [i]))[0]).toEqual(expected[i]);
    await Promise.all([inProcess!.close(), program!.close()]);
  },
);
