/** Images of a dataset by frame, channels first. Each is decoded once, as long as the memory suffices. */
import type { Dataset } from "../../../datasets/dataset.ts";
import { toChannelsFirst } from "../../../datasets/schema/image_layout.ts";

type Images = Readonly<Record<string, Uint8Array>>;

export class CameraFrames {
  readonly #dataset: Dataset;
  /** The dataset's name by the policy's. */
  readonly #names: Readonly<Record<string, string>>;
  readonly #kept = new Map<number, Images>();
  #freeBytes: number;

  constructor(dataset: Dataset, names: Readonly<Record<string, string>>, cacheBytes: number) {
    this.#dataset = dataset;
    this.#names = names;
    this.#freeBytes = cacheBytes;
  }

  /**
   * @param indices Frame positions in the dataset.
   * @returns images per position, by the policy's name.
   * @throws DatasetError naming an image that cannot be decoded.
   */
  async read(indices: Iterable<number>): Promise<ReadonlyMap<number, Images>> {
    const found = new Map<number, Images>();
    if (Object.keys(this.#names).length === 0) return found;
    // In dataset order: neighbours share a file, and videos are decoded forwards.
    for (const index of [...new Set(indices)].sort((a, b) => a - b)) {
      found.set(index, this.#kept.get(index) ?? (await this.#decode(index)));
    }
    return found;
  }

  async #decode(index: number): Promise<Images> {
    const { values } = await this.#dataset.frame(index, { features: Object.values(this.#names) });
    const images = Object.fromEntries(
      Object.entries(this.#names).map(([name, key]) => [
        name,
        toChannelsFirst(values[key] as Uint8Array, this.#dataset.imageSize(key)),
      ]),
    );
    const bytes = Object.values(images).reduce((sum, { byteLength }) => sum + byteLength, 0);
    if (bytes <= this.#freeBytes) {
      this.#freeBytes -= bytes;
      this.#kept.set(index, images);
    }
    return images;
  }
}
