/** Encoding and joining mp4 files with node-av. */
import type { CodecContext, FormatContext, Frame, Packet, SoftwareScaleContext, Stream } from "node-av/lib";
import {
  CONSTANT_RATE_FACTOR,
  ENCODERS,
  type EncodingOptions,
  KEY_FRAME_INTERVAL,
  type VideoEncoder,
  type VideoPart,
} from "./backend.ts";
import {
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  check,
  openInput,
  videoPackets,
} from "./node_av_input.ts";
import type { AvLibrary } from "./node_av_library.ts";

const FLAG_GLOBAL_HEADER = 1 << 22;

/** One output file with one video stream. */
class Mp4Output {
  readonly #av: AvLibrary;
  readonly format: FormatContext;
  readonly stream: Stream;
  readonly #path: string;

  constructor(av: AvLibrary, path: string) {
    this.#av = av;
    this.#path = path;
    this.format = new av.FormatContext();
    check(av, this.format.allocOutputContext2(null, "mp4", path), `cannot create "${path}"`);
    this.stream = this.format.newStream(null);
  }

  async begin(): Promise<void> {
    check(this.#av, await this.format.openOutput(), `the video ${this.#path} cannot be created`);
    const options = this.#av.Dictionary.fromObject({ movflags: "faststart" });
    check(this.#av, await this.format.writeHeader(options), "the video header cannot be written");
    options.free();
  }

  async write(packet: Packet): Promise<void> {
    packet.streamIndex = this.stream.index;
    check(this.#av, await this.format.interleavedWriteFrame(packet), "a video packet cannot be written");
  }

  async end(): Promise<void> {
    check(this.#av, await this.format.writeTrailer(), "the video file cannot be completed");
    await this.close();
  }

  async close(): Promise<void> {
    await this.format.closeOutput();
    this.format.freeContext();
  }
}

export async function encodeVideo(av: AvLibrary, path: string, options: EncodingOptions): Promise<VideoEncoder> {
  const { encoder: name, preset } = ENCODERS[options.codec];
  const codec = av.Codec.findEncoderByName(name as never);
  if (!codec) throw new Error(`this build of FFmpeg has no ${name} encoder; choose another codec`);
  const context = new av.CodecContext();
  context.allocContext3(codec);
  context.width = options.width;
  context.height = options.height;
  context.pixelFormat = AV_PIX_FMT_YUV420P as never;
  context.timeBase = new av.Rational(1, options.fps);
  context.framerate = new av.Rational(options.fps, 1);
  context.gopSize = KEY_FRAME_INTERVAL;
  context.maxBFrames = 0;
  context.bitRate = 0n;
  context.setFlags(FLAG_GLOBAL_HEADER as never);
  const settings = av.Dictionary.fromObject({ crf: CONSTANT_RATE_FACTOR, preset });
  const opened = await context.open2(codec, settings);
  settings.free();
  check(av, opened, `the ${name} encoder does not accept ${options.width} × ${options.height} frames`);

  const output = new Mp4Output(av, path);
  check(av, output.stream.codecpar.fromContext(context), "the encoder's parameters cannot be copied");
  output.stream.timeBase = context.timeBase;
  output.stream.avgFrameRate = context.framerate;
  await output.begin();
  return new NodeAvEncoder(av, context, output, options);
}

class NodeAvEncoder implements VideoEncoder {
  readonly #av: AvLibrary;
  readonly #context: CodecContext;
  readonly #output: Mp4Output;
  readonly #options: EncodingOptions;
  readonly #scaler: SoftwareScaleContext;
  readonly #packet: Packet;
  readonly #frame: Frame;
  #next = 0n;

  constructor(av: AvLibrary, context: CodecContext, output: Mp4Output, options: EncodingOptions) {
    this.#av = av;
    this.#context = context;
    this.#output = output;
    this.#options = options;
    const { width, height } = options;
    this.#scaler = new av.SoftwareScaleContext();
    this.#scaler.getContext(width, height, AV_PIX_FMT_RGB24 as never, width, height, AV_PIX_FMT_YUV420P as never);
    this.#packet = new av.Packet();
    this.#packet.alloc();
    this.#frame = new av.Frame();
  }

  async write(pixels: Uint8Array): Promise<void> {
    const { width, height, fps } = this.#options;
    if (pixels.length !== width * height * 3) {
      throw new RangeError(`a ${width} × ${height} RGB frame has ${width * height * 3} bytes, got ${pixels.length}`);
    }
    const source = this.#av.Frame.fromVideoBuffer(Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength), {
      width,
      height,
      format: AV_PIX_FMT_RGB24 as never,
      timeBase: { num: 1, den: fps },
    });
    const frame = this.#frame;
    frame.alloc();
    frame.width = width;
    frame.height = height;
    frame.format = AV_PIX_FMT_YUV420P as never;
    try {
      check(this.#av, frame.allocBuffer(), "no memory for a video frame");
      check(this.#av, await this.#scaler.scaleFrame(frame, source), "a frame cannot be converted to YUV");
      frame.pts = this.#next++;
      frame.duration = 1n;
      check(this.#av, await this.#context.sendFrame(frame), "the video encoder failed");
    } finally {
      source.free();
      frame.free();
    }
    await this.#drain();
  }

  async #drain(): Promise<void> {
    for (;;) {
      const code = await this.#context.receivePacket(this.#packet);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      check(this.#av, code, "the video encoder failed");
      // Without a duration the last frame would end the file early, and the next episode would start too soon.
      this.#packet.duration = 1n;
      this.#packet.rescaleTs(this.#context.timeBase, this.#output.stream.timeBase);
      await this.#output.write(this.#packet);
    }
  }

  async finish(): Promise<void> {
    check(this.#av, await this.#context.sendFrame(null), "the video encoder failed");
    await this.#drain();
    await this.#output.end();
    this.#free();
  }

  async abort(): Promise<void> {
    // Encoders must be flushed, and warn otherwise.
    await this.#context.sendFrame(null);
    while ((await this.#context.receivePacket(this.#packet)) >= 0) this.#packet.unref();
    await this.#output.close();
    this.#free();
  }

  #free(): void {
    this.#packet.free();
    this.#scaler.freeContext();
    this.#context.freeContext();
  }
}

/** Copies the packets of the parts into one file, shifted to begin at their offsets. */
export async function concatenateVideos(av: AvLibrary, parts: readonly VideoPart[], path: string): Promise<void> {
  const output = new Mp4Output(av, path);
  let begun = false;
  try {
    for (const part of parts) {
      const input = await openInput(av, part.path);
      try {
        if (!begun) {
          check(av, input.stream.codecpar.copy(output.stream.codecpar), "the encoding cannot be copied");
          output.stream.timeBase = input.stream.timeBase;
          await output.begin();
          begun = true;
        }
        const shift = BigInt(Math.round(part.offsetS / input.timeBaseS));
        for await (const packet of videoPackets(av, input)) {
          packet.pts += shift;
          packet.dts += shift;
          packet.rescaleTs(input.stream.timeBase, output.stream.timeBase);
          await output.write(packet);
        }
      } finally {
        await input.format.closeInput();
      }
    }
    await output.end();
  } catch (error) {
    await output.close();
    throw error;
  }
}
