/** Performance figures of actor and learner, collapsed by default. */
import type { RunEventOf } from "../../../../metrics/run_event.ts";
import { useRun } from "../../app_context.ts";
import { formatNumber, formatSeconds } from "../../format.ts";

/** Counts of lost records, if any, and the free disk space. */
function lossesOf(learner: RunEventOf<"learner">): [string, string][] {
  const { refused_records = 0, missing_records = 0, quarantined_records = 0, free_disk_bytes } = learner;
  const losses: [string, number][] = [
    ["Refused", refused_records],
    ["Lost", missing_records],
    ["Quarantined", quarantined_records],
  ];
  const counts = losses.filter(([, count]) => count > 0).map(([name, count]): [string, string] => [name, `${count}`]);
  if (free_disk_bytes !== undefined) counts.push(["Free disk", `${formatNumber(free_disk_bytes / 1e9)} GB`]);
  return counts;
}

export function MachinePanel() {
  const { actors, learner } = useRun();
  const [actor] = actors.values();
  if (!actor && !learner) return null;
  const facts = [
    ...(actor
      ? [
          ["Control", `${formatNumber(actor.control_frequency_hz)} Hz`],
          ["Jitter p99", `${formatNumber(actor.control_jitter_p99_ms)} ms`],
          ["Weights’ age", formatSeconds(actor.parameters_age_s)],
          ["Outbox", formatNumber(actor.outbox_records)],
        ]
      : []),
    ...(learner
      ? [
          ["Updates", `${formatNumber(learner.updates_per_s)} /s`],
          ["Updates per step", formatNumber(learner.updates_per_step)],
          ["Buffer", formatNumber(learner.online_size)],
          ["Queue", formatNumber(learner.queue_records)],
          ...lossesOf(learner),
        ]
      : []),
  ];
  return (
    <details class="panel machine">
      <summary>
        <h2>Machine</h2>
        <span class="hint">
          {actor && `${formatNumber(actor.control_frequency_hz, 2)} Hz`}
          {actor && learner && " · "}
          {learner && `${formatNumber(learner.updates_per_s, 2)} updates/s`}
        </span>
      </summary>
      <dl>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
