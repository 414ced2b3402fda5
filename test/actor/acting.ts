/** An actor in the simulated Panda with networks of a few units, and a learner that notes what arrives. */

import { type RunEvent, type RunEventOf, RunEvents } from "../../src/metrics/index.ts";
import type { GaussianActorConfig } from "../../src/policies/gaussian_actor/config.ts";
import { GaussianActorPolicy } from "../../src/policies/gaussian_actor/policy.ts";
import type { Transition } from "../../src/replay/transition.ts";
import { type ActorHandle, type MakeActorOptions, makeActor } from "../../src/runs/make_actor.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { replayFeaturesOf } from "../../src/settings/replay_features.ts";
import { type EpisodeReport, fromInteraction, type RelabelReport } from "../../src/spec/actor_report.ts";
import { TransitionCodec } from "../../src/spec/transition_message.ts";
import { Random } from "../../src/tensor/random.ts";
import { serializeSafetensors } from "../../src/tensor/safetensors/bytes.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import type { ActorOptions, LearnerEndpoint, LearnerOptions, Transport } from "../../src/transport/transport.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";

/** Episodes of at most 20 steps. */
export const SMALL = [
  ...SMALL_NETWORKS,
  // No scripted operator, noise in every episode, and no limit on updates per step.
  "--handrail.operator.type=none",
  "--handrail.deterministic_episodes=0",
  "--handrail.updates_per_step.min=null",
  "--handrail.updates_per_step.max=null",
  "--env.processor.reset.control_time_s=2",
  "--handrail.operator.type=none",
];

export function smallConfig(overrides: readonly string[] = []): Promise<TrainRLServerPipelineConfig> {
  return loadTrainingConfig("configs/pick_cube.json", { overrides: [...SMALL, ...overrides] });
}

/** A policy that differs from the actor's by its seed. */
export function otherPolicy(config: TrainRLServerPipelineConfig, seed: number): GaussianActorPolicy {
  return new GaussianActorPolicy(config.policy as GaussianActorConfig, { random: new Random(seed), warn: () => {} });
}

export class NotingLearner {
  readonly transitions: { readonly sequence: number; readonly transition: Transition }[] = [];
  readonly episodes: EpisodeReport[] = [];
  readonly relabels: RelabelReport[] = [];
  readonly #codec: TransitionCodec;
  readonly #transport: Transport;
  #endpoint: LearnerEndpoint | undefined;
  #version = 0;

  constructor(config: TrainRLServerPipelineConfig, transport: Transport) {
    this.#codec = new TransitionCodec(replayFeaturesOf(config));
    this.#transport = transport;
  }

  get endpoint(): LearnerEndpoint {
    return this.#endpoint!;
  }

  async start(options: Partial<LearnerOptions> = {}): Promise<void> {
    this.#endpoint = await this.#transport.createLearner({
      onTransitions: (records) => {
        for (const { id, ...message } of records) {
          this.transitions.push({ sequence: id.sequence, transition: this.#codec.fromMessage(message) });
        }
      },
      onInteractions: (records) => {
        for (const report of records.map(fromInteraction)) {
          if (report.kind === "episode") this.episodes.push(report);
          else if (report.kind === "relabel") this.relabels.push(report);
        }
      },
      ...options,
    });
  }

  publish(policy: GaussianActorPolicy): number {
    this.#version += 1;
    this.endpoint.publishWeights({ version: this.#version, safetensors: serializeSafetensors(policy.weights()) });
    return this.#version;
  }
}

export interface Rig extends ActorHandle {
  readonly learner: NotingLearner;
  readonly log: readonly RunEvent[];
  readonly notices: () => string[];
  eventsOf<Type extends RunEvent["type"]>(type: Type): RunEventOf<Type>[];
  stop(): Promise<void>;
}

export type RigOptions = Partial<MakeActorOptions> & {
  readonly overrides?: readonly string[];
  readonly endpointOptions?: ActorOptions;
  /** Whether the learner starts and publishes its weights. Default: true. */
  readonly withLearner?: boolean;
};

export async function rig({
  overrides = [],
  endpointOptions = {},
  withLearner = true,
  ...options
}: RigOptions = {}): Promise<Rig> {
  const config = await smallConfig(overrides);
  const transport = new InProcessTransport();
  const learner = new NotingLearner(config, transport);
  if (withLearner) {
    await learner.start();
    learner.publish(otherPolicy(config, 99));
  }
  const events = new RunEvents();
  const log: RunEvent[] = [];
  events.subscribe((event) => log.push(event));
  const endpoint = await transport.createActor(endpointOptions);
  const made = await makeActor({ config, endpoint, events, ...options });
  const eventsOf = <Type extends RunEvent["type"]>(type: Type) =>
    log.filter((event): event is RunEventOf<Type> => event.type === type);
  return {
    ...{ ...made, learner, log, eventsOf },
    notices: () => eventsOf("notice").map(({ level, message }) => `${level}: ${message}`),
    stop: async () => {
      made.actor.stop();
      await endpoint.close(0);
      if (learner.endpoint) await learner.endpoint.close();
      await made.close();
    },
  };
}
