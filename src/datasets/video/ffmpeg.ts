/** Video with the programs `ffmpeg` and `ffprobe`, for machines without node-av. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rm, writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import {
  CONSTANT_RATE_FACTOR,
  ENCODERS,
  type EncodingOptions,
  KEY_FRAME_INTERVAL,
  misaligned,
  type VideoBackend,
  type VideoEncoder,
  type VideoPart,
  type VideoProbe,
  type VideoReader,
} from "./backend.ts";

/** @returns undefined if the programs are not on the path. */
export async function ffmpegBackend(): Promise<VideoBackend | undefined> {
  try {
    await Promise.all([run("ffmpeg", ["-version"]), run("ffprobe", ["-version"])]);
  } catch {
    return undefined;
  }
  return {
    name: "ffmpeg",
    encode,
    concatenate,
    probe,
    open: async (path) => new FfmpegReader(path, await probe(path)),
  };
}

/** Runs a program to completion. @returns its output. @throws Error with its last output if it fails. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
  const output: Buffer[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
  await ended(child, program);
  return Buffer.concat(output).toString();
}

/** Waits until a program exits successfully. */
function ended(child: ChildProcess, program: string): Promise<void> {
  let complaint = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk).slice(-2000);
  });
  return new Promise((done, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) done();
      else reject(new Error(`${program} failed: ${complaint.trim().split("\n").at(-1) ?? `exit code ${code}`}`));
    });
  });
}

const QUIET = ["-hide_banner", "-loglevel", "error", "-nostdin", "-y"];

async function encode(path: string, { width, height, fps, codec }: EncodingOptions): Promise<VideoEncoder> {
  const { encoder, preset } = ENCODERS[codec];
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", `${width}x${height}`, "-r", String(fps), "-i", "-"];
  const quality = ["-g", String(KEY_FRAME_INTERVAL), "-crf", String(CONSTANT_RATE_FACTOR), "-preset", preset];
  const output = ["-c:v", encoder, "-bf", "0", ...quality, "-pix_fmt", "yuv420p", "-movflags", "faststart"];
  const child = spawn("ffmpeg", [...QUIET, ...input, ...output, path], { stdio: ["pipe", "ignore", "pipe"] });
  const done = ended(child, "ffmpeg");
  done.catch(() => {});
  child.stdin.on("error", () => {}); // `done` reports the reason
  return {
    async write(pixels) {
      if (pixels.length !== width * height * 3) {
        throw new RangeError(`a ${width} × ${height} RGB frame has ${width * height * 3} bytes, got ${pixels.length}`);
      }
      if (!child.stdin.write(pixels)) await Promise.race([once(child.stdin, "drain"), done]);
    },
    finish() {
      child.stdin.end();
      return done;
    },
    async abort() {
      child.kill("SIGKILL");
      await done.catch(() => {});
    },
  };
}

async function concatenate(parts: readonly VideoPart[], output: string): Promise<void> {
  const list = `${output}.txt`;
  const lines = parts.map(({ path }, i) => {
    const next = parts[i + 1];
    const duration = next ? `duration ${next.offsetS - parts[i]!.offsetS}\n` : "";
    return `file '${resolve(path).replaceAll("'", "'\\''")}'\n${duration}`;
  });
  await writeFile(list, lines.join(""));
  try {
    const copy = ["-c", "copy", "-movflags", "faststart", "-f", "mp4", output];
    await run("ffmpeg", [...QUIET, "-f", "concat", "-safe", "0", "-i", list, ...copy]);
  } finally {
    await rm(list, { force: true });
  }
}

async function probe(path: string): Promise<VideoProbe> {
  const entries = "stream=codec_name,width,height,pix_fmt,avg_frame_rate,duration:packet=pts_time";
  const json = await run("ffprobe", [
    "-v",
    "error",
    "-select_streams",
    "v:0",
    "-show_entries",
    entries,
    "-of",
    "json",
    path,
  ]);
  const { streams, packets } = JSON.parse(json) as {
    streams: {
      readonly codec_name: string;
      readonly pix_fmt: string;
      readonly avg_frame_rate: string;
      readonly duration: string;
      readonly width: number;
      readonly height: number;
    }[];
    packets: { readonly pts_time: string }[];
  };
  const stream = streams[0];
  if (!stream) throw new Error("holds no video stream");
  const [frames, seconds] = stream.avg_frame_rate.split("/").map(Number);
  return {
    codec: stream.codec_name,
    width: stream.width,
    height: stream.height,
    pixelFormat: stream.pix_fmt,
    rate: frames! / seconds!,
    timestampsS: packets.map((packet) => Number(packet.pts_time)).sort((a, b) => a - b),
    durationS: Number(stream.duration),
  };
}

/** The program outputs frames without times: they are matched with the packet times read beforehand. */
class FfmpegReader implements VideoReader {
  readonly size: VideoReader["size"];
  readonly #path: string;
  readonly #probe: VideoProbe;

  constructor(path: string, videoProbe: VideoProbe) {
    this.#path = path;
    this.#probe = videoProbe;
    this.size = { height: videoProbe.height, width: videoProbe.width };
  }

  async *frames(timestampsS: readonly number[], toleranceS: number): AsyncGenerator<Uint8Array, void, void> {
    const wanted = timestampsS.map((timestampS) => this.#indexAt(timestampS, toleranceS));
    const first = wanted[0];
    if (first === undefined) return;
    const { width, height, rate, timestampsS: times } = this.#probe;
    const count = String(wanted.at(-1)! - first + 1);
    // Half a frame early: the seek takes the first frame at or after its target.
    const start = Math.max(0, times[first]! - 0.5 / rate).toFixed(6);
    const raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-fps_mode", "passthrough", "-"];
    const args = [...QUIET, "-ss", start, "-i", this.#path, "-frames:v", count, ...raw];
    const child = spawn("ffmpeg", args, { stdio: ["ignore", "pipe", "pipe"] });
    const done = ended(child, "ffmpeg");
    done.catch(() => {});
    const size = width * height * 3;
    let pending: Uint8Array = new Uint8Array();
    let index = first;
    let next = 0;
    try {
      for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) {
        pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
        while (pending.length >= size) {
          const frame = pending.slice(0, size);
          pending = pending.subarray(size);
          if (wanted[next] === index++) {
            next++;
            yield new Uint8Array(frame);
          }
        }
      }
      await done;
      if (next < wanted.length)
        throw new Error(`ends after frame ${index - 1} of ${times.length}: the video is damaged`);
    } finally {
      child.kill("SIGKILL");
    }
  }

  #indexAt(timestampS: number, toleranceS: number): number {
    const times = this.#probe.timestampsS;
    let low = 0;
    let high = times.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (times[middle]! < timestampS - toleranceS) low = middle + 1;
      else high = middle;
    }
    const nearest = times[low];
    if (nearest === undefined || Math.abs(nearest - timestampS) > toleranceS) {
      throw misaligned(timestampS, nearest, toleranceS);
    }
    return low;
  }

  async close(): Promise<void> {}
}
