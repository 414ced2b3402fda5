/**
 * Dashboard runs for an actor and a learner in separate processes, and for a learner without actors. Each shows only what its
 * process knows.
 */
import type { Learner } from "../../../learning/index.ts";
import type { RunEvent, RunEvents } from "../../../metrics/index.ts";
import type { TrainRLServerPipelineConfig } from "../../../settings/config.ts";
import { configDefaults } from "../../../settings/config_defaults.ts";
import type { DashboardRun } from "./run.ts";
import { RunStatus } from "./run_status.ts";
import { learnerControl, offlinePlanOf, planOf, type TrainingRunOptions, trainingRun } from "./training_run.ts";

export type ActorRunOptions = Omit<TrainingRunOptions, "learner" | "evaluateNow">;

/** For `handrail actor`. The learner's progress is unknown here. */
export function actorRun(options: ActorRunOptions): DashboardRun {
  const run = trainingRun(options);
  const { task, max_steps, fps, environment } = planOf(options.config);
  options.hooks.status.plan = {
    task,
    max_steps,
    fps,
    environment,
    goal: null,
    warm_up_steps: 0,
    demonstrations: 0,
    learns: false,
  };
  return run;
}

export interface LearnerRunOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly learner: Pick<Learner, "pause" | "resume" | "saveCheckpoint">;
  /** Events of earlier sessions, from a resumed run's log. */
  readonly history?: readonly RunEvent[];
}

/** For `handrail learner`. Its robots are stopped and steered from the pages of their actors. */
export function learnerRun(options: LearnerRunOptions): DashboardRun {
  const { config, events, learner, history = [] } = options;
  const plan = planOf(config);
  // Evaluations need a robot, which a learner process does not have.
  const status = new RunStatus({ ...plan, goal: null });
  status.follow(events, history);
  return { ...factsOf(options, status), actions: { learner: learnerControl(learner) } };
}

export interface OfflineRunOptions extends LearnerRunOptions {
  /** Given status: what takes long before the learner begins, and evaluations. */
  readonly status?: RunStatus;
  /** Makes an evaluation and emits its event. Absent where the run makes none. */
  readonly evaluateNow?: () => Promise<void>;
}

/** `handrail learn`: a learner without actors. There is no robot: whoever sees the page may do what it offers. */
export function offlineRun(options: OfflineRunOptions): DashboardRun {
  const { config, events, learner, evaluateNow, status = new RunStatus(), history = [] } = options;
  const plan = offlinePlanOf(config);
  status.plan = evaluateNow ? plan : { ...plan, goal: null };
  status.follow(events, history);
  const evaluation = evaluateNow && { evaluateNow };
  return {
    ...factsOf(options, status),
    actions: { learner: learnerControl(learner), ...(evaluation && { evaluation }) },
  };
}

function factsOf({ config, events, history = [] }: LearnerRunOptions, status: RunStatus) {
  const name = config.job_name ?? config.output_dir ?? status.plan?.task ?? "learner";
  return { name, mode: "live", config, configDefaults: configDefaults(config), history, events, status } as const;
}
