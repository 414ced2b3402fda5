/** The two halves of a run in processes of their own, as their dashboards see them: what a half does not know is not shown. */
import type { Learner } from "../../../learning/index.ts";
import type { RunEvent, RunEvents } from "../../../metrics/index.ts";
import type { TrainRLServerPipelineConfig } from "../../../settings/config.ts";
import { configDefaults } from "../../../settings/config_defaults.ts";
import type { DashboardRun } from "./run.ts";
import { RunStatus } from "./run_status.ts";
import { learnerControl, planOf, type TrainingRunOptions, trainingRun } from "./training_run.ts";

export type ActorRunOptions = Omit<TrainingRunOptions, "learner" | "evaluateNow">;

/** `handrail actor`: people stand at its robot. How far learning is, only the learner knows. */
export function actorRun(options: ActorRunOptions): DashboardRun {
  const run = trainingRun(options);
  const { task, max_steps, fps, environment } = planOf(options.config);
  options.seat.status.plan = {
    ...{ task, max_steps, fps, environment },
    ...{ goal: null, warm_up_steps: 0, demonstrations: 0, learns: false },
  };
  return run;
}

export interface LearnerRunOptions {
  readonly config: TrainRLServerPipelineConfig;
  readonly events: RunEvents;
  readonly learner: Pick<Learner, "pause" | "resume" | "saveCheckpoint">;
  /** What a resumed run's log tells of the time before. */
  readonly history?: readonly RunEvent[];
}

/** `handrail learner`: its robots are elsewhere, and report. They are stopped and steered on the pages of their actors. */
export function learnerRun({ config, events, learner, history = [] }: LearnerRunOptions): DashboardRun {
  const plan = planOf(config);
  // An evaluation needs a robot: a learner by itself makes none.
  const status = new RunStatus({ ...plan, goal: null });
  status.follow(events, history);
  return {
    ...{ name: config.job_name ?? config.output_dir ?? plan.task, mode: "live", history, events, status },
    ...{ config, configDefaults: configDefaults(config) },
    actions: { learner: learnerControl(learner) },
  };
}
