/** What the person in control can have done. Everything here ends up in the run's log. */
import type { RunCommand } from "../../protocol.ts";
import { usePage, useRun } from "../app_context.ts";
import { formatPercent } from "../format.ts";

export function ActionsPanel() {
  const page = usePage();
  const run = useRun();
  const [actor] = run.actors.values();
  const disabled = !run.inControl;
  const button = (name: PlainCommand["name"], text: string) => (
    <button type="button" disabled={disabled} onClick={() => page.command({ name })}>
      {text}
    </button>
  );
  const pausedActor = actor?.state === "paused";
  const pausedLearner = run.learner?.state === "paused";
  const isRecording = run.facts?.recording ?? false;
  return (
    <section class="panel actions" aria-labelledby="actions-title">
      <h2 id="actions-title">Act</h2>
      {disabled && (
        <p class="hint">
          These need control.{" "}
          <button
            type="button"
            class="primary"
            disabled={run.asksForControl}
            onClick={() => page.send({ type: "take_control" })}
          >
            {run.control.holder === null ? "Take control" : run.asksForControl ? "Asked …" : "Ask for control"}
          </button>
        </p>
      )}
      <div class="action-grid">
        {run.can("actor") &&
          button(pausedActor ? "resume_actor" : "pause_actor", pausedActor ? "Resume the robot" : "Pause the robot")}
        {run.can("learner") &&
          button(
            pausedLearner ? "resume_learner" : "pause_learner",
            pausedLearner ? "Resume learning" : "Pause learning",
          )}
        {run.can("learner") && button("save_checkpoint", "Save a checkpoint")}
        {run.can("evaluation") && button("evaluate_now", "Evaluate now")}
        {run.can("labels") && button("undo_label", "Undo the last label")}
        {run.can("recording") &&
          button(
            isRecording ? "stop_recording" : "start_recording",
            isRecording ? "Stop recording" : "Record every episode",
          )}
      </div>
      {run.can("operator") && <OperatorRate disabled={disabled} />}
    </section>
  );
}

/** Commands without arguments. */
type PlainCommand = Exclude<RunCommand, { name: "set_intervention_rate" }>;

function OperatorRate({ disabled }: { readonly disabled: boolean }) {
  const page = usePage();
  const rate = useRun().facts?.intervention_rate ?? 0;
  return (
    <p class="operator">
      <label for="operator-rate">
        Scripted operator takes over {formatPercent(rate)} of the time it has a reason to
      </label>
      <input
        id="operator-rate"
        type="range"
        min="0"
        max="1"
        step="0.05"
        value={rate}
        disabled={disabled}
        onChange={({ currentTarget }) =>
          page.command({ name: "set_intervention_rate", rate: Number(currentTarget.value) })
        }
      />
    </p>
  );
}
