/** A learner in this process with its training thread, and actors that send it numbered transitions. */

import { Learner } from "../../src/learning/learner.ts";
import type { StartLearnerOptions } from "../../src/learning/learner_options.ts";
import type { RunEvent, RunEventOf } from "../../src/metrics/run_event.ts";
import { RunEvents } from "../../src/metrics/run_events.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { InProcessTransport } from "../../src/transport/in_process/in_process_transport.ts";
import type { ActorEndpoint, Transport } from "../../src/transport/transport.ts";
import { messageNumber } from "./small_learner.ts";

export interface Running {
  readonly learner: Learner;
  readonly transport: Transport;
  readonly log: readonly RunEvent[];
  events<Type extends RunEvent["type"]>(type: Type): RunEventOf<Type>[];
}

export async function startLearner(
  config: TrainRLServerPipelineConfig,
  options: Partial<StartLearnerOptions> = {},
  transport: Transport = new InProcessTransport(),
): Promise<Running> {
  const events = new RunEvents();
  const log: RunEvent[] = [];
  events.subscribe((event) => log.push(event));
  const learner = await Learner.start({ config, transport, events, ...options });
  return {
    ...{ learner, transport, log },
    events: (type) => log.filter((event) => event.type === type) as never,
  };
}

/** Sends transitions `from … from + count − 1`. */
export async function send(actor: ActorEndpoint, config: TrainRLServerPipelineConfig, from: number, count: number) {
  for (let n = from; n < from + count; n++) await actor.sendTransition(messageNumber(n, config));
}
