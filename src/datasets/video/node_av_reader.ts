/** Decoding and probing mp4 files with node-av. */
import type { CodecContext, Frame, SoftwareScaleContext } from "node-av/lib";
import { misaligned, type VideoProbe, type VideoReader } from "./backend.ts";
import {
  AV_PIX_FMT_RGB24,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVSEEK_FLAG_BACKWARD,
  check,
  openInput,
  type VideoInput,
  videoPackets,
} from "./node_av_input.ts";
import type { AvLibrary } from "./node_av_library.ts";

/** Frames this close after the last decoded one are reached by decoding instead of seeking. */
const READ_AHEAD_S = 0.5;

export async function probeVideo(av: AvLibrary, path: string): Promise<VideoProbe> {
  const input = await openInput(av, path);
  try {
    const { codecpar, avgFrameRate, duration } = input.stream;
    const timestamps: number[] = [];
    for await (const packet of videoPackets(av, input)) timestamps.push(Number(packet.pts) * input.timeBaseS);
    const codec = av.Codec.findDecoder(codecpar.codecId);
    return {
      // Decoder libraries have their own names (libdav1d); the files name the format.
      codec: codec?.name?.includes("av1") || codec?.name?.includes("dav1d") ? "av1" : (codec?.name ?? "unknown"),
      width: codecpar.width,
      height: codecpar.height,
      pixelFormat: av.avGetPixFmtName(codecpar.format as never) ?? "unknown",
      rate: avgFrameRate.num / avgFrameRate.den,
      timestampsS: timestamps.sort((a, b) => a - b),
      durationS: Number(duration) * input.timeBaseS,
    };
  } finally {
    await input.format.closeInput();
  }
}

export async function openVideo(av: AvLibrary, path: string): Promise<VideoReader> {
  const input = await openInput(av, path);
  const codec = av.Codec.findDecoder(input.stream.codecpar.codecId);
  if (!codec) throw new Error("no decoder for this video format");
  const context = new av.CodecContext();
  context.allocContext3(codec);
  check(av, context.parametersToContext(input.stream.codecpar), "the decoder does not accept this video");
  context.pktTimebase = input.stream.timeBase;
  // Frame threading delays every frame by the number of threads, a cost of every random access.
  context.threadCount = 1;
  check(av, await context.open2(codec, null), "the decoder cannot be opened");
  return new NodeAvReader(av, input, context);
}

interface DecodedFrame {
  readonly timestampS: number;
  readonly frame: Frame;
}

class NodeAvReader implements VideoReader {
  readonly size: VideoReader["size"];
  readonly #av: AvLibrary;
  readonly #input: VideoInput;
  readonly #context: CodecContext;
  #decoder: AsyncGenerator<DecodedFrame> | undefined;
  #current: DecodedFrame | undefined;
  #scaler: SoftwareScaleContext | undefined;

  constructor(av: AvLibrary, input: VideoInput, context: CodecContext) {
    this.#av = av;
    this.#input = input;
    this.#context = context;
    const { height, width } = input.stream.codecpar;
    this.size = { height, width };
  }

  async *frames(timestampsS: readonly number[], toleranceS: number): AsyncGenerator<Uint8Array, void, void> {
    for (const timestampS of timestampsS) yield await this.#frameAt(timestampS, toleranceS);
  }

  async #frameAt(timestampS: number, toleranceS: number): Promise<Uint8Array> {
    const ahead = this.#current ? timestampS - this.#current.timestampS : -1;
    if (ahead < -toleranceS || ahead > READ_AHEAD_S) await this.#seek(timestampS);
    if (!this.#current) await this.#advance();
    // An index may point after the requested frame (reordered frames): start over from the beginning.
    if (this.#current && this.#current.timestampS > timestampS + toleranceS) {
      await this.#seek(0);
      await this.#advance();
    }
    while (this.#current && this.#current.timestampS < timestampS - toleranceS) {
      if (!(await this.#advance())) break;
    }
    const found = this.#current;
    if (!found || Math.abs(found.timestampS - timestampS) > toleranceS) {
      throw misaligned(timestampS, found?.timestampS, toleranceS);
    }
    return this.#toRgb(found.frame);
  }

  /** Advances to the next frame. @returns false at the end of the file, where the last frame stays current. */
  async #advance(): Promise<boolean> {
    this.#decoder ??= this.#decode();
    const { value } = await this.#decoder.next();
    if (!value) return false;
    this.#current?.frame.free();
    this.#current = value;
    return true;
  }

  async #seek(timestampS: number): Promise<void> {
    await this.#decoder?.return(undefined);
    this.#decoder = undefined;
    this.#current?.frame.free();
    this.#current = undefined;
    const { format, stream, timeBaseS } = this.#input;
    const target = BigInt(Math.max(0, Math.round(timestampS / timeBaseS)));
    check(this.#av, await format.seekFrame(stream.index, target, AVSEEK_FLAG_BACKWARD as never), "cannot be sought");
    this.#context.flushBuffers();
  }

  async *#decode(): AsyncGenerator<DecodedFrame> {
    for await (const packet of videoPackets(this.#av, this.#input)) {
      check(this.#av, await this.#context.sendPacket(packet), "a frame cannot be decoded: the video is damaged");
      yield* this.#receive();
    }
    const flushed = await this.#context.sendPacket(null);
    if (flushed !== AVERROR_EOF) check(this.#av, flushed, "the last frames cannot be decoded");
    yield* this.#receive();
  }

  async *#receive(): AsyncGenerator<DecodedFrame> {
    for (;;) {
      const frame = new this.#av.Frame();
      frame.alloc();
      const code = await this.#context.receiveFrame(frame);
      if (code < 0) {
        frame.free();
        if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
        check(this.#av, code, "a frame cannot be decoded: the video is damaged");
      }
      yield { frame, timestampS: Number(frame.bestEffortTimestamp) * this.#input.timeBaseS };
    }
  }

  async #toRgb(frame: Frame): Promise<Uint8Array> {
    const { width, height } = frame;
    if (width !== this.size.width || height !== this.size.height) {
      throw new Error(`a frame is ${height} × ${width}, the video ${this.size.height} × ${this.size.width}`);
    }
    if (!this.#scaler) {
      this.#scaler = new this.#av.SoftwareScaleContext();
      this.#scaler.getContext(width, height, frame.format as never, width, height, AV_PIX_FMT_RGB24 as never);
    }
    const rgb = new this.#av.Frame();
    rgb.alloc();
    rgb.width = width;
    rgb.height = height;
    rgb.format = AV_PIX_FMT_RGB24 as never;
    try {
      check(this.#av, rgb.allocBuffer(), "no memory for a video frame");
      check(this.#av, await this.#scaler.scaleFrame(rgb, frame), "a frame cannot be converted to RGB");
      return new Uint8Array(rgb.toBuffer());
    } finally {
      rgb.free();
    }
  }

  async close(): Promise<void> {
    await this.#decoder?.return(undefined);
    this.#current?.frame.free();
    this.#scaler?.freeContext();
    this.#context.freeContext();
    await this.#input.format.closeInput();
  }
}
