/**
 * Broadcasts the newest weights: a publication replaces the previous one, and waiting readers get the newest. All readers
 * share one encoded copy per version; frozen weights are in it only for readers that do not hold them. The number of
 * readers is limited, and slow ones that hold memory are dropped.
 */
import { Notifier } from "../../utils/notifier.ts";
import { inOneFile } from "../codec/all_weights.ts";
import { encodeWeights } from "../codec/weights_codec.ts";
import { TransportError } from "../errors.ts";
import type { WeightsRequest } from "../link.ts";
import type { PublishedWeights } from "../messages.ts";
import { checkSession } from "../protocol.ts";
import type { TransportSettings } from "../settings.ts";

/** Weights for one reader. */
export interface OfferedWeights {
  readonly encoded: Uint8Array;
  /** Aborts when the weights need not be read any more. */
  readonly signal: AbortSignal;
}

interface Reader {
  readonly ending: AbortController;
  /** Weights offered but not read completely. */
  encoded: Uint8Array | undefined;
  offeredAtMs: number;
}

/** Publication in the forms that readers need. */
class Encodings {
  readonly weights: PublishedWeights;
  readonly #publisher: string;
  readonly #made = new Map<"changing" | "whole" | "one file", Uint8Array>();

  constructor(publisher: string, weights: PublishedWeights) {
    this.#publisher = publisher;
    this.weights = weights;
  }

  /** @param held The reader's frozen weights, see `WeightsRequest`. */
  for(held: string | undefined): Uint8Array {
    const { frozen } = this.weights;
    const form =
      frozen === undefined || held === frozen.sha256 ? "changing" : held === undefined ? "one file" : "whole";
    const made = this.#made.get(form);
    if (made !== undefined) return made;
    const weights = form === "one file" ? inOneFile(this.weights) : this.weights;
    const encoded = encodeWeights(this.#publisher, weights, form === "changing");
    this.#made.set(form, encoded);
    return encoded;
  }

  includes(encoded: Uint8Array): boolean {
    return [...this.#made.values()].includes(encoded);
  }
}

/** A reader this slow may be dropped in favour of one that waits. */
const PATIENCE_MS = 1000;

export class WeightsBroadcast {
  readonly #publisher: string;
  readonly #maxBytes: number;
  readonly #maxReaders: number;
  readonly #changed = new Notifier();
  /** By session; the longest served first. */
  readonly #readers = new Map<string, Reader>();
  #version = -1;
  #newest: Encodings | undefined;

  constructor(publisher: string, settings: Pick<TransportSettings, "maxWeightsBytes" | "maxActors">) {
    this.#publisher = publisher;
    this.#maxBytes = settings.maxWeightsBytes;
    this.#maxReaders = settings.maxActors;
  }

  /** −1 before the first publication. */
  get version(): number {
    return this.#version;
  }

  /** @throws RangeError if the version does not increase; TransportError `too-large`. */
  publish(weights: PublishedWeights): void {
    if (!Number.isSafeInteger(weights.version) || weights.version <= this.#version) {
      throw new RangeError(`weights version must be above ${this.#version}, got ${weights.version}`);
    }
    const newest = new Encodings(this.#publisher, weights);
    const bytes = newest.for(weights.frozen?.sha256).length + (weights.frozen?.safetensors.length ?? 0);
    if (bytes > this.#maxBytes) {
      throw new TransportError("too-large", `weights of ${bytes} bytes; maxWeightsBytes is ${this.#maxBytes}`);
    }
    this.#newest = newest;
    this.#version = weights.version;
    this.#boundOldVersions();
    this.#changed.notify();
  }

  /**
   * Yields the newest weights whenever the receiver's are older or another publisher's; pulling the next confirms that the
   * previous ones were read. Ends when aborted.
   *
   * @throws TransportError `superseded` by a newer stream of its session, `stalled` for a reader that was dropped,
   * `unavailable` without room.
   */
  async *stream(request: WeightsRequest, signal: AbortSignal): AsyncGenerator<OfferedWeights> {
    const { session } = request;
    const reader = this.#begin(session);
    const live = AbortSignal.any([signal, reader.ending.signal]);
    let sent = request.publisher === this.#publisher ? request.version : -1;
    let held = request.heldFrozen;
    try {
      while (true) {
        const newest = await this.#changed.until(
          () => {
            if (this.#version <= sent) return undefined;
            sent = this.#version;
            return this.#newest;
          },
          { what: "newer weights", signal: live },
        );
        const encoded = newest.for(held);
        reader.encoded = encoded;
        reader.offeredAtMs = performance.now();
        yield { encoded, signal: live };
        reader.encoded = undefined;
        if (held !== undefined) held = newest.weights.frozen?.sha256 ?? held;
      }
    } finally {
      if (this.#readers.get(session) === reader) this.#readers.delete(session);
    }
  }

  #begin(session: string): Reader {
    checkSession(session);
    const previous = this.#readers.get(session);
    previous?.ending.abort(new TransportError("superseded", `a newer stream of weights for ${session} took over`));
    this.#readers.delete(session);
    if (this.#readers.size >= this.#maxReaders) this.#makeRoom();
    const reader: Reader = { ending: new AbortController(), encoded: undefined, offeredAtMs: 0 };
    this.#readers.set(session, reader);
    return reader;
  }

  #makeRoom(): void {
    const [slowest] = this.#unfinished();
    if (slowest === undefined || performance.now() - slowest[1].offeredAtMs < PATIENCE_MS) {
      throw new TransportError(
        "unavailable",
        `this learner sends weights to at most ${this.#maxReaders} actors at once`,
      );
    }
    this.#end(slowest, "others wait to be served");
  }

  /** Replaced weights stay in memory while a reader is in the middle of them. */
  #boundOldVersions(): void {
    const old = new Map<Uint8Array, [string, Reader][]>();
    for (const each of this.#unfinished()) {
      const { encoded } = each[1];
      if (encoded === undefined || this.#newest?.includes(encoded)) continue;
      old.set(encoded, [...(old.get(encoded) ?? []), each]);
    }
    let bytes = [...old.keys()].reduce((sum, { length }) => sum + length, 0);
    for (const [encoded, readers] of old) {
      if (bytes <= this.#maxBytes) return;
      bytes -= encoded.length;
      for (const each of readers) this.#end(each, `older ones take more than ${this.#maxBytes} bytes`);
    }
  }

  /** Readers in the middle of a transfer, the slowest first. */
  #unfinished(): [string, Reader][] {
    return [...this.#readers]
      .filter(([, { encoded }]) => encoded !== undefined)
      .sort(([, a], [, b]) => a.offeredAtMs - b.offeredAtMs);
  }

  #end([session, reader]: [string, Reader], why: string): void {
    const seconds = ((performance.now() - reader.offeredAtMs) / 1000).toFixed(1);
    const message = `actor session ${session} has not read its weights in ${seconds} s, and ${why}`;
    reader.ending.abort(new TransportError("stalled", message));
    this.#readers.delete(session);
  }
}
