/** Chooses the video library: the package if it is installed, else the program. */
import type { VideoBackend } from "./backend.ts";
import { ffmpegBackend } from "./ffmpeg.ts";
import { nodeAvBackend } from "./node_av.ts";

let chosen: Promise<VideoBackend> | undefined;

/** @throws Error naming both installation options if neither node-av nor ffmpeg is available. */
export function videoBackend(): Promise<VideoBackend> {
  chosen ??= choose();
  return chosen;
}

async function choose(): Promise<VideoBackend> {
  try {
    return await nodeAvBackend();
  } catch (missing) {
    const program = await ffmpegBackend();
    if (program) return program;
    throw new Error(`${(missing as Error).message}, or put the program ffmpeg on the path`, { cause: missing });
  }
}

export async function hasVideoBackend(): Promise<boolean> {
  return videoBackend().then(
    () => true,
    () => false,
  );
}
