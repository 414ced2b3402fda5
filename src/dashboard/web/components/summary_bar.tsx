/** The run's summary and its phases, above the view. */
import { useRun } from "../app_context.ts";
import type { RunModel } from "../model/run_model.ts";
import { type RailStep, railOf, summarize } from "../model/run_summary.ts";

export function SummaryBar() {
  const run = useRun();
  const { facts } = run;
  if (!facts) return null;
  const { title, text } = summaryOf(run);
  const rail =
    facts.plan?.learns && facts.progress && !facts.recording_session ? railOf(facts.progress, facts.plan) : [];
  return (
    <section class="summary" aria-label="Status of the run">
      <div class="summary-text">
        <h2>{title}</h2>
        <p data-testid="summary">{text}</p>
      </div>
      {rail.length > 0 && <Rail steps={rail} />}
    </section>
  );
}

function Rail({ steps }: { readonly steps: readonly RailStep[] }) {
  return (
    <ol class="rail" aria-label="Phases of the run">
      {steps.map(({ name, state, share }) => (
        <li key={name} class={state} aria-current={state === "now" ? "step" : undefined}>
          <progress
            class={share === undefined ? "unknown" : ""}
            value={share ?? 0}
            max={1}
            aria-label={`${name}: ${state === "done" ? "done" : state === "now" ? "in progress" : "pending"}`}
          />
          <span>{name}</span>
        </li>
      ))}
    </ol>
  );
}

function summaryOf(run: RunModel) {
  const { facts, control } = run;
  const progress = facts?.progress ?? null;
  const [actor] = run.actors.values();
  const toGo = progress?.phase === "learning" && progress.of !== null ? progress.of - progress.done : undefined;
  return summarize({
    task: facts?.recording_session?.task ?? facts?.plan?.task ?? facts?.run_name ?? "",
    progress,
    session: facts?.recording_session ?? null,
    isReview: facts?.mode === "review",
    isStopped: run.stop.active,
    isPaused: (run.isOffline ? run.learner : actor)?.state === "paused",
    isOffline: run.isOffline,
    leftS: toGo === undefined ? undefined : run.pace.secondsFor(toGo),
    canDrive: run.can("drive"),
    inControl: run.inControl,
    holder: control.holder?.name,
  });
}
