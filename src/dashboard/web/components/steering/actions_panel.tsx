/** Commands for the person in control, or for everyone where there is no robot. All of them are logged. */
import type { ComponentChildren } from "preact";
import type { RunCommand } from "../../../protocol.ts";
import { usePage, useRun } from "../../app_context.ts";
import { formatPercent } from "../../format.ts";
import { outputFolder, relativeTo } from "../../model/relative_path.ts";
import { Icon, type IconName } from "../icons.tsx";

/** Commands without arguments. */
type PlainCommand = Exclude<RunCommand, { name: "set_intervention_rate" | "set_speed" }>;

export function ActionsPanel() {
  const page = usePage();
  const run = useRun();
  const [actor] = run.actors.values();
  const isRecording = run.facts?.recording ?? false;
  const isEvaluating = run.facts?.progress?.phase === "evaluating";
  return (
    <section class="panel actions" aria-labelledby="actions-title">
      <div class="panel-head">
        <h2 id="actions-title">Actions</h2>
        {run.hasRobot && !run.inControl && (
          <button
            type="button"
            class="primary"
            disabled={!run.isLive || !run.isResponsive || run.asksForControl}
            onClick={() => page.send({ type: "take_control" })}
          >
            {run.control.holder === null ? "Take control" : run.asksForControl ? "Requested …" : "Ask for control"}
          </button>
        )}
      </div>
      {run.hasRobot && !run.inControl && <p class="hint">Take control to use these.</p>}
      <div class="action-groups">
        {run.can("actor") && (
          <Group title="Robot" icon="robot">
            {actor?.state === "paused" ? (
              <Action name="resume_actor" text="Resume the robot" />
            ) : (
              <Action name="pause_actor" text="Pause the robot" />
            )}
            {run.can("labels") && <Action name="undo_label" text="Undo the last label" />}
            {run.can("operator") && <OperatorRate />}
          </Group>
        )}
        {(run.can("learner") || run.can("evaluation")) && (
          <Group title="Learning" icon="brain">
            {run.can("learner") &&
              (run.learner?.state === "paused" ? (
                <Action name="resume_learner" text="Resume learning" />
              ) : (
                <Action name="pause_learner" text="Pause learning" />
              ))}
            {run.can("evaluation") && <Action name="evaluate_now" text="Evaluate now" isBusy={isEvaluating} />}
          </Group>
        )}
        {(run.can("learner") || run.can("recording")) && (
          <Group title="Data" icon="data">
            {run.can("learner") && <Action name="save_checkpoint" text="Save a checkpoint" />}
            {run.can("recording") &&
              (isRecording ? (
                <Action name="stop_recording" text="Stop recording" after="start_recording" />
              ) : (
                <Action name="start_recording" text="Record every episode" after="stop_recording" />
              ))}
          </Group>
        )}
      </div>
    </section>
  );
}

interface GroupProps {
  readonly title: string;
  readonly icon: IconName;
  readonly children: ComponentChildren;
}

function Group({ title, icon, children }: GroupProps) {
  return (
    <section class="action-group" aria-label={title}>
      <h3>
        <Icon name={icon} size={16} /> {title}
      </h3>
      <div>{children}</div>
    </section>
  );
}

interface ActionProps {
  readonly name: PlainCommand["name"];
  readonly text: string;
  readonly isBusy?: boolean;
  /** The action that this one replaces: its result is shown until this one has its own. */
  readonly after?: PlainCommand["name"];
}

/** A button with its result beside it. */
function Action({ name, text, isBusy = false, after }: ActionProps) {
  const page = usePage();
  const run = useRun();
  const own = run.answers.get(name);
  const earlier = after && run.answers.get(after);
  const answer = own === undefined || own.state === "done" ? (earlier ?? own) : own;
  const isPending = isBusy || answer?.state === "pending";
  return (
    <div class="action">
      <button
        type="button"
        disabled={!run.canAct || isPending}
        aria-busy={isPending}
        onClick={() => page.command({ name }, "beside")}
      >
        {text}
      </button>
      <span class={`answer ${answer?.state ?? ""}`} role="status">
        {isPending ? "in progress …" : relativeTo(outputFolder(run.facts), answer?.text ?? "")}
      </span>
    </div>
  );
}

function OperatorRate() {
  const page = usePage();
  const run = useRun();
  const rate = run.facts?.intervention_rate ?? 0;
  return (
    <p class="operator">
      <label for="operator-rate">
        The scripted operator takes over <b class="helper">{formatPercent(rate)}</b> of the time it has a reason to
      </label>
      <input
        id="operator-rate"
        type="range"
        min="0"
        max="1"
        step="0.05"
        value={rate}
        disabled={!run.canAct}
        onChange={({ currentTarget }) =>
          page.command({ name: "set_intervention_rate", rate: Number(currentTarget.value) }, "beside")
        }
      />
    </p>
  );
}
