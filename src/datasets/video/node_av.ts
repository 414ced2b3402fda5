/** Video with the optional package node-av: FFmpeg in the process. */
import { requirePackage } from "../../utils/require_package.ts";
import type { VideoBackend } from "./backend.ts";
import type { AvLibrary } from "./node_av_library.ts";
import { openVideo, probeVideo } from "./node_av_reader.ts";
import { concatenateVideos, encodeVideo } from "./node_av_writer.ts";

/** Errors are thrown; FFmpeg need not print them as well. */
const AV_LOG_FATAL = 8;

/** @throws Error with the install command if node-av is missing. */
export async function nodeAvBackend(): Promise<VideoBackend> {
  const av = await requirePackage<AvLibrary>("node-av/lib", "Video in datasets");
  av.Log.setLevel(AV_LOG_FATAL as never);
  silenceEncoders();
  return {
    name: "node-av",
    encode: (path, options) => encodeVideo(av, path, options),
    concatenate: (parts, output) => concatenateVideos(av, parts, output),
    probe: (path) => probeVideo(av, path),
    open: (path) => openVideo(av, path),
  };
}

/**
 * SVT-AV1 prints a banner for every file unless the environment limits it to errors. It reads the process's environment,
 * which a worker thread cannot change: the main thread calls this before it starts one.
 */
export function silenceEncoders(): void {
  process.env.SVT_LOG ??= "1";
}
