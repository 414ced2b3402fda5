/** Shared parts of the conformance tests: small transitions, a recording learner, and cleanup. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Tensor } from "../../tensor/tensor.ts";
import type { TransportEvent } from "../events.ts";
import type { ReceivedInteraction, ReceivedTransition, TransitionMessage } from "../messages.ts";
import type { ActorEndpoint, ActorOptions, LearnerEndpoint, LearnerOptions, Transport } from "../transport.ts";

/** Time limit of any step of the suite: far more than needed, also on a busy machine. */
export const PATIENCE_S = 60;

/** Creates an isolated transport: own port, own names. Called once per test. */
export type MakeTransport = () => Promise<Transport> | Transport;

/** A transition with its number. */
export function numbered(number: number, padding = 0): TransitionMessage {
  return {
    tensors: {
      "state.observation.state": Tensor.of([3], [number, number + 0.25, number + 0.5]),
      "state.observation.images.front": new Tensor("uint8", [padding], new Uint8Array(padding).fill(number % 256)),
    },
    scalars: { number, reward: 1 / (number + 1) },
    metadata: { origin: "conformance" },
  };
}

export const numbersOf = (transitions: readonly ReceivedTransition[]) =>
  transitions.map(({ scalars }) => scalars.number!);

export const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, i) => first + i);

export const pause = (seconds: number) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** Polls until `condition` holds. @throws Error after `PATIENCE_S`. */
export async function eventually(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + PATIENCE_S * 1000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`${what} did not happen within ${PATIENCE_S} s`);
    await pause(0.01);
  }
}

/** Everything that one learner process took, in the order of its handler calls. */
export class RecordingLearner {
  readonly transitions: ReceivedTransition[] = [];
  readonly interactions: ReceivedInteraction[] = [];
  readonly events: TransportEvent[] = [];
  readonly options: LearnerOptions;

  constructor(options: Partial<LearnerOptions> = {}) {
    this.options = {
      onTransitions: (batch) => void this.transitions.push(...batch),
      onInteractions: (batch) => void this.interactions.push(...batch),
      onEvent: (event) => void this.events.push(event),
      ...options,
    };
  }

  numbers(session?: string): number[] {
    return numbersOf(this.transitions.filter(({ id }) => session === undefined || id.session === session));
  }
}

/** One test's transport; everything created through it is closed at the end, newest first. */
export class Bench {
  readonly #transport: Transport;
  readonly #closing: (() => Promise<unknown>)[] = [];

  private constructor(transport: Transport) {
    this.#transport = transport;
  }

  static async run(make: MakeTransport, test: (bench: Bench) => Promise<void>): Promise<void> {
    const bench = new Bench(await make());
    try {
      await test(bench);
    } finally {
      for (const close of bench.#closing.reverse()) await close();
    }
  }

  async learner(recording: RecordingLearner, options: Partial<LearnerOptions> = {}): Promise<LearnerEndpoint> {
    const learner = await this.#transport.createLearner({ ...recording.options, ...options });
    this.#closing.push(() => learner.close());
    return learner;
  }

  async actor(options: ActorOptions = {}): Promise<ActorEndpoint> {
    const actor = await this.#transport.createActor(options);
    this.#closing.push(() => actor.close(0));
    return actor;
  }

  async folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), "handrail-conformance-"));
    this.#closing.push(() => rm(path, { recursive: true }));
    return path;
  }
}
