/** What this run is about, where it stands and what one may do; and how far along it is. */
import { useRun } from "../app_context.ts";
import type { RunModel } from "../model/run_model.ts";
import { type RailStep, railOf, storyOf } from "../model/story.ts";

export function StoryBar() {
  const run = useRun();
  const { facts } = run;
  if (!facts) return null;
  const { title, text } = tell(run);
  const rail =
    facts.plan?.learns && facts.progress && !facts.recording_session ? railOf(facts.progress, facts.plan) : [];
  return (
    <section class="story" aria-label="Where the run stands">
      <div class="story-text">
        <h2>{title}</h2>
        <p data-testid="story">{text}</p>
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
            aria-label={`${name}: ${state === "done" ? "done" : state === "now" ? "now" : "to come"}`}
          />
          <span>{name}</span>
        </li>
      ))}
    </ol>
  );
}

function tell(run: RunModel) {
  const { facts, control } = run;
  const progress = facts?.progress ?? null;
  const [actor] = run.actors.values();
  const toGo = progress?.phase === "learning" && progress.of !== null ? progress.of - progress.done : undefined;
  return storyOf({
    task: facts?.recording_session?.task ?? facts?.plan?.task ?? facts?.run_name ?? "",
    progress,
    session: facts?.recording_session ?? null,
    isReview: facts?.mode === "review",
    isStopped: run.stop.active,
    isPaused: actor?.state === "paused",
    leftS: toGo === undefined ? undefined : run.pace.secondsFor(toGo),
    canDrive: run.can("drive"),
    inControl: run.inControl,
    holder: control.holder?.name,
  });
}
