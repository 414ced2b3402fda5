/** Runs an actor in its own process: connects to the learner, acts, and sends everything that it recorded. */
import { join, resolve } from "node:path";
import { closeProcessedEnv } from "../envs/processed_env.ts";
import type { RunEvents } from "../metrics/run_events.ts";
import type { ActorSummary } from "../rollout/actor/actor_options.ts";
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
  /** Secret shared with the learner; required unless both are on this machine. */
  readonly token?: string;
  readonly tls?: TlsOptions;
  /** Connects to the learner. Default: `handrail.transport`. */
  readonly transport?: Transport;
  /** Called once when the actor is ready; awaited before it runs. */
  readonly onReady?: (made: ActorHandle) => void | Promise<void>;
}

export interface RemoteActorSummary extends ActorSummary {
  /** Records that have not reached the learner; they stay in `outbox` and are sent on the next start. */
  readonly unsent: number;
  readonly outbox: string;
  /** Records of a damaged outbox that could not be read, and so are lost. */
  readonly lost: number;
}

/** Without an `output_dir`. It is always the same, so the next start finds the outbox. */
const DEFAULT_FOLDER = "outputs/actor";

/**
 * Runs an actor of `config` until its steps are done or the signal stops it. `handrail.transport` locates the learner. Records
 * that it does not have yet are stored in `<output_dir>/outbox/<name>` and survive this process.
 *
 * @throws what `makeActor` and `Actor.run` throw. Stored records are safe even then.
 */
export async function runRemoteActor(options: RunRemoteActorOptions): Promise<RemoteActorSummary> {
  const { config, name = "actor" } = options;
  const outbox = join(resolve(config.output_dir ?? DEFAULT_FOLDER), "outbox", fileNameOf(name));
  const transport = options.transport ?? (await betweenProcesses(config, options).make());
  requireTeleoperator(config);
  // Made before the outbox: an actor that cannot start leaves nothing on disk.
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

/** Give up on a learner that takes no record for this long, in seconds. */
const STALLED_AFTER_S = 5;

/** Waits as long as the learner keeps taking records, however slowly. */
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

/** Emits the transport's events as notices of the run. */
export function transportNotices(events: RunEvents, source: string) {
  return ({ level, message }: { readonly level: "info" | "warn" | "error"; readonly message: string }): void => {
    events.emit({ type: "notice", level, source, message, interaction_step: 0 });
  };
}
