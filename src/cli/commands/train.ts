/** `handrail train`: demonstrations, learner, actor and evaluation in one process. */
import { Command } from "commander";
import { DashboardHooks, trainingRun } from "../../dashboard/index.ts";
import { withRunToResume } from "../../learning/run_folder/newest_run.ts";
import { withOutputFolder } from "../../learning/run_folder/run_folder.ts";
import { writeRunPlots } from "../../metrics/plots/write_run_plots.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { describeReport } from "../../rollout/evaluation/describe_report.ts";
import { EpisodeRecorder } from "../../rollout/recording/episode_recorder.ts";
import { requireSoundSettings } from "../../runs/doctor/check_settings.ts";
import { type TrainingOutcome, TrainingRun } from "../../runs/training_run/training_run.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { runSettingsOf } from "../../settings/run_settings.ts";
import { commandLine, pathFrom } from "../invocation.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { addDashboardOptions, type DashboardCommandOptions, eventsSoFar } from "../options/dashboard_options.ts";
import { addMetricsOption, type MetricsCommandOptions, serveChosenMetrics } from "../options/metrics_option.ts";
import { DASHBOARD_CLOSES } from "../pages/dashboard_address.ts";
import { RunPage } from "../pages/run_page.ts";
import { agreeToPlugin } from "../plugin_consent.ts";
import { restartCommand, resumeCommand } from "../resume_command.ts";
import { aborted, Stopped, stopNotice, stopOnSignals } from "../stop_signals.ts";
import { terminal } from "../terminal/terminal.ts";
import { TrainingDisplay } from "../training_display.ts";

interface TrainOptions extends DashboardCommandOptions, MetricsCommandOptions {
  readonly exit?: boolean;
  readonly config: string;
  readonly plugin: readonly string[];
}

export function trainCommand(): Command {
  const command = addConfigOverrides(new Command("train"), "--seed=3 or --algorithm.discount=0.97")
    .description("demonstrate, learn, act and evaluate in one process, until the task is solved")
    .requiredOption("--config <file>", "JSON or YAML, or the name of one that comes with Handrail, such as pick_cube")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--exit", "end with the run; in a terminal the dashboard otherwise stays open until Ctrl-C");
  return addDashboardOptions(addMetricsOption(command))
    .addHelpText(
      "after",
      "\nExamples:\n  handrail train --config configs/pick_cube.json --seed=3 --output_dir=outputs/train/cube" +
        "\n  handrail train --config outputs/train/cube/train_config.json --resume=true" +
        "\n  handrail train --config configs/pick_cube.json --resume=true   # its newest run in outputs/",
    )
    .action(train);
}

async function train(overrides: string[], options: TrainOptions, command: Command): Promise<void> {
  const loaded = await loadTrainingConfig(options.config, {
    overrides,
    plugins: options.plugin,
    namedPlugins: agreeToPlugin,
  });
  const { warnings } = requireSoundSettings(loaded);
  const config = withOutputFolder(await withRunToResume(loaded));
  const events = new RunEvents();
  const history = await eventsSoFar(config.output_dir!);
  const display = new TrainingDisplay({
    events,
    history,
    display: terminal,
    onlineSteps: runSettingsOf(config).onlineSteps,
  });
  let isSaved = false;
  const { signal, release } = stopOnSignals((name) => {
    if (isSaved) return;
    terminal.print(stopNotice(name, "saving everything"));
    display.stopping();
  });
  const closing: (() => Promise<unknown>)[] = [];
  try {
    for (const text of warnings) terminal.print(`warning: ${text}`);
    const metrics = await serveChosenMetrics(events, options);
    if (metrics) {
      closing.push(() => metrics.close());
      terminal.print(`metrics on ${metrics.url}`);
    }
    terminal.print(`${config.resume ? "resuming the run" : "training"} in ${config.output_dir}`);
    const hooks = options.dashboard ? new DashboardHooks() : undefined;
    // The log's events, then those from before the dashboard is open: the log may not contain them yet.
    const forget = events.subscribe((event) => history.push(event));
    const recorder = new EpisodeRecorder(config);
    const page = new RunPage(options);
    closing.push(() => page.close());
    const run = await TrainingRun.start({
      config,
      events,
      signal,
      ...(hooks && {
        teleoperators: (env) => hooks.teleoperatorsFor(env),
        observers: () => [...hooks.observers, recorder],
      }),
      ...(hooks && {
        watchDemonstrations: async (processedEnv) => {
          await page.show(hooks.preparation({ config, events, processedEnv }));
          return hooks.demonstrating;
        },
      }),
      onDemonstration: (done, total) => {
        display.demonstrations(done, total);
        hooks?.status.setDemonstrations(done, total);
      },
      onEvaluation: (progress) => {
        if (progress) display.evaluation(progress.episode, progress.of);
        hooks?.onEvaluation(progress);
      },
    });
    const unrecorded = (error: Error) => terminal.print(`not all episodes were recorded: ${error.message}`);
    closing.push(() => recorder.stop().catch(unrecorded));
    if (hooks) {
      const { config, made, learnerControl: learner } = run;
      const evaluateNow = () => run.evaluate();
      await page.show(trainingRun({ hooks, recorder, events, history, config, made, learner, evaluateNow }));
    }
    forget();
    const outcome = await run.run();
    display.close();
    report(outcome);
    hooks?.status.setOutputs(outputsOf(outcome, command, config));
    if (outcome.reason === "stopped") terminal.result(`\nContinue with:\n  ${resumeCommand(command, config)}`);
    else {
      await writeRunPlots(run.learner.folder.path);
      if (page.isOpen && staysOpen(options)) {
        isSaved = true;
        terminal.print("the dashboard stays open until Ctrl-C");
        await aborted(signal);
        terminal.print(DASHBOARD_CLOSES);
      }
    }
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    // There is no checkpoint before training begins. Recorded demonstrations are kept.
    display.close();
    terminal.result(`Stopped before the training began.\n\nContinue with:\n  ${restartCommand(command, config)}`);
  } finally {
    release();
    display.close();
    for (const close of closing) await close();
  }
}

/** Keeps the dashboard open for a person at a terminal. A script continues. */
function staysOpen({ exit = false }: TrainOptions): boolean {
  return !exit && process.stdin.isTTY === true && process.stderr.isTTY === true;
}

function outputsOf({ reason, policy }: TrainingOutcome, command: Command, config: TrainRLServerPipelineConfig) {
  const path = pathFrom(process.cwd(), policy);
  const run = pathFrom(process.cwd(), config.output_dir!);
  const next = [
    ...(reason === "stopped" ? [{ label: "Continue", command: resumeCommand(command, config) }] : []),
    { label: "Evaluate the policy", command: commandLine(["eval", "--policy", path]) },
    { label: "Look back at the run", command: commandLine(["dashboard", run]) },
  ];
  return { policy: path, next };
}

function report({ message, report, policy }: TrainingOutcome): void {
  const lines = [...(report ? describeReport(report) : []), ["policy", policy]];
  terminal.result(`\n${message}`);
  for (const [label, text] of lines) terminal.result(`  ${label!.padEnd(13)}${text}`);
}
