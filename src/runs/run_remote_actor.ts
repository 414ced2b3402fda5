/** An actor in a process of its own: connects to the learner, acts, and leaves nothing behind unsaid. */
import { join, resolve } from "node:path";
import { closeProcessedEnv } from "../envs/processed_env.ts";
import type { RunEvents } from "../metrics/run_events.ts";
import type { ActorSummary } from "../rollout/actor/actor.ts";
import { reportTo } from "../rollout/actor/report_to.ts";
import { TransportError } from "../transport/errors.ts";
import type { TlsOptions } from "../transport/grpc/security.ts";
import type { ActorEndpoint, Transport } from "../transport/transport.ts";
import { fileNameOf } from "../utils/files/file_name.ts";
import { type ActorHandle, type MakeActorOptions, makeActor } from "./make_actor.ts";
import { makeProcessedEnv } from "./make_processed_env.ts";
import { requireTeleoperator } from "./make_teleoperator.ts";
import { betweenProcesses } from "./run_transport.ts";

export interface RunRemoteActorOptions extends Omit<MakeActorOptions, "endpoint"> {
  /** Shared with the learner; needed unless it is on this machine. */
  readonly token?: string;
  readonly tls?: TlsOptions;
  /** How the learner is reached; by default what `handrail.transport` says. */
  readonly transport?: Transport;
  /** Called once, when everything is there; the actor runs when it is done. */
  readonly onReady?: (made: ActorHandle) => void | Promise<void>;
}

export interface RemoteActorSummary extends ActorSummary {
  /** Records the learner does not have yet; they are in `outbox` and go out when the actor starts again. */
  readonly unsent: number;
  readonly outbox: string;
  /** Records of a damaged outbox that could not be read: the learner will never have them. */
  readonly lost: number;
}

/** Of actors whose config has no `output_dir`: the same every time, so that what is left in the outbox is found again. */
const DEFAULT_FOLDER = "outputs/actor";

/**
 * Runs an actor of `config` until its steps are done or the signal stops it. The learner is where `handrail.transport` says;
 * what it does not have yet is kept in `<output_dir>/outbox/<name>` and survives this process.
 *
 * @throws what `makeActor` and `Actor.run` throw. What was accepted is safe even then.
 */
export async function runRemoteActor(options: RunRemoteActorOptions): Promise<RemoteActorSummary> {
  const { config, name = "actor" } = options;
  const outbox = join(resolve(config.output_dir ?? DEFAULT_FOLDER), "outbox", fileNameOf(name));
  const transport = options.transport ?? (await betweenProcesses(config, options).make());
  requireTeleoperator(config);
  // Before the outbox: what cannot act leaves nothing on the disk.
  const processedEnv = options.processedEnv ?? (await makeProcessedEnv(config));
  try {
    return await actThroughOutbox({ ...options, transport, processedEnv }, name, outbox);
  } finally {
    if (options.processedEnv === undefined) await closeProcessedEnv(processedEnv);
  }
}

async function actThroughOutbox(
  options: RunRemoteActorOptions & { readonly transport: Transport },
  name: string,
  outbox: string,
): Promise<RemoteActorSummary> {
  const { events, transport } = options;
  const endpoint = await transport.createActor({
    outbox: { directory: outbox },
    onEvent: transportNotices(events, name),
    ...(options.signal && { signal: options.signal }),
  });
  const unsubscribe = events.subscribe(reportTo(endpoint, name));
  let unsent = 0;
  let made: ActorHandle | undefined;
  try {
    made = await makeActor({ ...options, endpoint });
    await options.onReady?.(made);
    const summary = await made.actor.run();
    await handOver(endpoint);
    ({ unsent } = await endpoint.close(0));
    const { transitions, interactions } = endpoint.metrics();
    return { ...summary, unsent, outbox, lost: transitions.lost + interactions.lost };
  } finally {
    unsubscribe();
    await endpoint.close(0);
    await made?.close();
  }
}

/** Seconds without a record taken after which a learner is given up on. */
const STALLED_AFTER_S = 5;

/** Waits while the learner keeps taking what the outbox holds, however slowly. */
async function handOver(endpoint: ActorEndpoint): Promise<void> {
  const received = () => endpoint.metrics().transitions.received + endpoint.metrics().interactions.received;
  for (let before = received(), grown = true; grown; ) {
    try {
      return await endpoint.flush(STALLED_AFTER_S);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      grown = received() > before;
      before = received();
    }
  }
}

/** What the transport has to say, as notices of a run. */
export function transportNotices(events: RunEvents, source: string) {
  return ({ level, message }: { readonly level: "info" | "warn" | "error"; readonly message: string }): void => {
    events.emit({ type: "notice", level, source, message, interaction_step: 0 });
  };
}
