/** Films episodes for people: an mp4, or a picture that moves. */
import { rm } from "node:fs/promises";
import { extname } from "node:path";
import type Sharp from "sharp";
import { videoBackend } from "../../datasets/video/choose.ts";
import type { FilmCamera } from "../../envs/film_camera.ts";
import { writeFileAtomic } from "../../utils/files/write_file_atomic.ts";
import { requirePackage } from "../../utils/require_package.ts";
import type { EpisodeEnd, EpisodeObserver } from "../observer.ts";

/** The file's ending chooses the format. */
export const FILM_FORMATS = [".mp4", ".webp", ".gif"] as const;
type FilmFormat = (typeof FILM_FORMATS)[number];

/** Pixels on each side: even, as mp4 wants it. */
export const FILM_SIZE_PX = 480;
/** Each episode rests on its last picture, so that one sees how it ended. */
const REST_S = 0.8;

export interface FilmOptions {
  readonly path: string;
  readonly camera: FilmCamera;
  /** Control steps, and so pictures, per second of film. */
  readonly fps: number;
  /** Episodes from the first on; later ones are not filmed. */
  readonly episodes: number;
}

/** @throws Error naming the formats for any other ending. */
export function filmFormatOf(path: string): FilmFormat {
  const ending = extname(path).toLowerCase();
  const format = FILM_FORMATS.find((known) => known === ending);
  if (format === undefined) throw new Error(`"${path}" does not end with ${FILM_FORMATS.join(", ")}`);
  return format;
}

/** Takes pictures in order: RGB, height × width × 3. */
interface FilmWriter {
  write(pixels: Uint8Array): Promise<void>;
  finish(): Promise<void>;
  abort(): Promise<void>;
}

/** Give it to an evaluation as an observer, await `settled` before every step, and `finish` or `abort` in the end. */
export class Film implements EpisodeObserver {
  readonly #writer: FilmWriter;
  readonly #options: FilmOptions;
  #last: Uint8Array | undefined;
  #settled: Promise<void> = Promise.resolve();

  private constructor(writer: FilmWriter, options: FilmOptions) {
    this.#writer = writer;
    this.#options = options;
  }

  /** @throws Error when the format is not known, or what it needs is not installed. */
  static async begin(options: FilmOptions): Promise<Film> {
    const { path, fps } = options;
    const format = filmFormatOf(path);
    return new Film(format === ".mp4" ? await videoWriter(path, fps) : await movingPicture(path, format, fps), options);
  }

  onEpisodeStart({ episode }: { readonly episode: number }): void {
    if (episode <= this.#options.episodes) this.#take();
  }

  onStep({ episode }: { readonly episode: number }): void {
    if (episode <= this.#options.episodes) this.#take();
  }

  onEpisodeEnd({ episode }: EpisodeEnd): void {
    if (episode > this.#options.episodes) return;
    for (let i = 0; i < Math.round(REST_S * this.#options.fps); i++) this.#add(this.#last!);
  }

  /** Resolves when all pictures so far are written; rejects with the error. */
  get settled(): Promise<void> {
    return this.#settled;
  }

  async finish(): Promise<void> {
    await this.#settled;
    await this.#writer.finish();
  }

  async abort(): Promise<void> {
    await this.#settled.catch(() => {});
    await this.#writer.abort();
  }

  #take(): void {
    this.#last = this.#options.camera.capture();
    this.#add(this.#last);
  }

  #add(pixels: Uint8Array): void {
    this.#settled = this.#settled.then(() => this.#writer.write(pixels));
    this.#settled.catch(() => {}); // the caller awaits it and gets the error
  }
}

async function videoWriter(path: string, fps: number): Promise<FilmWriter> {
  const backend = await videoBackend();
  const size = { width: FILM_SIZE_PX, height: FILM_SIZE_PX, channels: 3 };
  const encoder = await backend.encode(path, { ...size, fps, codec: "h264" });
  return {
    write: (pixels) => encoder.write(pixels),
    finish: () => encoder.finish(),
    async abort() {
      await encoder.abort();
      await rm(path, { force: true });
    },
  };
}

async function movingPicture(path: string, format: ".webp" | ".gif", fps: number): Promise<FilmWriter> {
  const { default: sharp } = await requirePackage<{ default: typeof Sharp }>("sharp", `Writing a ${format} file`);
  const frames: Uint8Array[] = [];
  return {
    write: async (pixels) => {
      frames.push(pixels);
    },
    finish: async () => {
      const raw = {
        width: FILM_SIZE_PX,
        height: FILM_SIZE_PX * frames.length,
        channels: 3,
        pageHeight: FILM_SIZE_PX,
      } as const;
      const picture = sharp(Buffer.concat(frames), { raw, limitInputPixels: false });
      const timing = { loop: 0, delay: frames.map(() => Math.round(1000 / fps)) };
      const encoded = format === ".gif" ? picture.gif(timing) : picture.webp({ ...timing, quality: 80 });
      await writeFileAtomic(path, await encoded.toBuffer());
    },
    abort: async () => {
      frames.length = 0;
    },
  };
}
