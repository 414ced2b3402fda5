/** `handrail train`: the whole loop in one process: demonstrations, learner, actor, evaluation. */
import { Command } from "commander";
import { DriverSeat, startDashboard, type TrainingRunOptions, trainingRun } from "../../dashboard/index.ts";
import { writeRunPlots } from "../../metrics/plots/write_run_plots.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { EpisodeRecorder } from "../../training/episode_recorder.ts";
import { describeReport } from "../../training/evaluation/describe_report.ts";
import { withOutputFolder } from "../../training/learner/run_folder.ts";
import { loadTrainingConfig } from "../../training/load_training_config.ts";
import { gaussianActorConfigOf } from "../../training/policy_config.ts";
import { type TrainingOutcome, TrainingRun } from "../../training/run/training_run.ts";
import {
  addDashboardOptions,
  type DashboardCommandOptions,
  dashboardOptionsOf,
  eventsSoFar,
} from "../dashboard_options.ts";
import { addMetricsOption, type MetricsCommandOptions, serveChosenMetrics } from "../metrics_option.ts";
import { stopOnSignals } from "../stop_signals.ts";
import { TrainingDisplay } from "../training_display.ts";

interface TrainOptions extends DashboardCommandOptions, MetricsCommandOptions {
  readonly config: string;
  readonly plugin: readonly string[];
}

export function trainCommand(): Command {
  const command = new Command("train")
    .description("demonstrate, learn, act and evaluate in one process, until the task is solved")
    .argument("[overrides...]", "values of the config such as --seed=3 or --algorithm.discount=0.97")
    .allowUnknownOption()
    .requiredOption("--config <file>", "JSON or YAML")
    .option("--plugin <module...>", "modules that register further types: paths or packages", []);
  return addDashboardOptions(addMetricsOption(command))
    .addHelpText(
      "after",
      "\nExamples:\n  handrail train --config configs/pick_cube.json --seed=3 --output_dir=outputs/train/cube" +
        "\n  handrail train --config outputs/train/cube/train_config.json --resume=true",
    )
    .action(train);
}

async function train(overrides: string[], options: TrainOptions): Promise<void> {
  const loaded = await loadTrainingConfig(options.config, { overrides, plugins: options.plugin });
  const config = withOutputFolder(loaded);
  const events = new RunEvents();
  const display = new TrainingDisplay(events, gaussianActorConfigOf(config).online_steps);
  const { signal, release } = stopOnSignals((name) =>
    display.print(`${name}: saving everything; once more to stop at once`),
  );
  const closing: (() => Promise<unknown>)[] = [];
  try {
    const metrics = await serveChosenMetrics(events, options);
    if (metrics) {
      closing.push(() => metrics.close());
      display.print(`metrics on ${metrics.url}`);
    }
    display.print(`training in ${config.output_dir}`);
    const seat = options.dashboard ? new DriverSeat() : undefined;
    // What a resumed run's log tells, then what happens before the dashboard is open: that may not be in the log yet.
    const history = seat ? await eventsSoFar(config.output_dir!) : [];
    const forget = events.subscribe((event) => history.push(event));
    const recorder = new EpisodeRecorder(config);
    const run = await TrainingRun.start({
      ...{ config, events, signal },
      ...(seat && { people: ({ env }) => seat.peopleFor(env), observers: () => [...seat.observers, recorder] }),
      onDemonstration: (done, total) => display.demonstrations(done, total),
      onEvaluationEpisode: (done, total) => display.evaluation(done, total),
    });
    const unrecorded = (error: Error) => display.print(`not all episodes were recorded: ${error.message}`);
    closing.push(() => recorder.stop().catch(unrecorded));
    if (seat) {
      const dashboard = await openDashboard({ run, seat, recorder, events, history }, options).catch((error: Error) =>
        display.print(`no dashboard: ${error.message}`),
      );
      if (dashboard) {
        closing.push(() => dashboard.close());
        display.print(`dashboard on ${dashboard.url}`);
      }
    }
    forget();
    const outcome = await run.run();
    display.close();
    report(outcome);
    if (outcome.reason !== "stopped") await writeRunPlots(run.learner.folder.path);
  } finally {
    release();
    display.close();
    for (const close of closing) await close();
  }
}

async function openDashboard(
  { run, ...parts }: Omit<TrainingRunOptions, "config" | "made" | "learner"> & { readonly run: TrainingRun },
  options: TrainOptions,
) {
  const { config, made, learner } = run;
  return startDashboard({
    run: trainingRun({ ...{ config, made, learner, ...parts }, evaluateNow: () => run.evaluate() }),
    ...dashboardOptionsOf(options),
  });
}

function report({ message, report, policy }: TrainingOutcome): void {
  console.log(`\n${message}`);
  for (const [label, text] of report ? describeReport(report) : []) console.log(`  ${label.padEnd(13)}${text}`);
  console.log(`  ${"policy".padEnd(13)}${policy}`);
}
