/** State of the learner and its actors. */
import { useRun } from "../../app_context.ts";
import { formatCount, formatNumber, formatSeconds } from "../../format.ts";
import { outputFolder } from "../../model/relative_path.ts";
import type { ActorEpisodes } from "../../model/run_model.ts";
import { CopyText } from "../copy_text.tsx";

export function ProcessesPanel() {
  const { actors, actorEpisodes, learner, facts, isOffline } = useRun();
  const folder = outputFolder(facts);
  return (
    <section class="panel processes" aria-labelledby="processes-title">
      <div class="panel-head">
        <h2 id="processes-title">{isOffline ? "Learner" : "Learner and actors"}</h2>
        {folder !== "" && (
          <span class="folder hint">
            <span>Run folder</span> <CopyText text={folder} shown={folder.split("/").slice(-2).join("/")} />
          </span>
        )}
      </div>
      {!learner && actors.size === 0 && <p class="hint">No reports yet.</p>}
      {isOffline ? (
        learner && <OfflineLearner learner={learner} />
      ) : (
        <Processes {...{ learner, actors, actorEpisodes }} />
      )}
    </section>
  );
}

type Run = ReturnType<typeof useRun>;

function OfflineLearner({ learner }: { readonly learner: NonNullable<Run["learner"]> }) {
  const facts = [
    ["State", learner.state],
    ["Rate", `${formatNumber(learner.updates_per_s)} updates/s`],
    ["Dataset", formatCount(learner.offline_size, "step")],
    ...(learner.free_disk_bytes === undefined
      ? []
      : [["Free disk", `${formatNumber(learner.free_disk_bytes / 1e9)} GB`]]),
  ];
  return (
    <dl class="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Processes({ learner, actors, actorEpisodes }: Pick<Run, "learner" | "actors" | "actorEpisodes">) {
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable with the keyboard */}
      <div class="table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Process</th>
              <th scope="col">State</th>
              <th scope="col">Rate</th>
              <th scope="col">Episodes</th>
              <th scope="col">Weights</th>
              <th scope="col">Queued</th>
            </tr>
          </thead>
          <tbody>
            {learner && (
              <tr>
                <th scope="row">learner</th>
                <td>{learner.state}</td>
                <td>{formatNumber(learner.updates_per_s)} updates/s</td>
                <td>–</td>
                <td>version {learner.parameters_version}</td>
                <td>{formatCount(learner.queue_records, "record")}</td>
              </tr>
            )}
            {[...actors.values()].map((actor) => (
              <tr key={actor.actor}>
                <th scope="row">{actor.actor}</th>
                <td>{actor.connected ? actor.state : `${actor.state}, disconnected`}</td>
                <td>
                  {formatNumber(actor.control_frequency_hz)} Hz, jitter p99 {formatNumber(actor.control_jitter_p99_ms)}{" "}
                  ms
                </td>
                <td>{episodesOf(actorEpisodes.get(actor.actor))}</td>
                <td>
                  version {actor.parameters_version}, {formatSeconds(actor.parameters_age_s)} old
                </td>
                <td>{formatCount(actor.outbox_records, "record")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function episodesOf(episodes: ActorEpisodes | undefined): string {
  if (episodes === undefined) return "none yet";
  return `${episodes.count}, latest: ${episodes.latest.replace("_", " ")}`;
}
