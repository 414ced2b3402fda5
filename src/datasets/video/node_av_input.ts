/** An open video file and its first video stream, for node-av. */
import type { FormatContext, Packet, Stream } from "node-av/lib";
import type { AvLibrary } from "./node_av_library.ts";

/** libavutil's error codes and constants, without loading their module. */
export const AVERROR_EOF = -541478725;
export const AVERROR_EAGAIN = -11;
export const AVMEDIA_TYPE_VIDEO = 0;
export const AVSEEK_FLAG_BACKWARD = 1;
export const AV_PIX_FMT_YUV420P = 0;
export const AV_PIX_FMT_RGB24 = 2;

export interface VideoInput {
  readonly format: FormatContext;
  readonly stream: Stream;
  readonly timeBaseS: number;
}

/** @throws Error if the file is missing, damaged or holds no video. */
export async function openInput(av: AvLibrary, path: string): Promise<VideoInput> {
  const format = new av.FormatContext();
  check(av, await format.openInput(path, null, null), "cannot be opened");
  try {
    check(av, await format.findStreamInfo(null), "has no readable stream information");
    const index = format.findBestStream(AVMEDIA_TYPE_VIDEO as never);
    const stream = format.streams[index];
    if (index < 0 || !stream) throw new Error("holds no video stream");
    return { format, stream, timeBaseS: stream.timeBase.num / stream.timeBase.den };
  } catch (error) {
    await format.closeInput();
    throw error;
  }
}

/** Reads packets of the video stream until the end of the file. The packet is reused. */
export async function* videoPackets(av: AvLibrary, { format, stream }: VideoInput): AsyncGenerator<Packet> {
  const packet = new av.Packet();
  packet.alloc();
  try {
    for (;;) {
      const code = await format.readFrame(packet);
      if (code === AVERROR_EOF) return;
      check(av, code, "cannot be read");
      if (packet.streamIndex === stream.index) yield packet;
      packet.unref();
    }
  } finally {
    packet.free();
  }
}

export function check(av: AvLibrary, code: number, what: string): number {
  if (code < 0) throw new Error(`${what} (${new av.FFmpegError(code).message})`);
  return code;
}
