/** Sends an actor's status and notices to the learner in another process, for the run's log and metrics. */
import type { RunEvent } from "../../metrics/run_event.ts";
import type { RunEventListener } from "../../metrics/run_events.ts";
import { type ActorReport, toInteraction } from "../../spec/actor_report.ts";
import type { ActorEndpoint } from "../../transport/transport.ts";
import { unreceived } from "./actor_status.ts";

/**
 * @param name The actor's. Events of other sources are not sent; the actor itself reports its episodes.
 * @returns to be subscribed to the events of the actor's process.
 */
export function reportTo(endpoint: ActorEndpoint, name: string): RunEventListener {
  return (event) => {
    const report = reportOf(event, name);
    if (report === undefined) return;
    // How the actor was doing is no news later: such reports never pile up for a learner that is away or behind.
    const isPassing = report.kind === "status" && report.state !== "stopped";
    if (isPassing && !isListening(endpoint)) return;
    // Why an endpoint takes nothing any more, its actor learns at the next transition.
    endpoint.sendInteraction(toInteraction(report)).catch(() => {});
  };
}

function reportOf(event: RunEvent, name: string): ActorReport | undefined {
  if (event.type === "actor" && event.actor === name) {
    const { type: _, time_s: _time, connected: _connected, ...status } = event;
    return { kind: "status", ...status };
  }
  if (event.type !== "notice" || event.source !== name) return undefined;
  return { kind: "notice", actor: name, level: event.level, message: event.message };
}

function isListening(endpoint: ActorEndpoint): boolean {
  const { connected, interactions } = endpoint.metrics();
  return connected && unreceived(interactions) === 0;
}
