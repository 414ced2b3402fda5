/** An actor in a process of its own: connects to the learner over gRPC, acts, and leaves nothing behind unsaid. */
import { join, resolve } from "node:path";
import type { RunEvents } from "../../metrics/run_events.ts";
import { GrpcTransport } from "../../transport/grpc/grpc_transport.ts";
import type { TlsOptions } from "../../transport/grpc/security.ts";
import type { TransportSettingsInput } from "../../transport/settings.ts";
import { gaussianActorConfigOf } from "../policy_config.ts";
import type { ActorSummary } from "./actor.ts";
import { type MadeActor, type MakeActorOptions, makeActor } from "./make_actor.ts";
import { reportTo } from "./report_to.ts";

export interface RunRemoteActorOptions extends Omit<MakeActorOptions, "endpoint"> {
  /** Shared with the learner; needed unless it is on this machine. */
  readonly token?: string;
  readonly tls?: TlsOptions;
  readonly transport?: TransportSettingsInput;
  /** How long the learner may take for what it does not have yet when the run ends. 5 s unless told. */
  readonly flushDeadlineS?: number;
  /** Told once, when everything is there and the actor is about to run. */
  readonly onReady?: (made: MadeActor) => void;
}

export interface RemoteActorSummary extends ActorSummary {
  /** Records the learner does not have yet; they are in `outbox` and go out when the actor starts again. */
  readonly unsent: number;
  readonly outbox: string;
}

/** Of actors whose config has no `output_dir`: the same every time, so that what is left in the outbox is found again. */
const DEFAULT_FOLDER = "outputs/actor";

/**
 * Runs an actor of `config` until its steps are done or the signal stops it. The learner is at
 * `policy.actor_learner_config`; what it does not have yet is kept in `<output_dir>/outbox/<name>` and survives this process.
 *
 * @throws what `makeActor` and `Actor.run` throw. What was accepted is safe even then.
 */
export async function runRemoteActor(options: RunRemoteActorOptions): Promise<RemoteActorSummary> {
  const { config, events, name = "actor", token, tls } = options;
  const { learner_host: host, learner_port: port } = gaussianActorConfigOf(config).actor_learner_config;
  const outbox = join(resolve(config.output_dir ?? DEFAULT_FOLDER), "outbox", encodeURIComponent(name));
  const transport = new GrpcTransport({ host, port, ...(token && { token }), ...(tls && { tls }) }, options.transport);
  const endpoint = await transport.createActor({
    outbox: { directory: outbox },
    onEvent: transportNotices(events, name),
  });
  const unsubscribe = events.subscribe(reportTo(endpoint, name));
  let unsent = 0;
  let made: MadeActor | undefined;
  try {
    made = await makeActor({ ...options, endpoint });
    options.onReady?.(made);
    const summary = await made.actor.run();
    ({ unsent } = await endpoint.close(options.flushDeadlineS ?? 5));
    return { ...summary, unsent, outbox };
  } finally {
    unsubscribe();
    await endpoint.close(0);
    await made?.close();
  }
}

/** What the transport has to say, as notices of a run. */
export function transportNotices(events: RunEvents, source: string) {
  return ({ level, message }: { readonly level: "info" | "warn" | "error"; readonly message: string }): void => {
    events.emit({ type: "notice", level, source, message, interaction_step: 0 });
  };
}
