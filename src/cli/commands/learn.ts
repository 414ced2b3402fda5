/** `handrail learn`: trains on a dataset, without actors. */
import { Command } from "commander";
import { DashboardHooks, offlinePlanOf, offlineRun } from "../../dashboard/index.ts";
import type { LearnerOutcome } from "../../learning/learner_options.ts";
import { withRunToResume } from "../../learning/run_folder/newest_run.ts";
import { withOutputFolder } from "../../learning/run_folder/run_folder.ts";
import type { RunEvent, RunEventOf } from "../../metrics/run_event.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { describeReport } from "../../rollout/evaluation/describe_report.ts";
import { requireSoundSettings } from "../../runs/doctor/check_settings.ts";
import type { EvaluationProgress } from "../../runs/evaluation/evaluate_checkpoint.ts";
import { runOffline } from "../../runs/run_learner.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { commandLine, pathFrom } from "../invocation.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { addDashboardAddress, type DashboardAddressOptions, eventsSoFar } from "../options/dashboard_options.ts";
import { addMetricsOption, type MetricsCommandOptions, serveChosenMetrics } from "../options/metrics_option.ts";
import { RunPage } from "../pages/run_page.ts";
import { agreeToPlugin } from "../plugin_consent.ts";
import { restartCommand, resumeCommand } from "../resume_command.ts";
import { Stopped, stopNotice, stopOnSignals } from "../stop_signals.ts";
import { duration, progress, type Status } from "../terminal/status.ts";
import { terminal } from "../terminal/terminal.ts";
import { noticeLine } from "../training_display.ts";

interface LearnCommandOptions extends MetricsCommandOptions, DashboardAddressOptions {
  readonly dashboard?: boolean;
  readonly config: string;
  readonly plugin: readonly string[];
}

export function learnCommand(): Command {
  const command = addConfigOverrides(new Command("learn"), "--steps=5000 or --dataset.root=outputs/demonstrations")
    .description("train on a dataset, without actors, for `steps` updates")
    .requiredOption("--config <file>", "JSON or YAML, or the name of one that comes with Handrail, such as pick_cube")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--dashboard", "open a dashboard: curves, evaluations, log");
  return addDashboardAddress(addMetricsOption(command))
    .addHelpText(
      "after",
      "\nExamples:\n  handrail learn --config examples/behavior_cloning.json --plugin ./examples/behavior_cloning.ts" +
        "\n  handrail learn --config examples/behavior_cloning.json --dataset.repo_id=me/pick --dataset.root=outputs/pick" +
        "\n  handrail learn --config examples/behavior_cloning.json --dashboard --env_eval_freq=500 --eval.n_episodes=20" +
        "\n  handrail learn --config outputs/train/clone/train_config.json --resume=true",
    )
    .action(learn);
}

async function learn(overrides: string[], options: LearnCommandOptions, command: Command): Promise<void> {
  const loaded = await loadTrainingConfig(options.config, {
    overrides,
    plugins: options.plugin,
    namedPlugins: agreeToPlugin,
  });
  const { warnings } = requireSoundSettings(loaded, { offline: true });
  const config = withOutputFolder(await withRunToResume(loaded));
  const events = new RunEvents();
  const { signal, release } = stopOnSignals((name) => {
    terminal.print(stopNotice(name, "saving everything"));
    terminal.wait("saving");
  });
  const display = new OfflineDisplay(config.steps);
  events.subscribe((event) => display.follow(event, signal));
  const page = options.dashboard ? new RunPage(options) : undefined;
  const hooks = new DashboardHooks();
  const history = page ? await eventsSoFar(config.output_dir!) : [];
  // Includes events from before the page is open.
  const forget = events.subscribe((event) => history.push(event));
  let metrics: Awaited<ReturnType<typeof serveChosenMetrics>>;
  try {
    for (const text of warnings) terminal.print(`warning: ${text}`);
    metrics = await serveChosenMetrics(events, options);
    if (metrics) terminal.print(`metrics on ${metrics.url}`);
    const outcome = await runOffline({
      config,
      events,
      signal,
      ...(page && {
        watchDemonstrations: async (processedEnv) => {
          await page.show(hooks.preparation({ config, events, processedEnv, plan: offlinePlanOf(config) }));
          return hooks.demonstrating;
        },
      }),
      onDemonstration: (done, total) => {
        hooks.status.setDemonstrations(done, total);
        terminal.show(progress("demonstrating", done, total, "episodes"));
      },
      onEvaluation: (evaluation) => {
        hooks.onEvaluation(evaluation);
        display.evaluation(evaluation, signal);
      },
      onReady: async ({ folder }, people) => {
        await page?.show(offlineRun({ config, events, history, status: hooks.status, ...people }));
        forget();
        terminal.print(`${config.resume ? "resuming the run" : "training"} in ${folder.path}`);
      },
    });
    terminal.end();
    hooks.status.setOutputs(outputsOf(outcome, command, config));
    if (outcome === "stopped") {
      terminal.print(`stopped; everything is saved; continue with:\n  ${resumeCommand(command, config)}`);
      return;
    }
    terminal.print(display.ending(outcome));
    terminal.print(`evaluate the policy with:\n  ${evaluationCommand(config)}`);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    terminal.end();
    terminal.print(`stopped before the training began; start it again with:\n  ${restartCommand(command, config)}`);
  } finally {
    release();
    terminal.end();
    await page?.close();
    await metrics?.close();
  }
}

function evaluationCommand({ output_dir }: TrainRLServerPipelineConfig): string {
  return commandLine(["eval", "--policy", pathFrom(process.cwd(), output_dir!)]);
}

function outputsOf(outcome: LearnerOutcome, command: Command, config: TrainRLServerPipelineConfig) {
  const next = [
    ...(outcome === "stopped" ? [{ label: "Continue", command: resumeCommand(command, config) }] : []),
    { label: "Evaluate the policy", command: evaluationCommand(config) },
    { label: "Look back at the run", command: commandLine(["dashboard", pathFrom(process.cwd(), config.output_dir!)]) },
  ];
  return { policy: null, next };
}

class OfflineDisplay {
  readonly #steps: number;
  /** The latest metrics whose names begin with "loss". */
  #losses: readonly string[] = [];
  #step = 0;
  #evaluation: RunEventOf<"evaluation">["report"] | undefined;
  #isEvaluating = false;

  constructor(steps: number) {
    this.#steps = steps;
  }

  follow(event: RunEvent, stopping: AbortSignal): void {
    if (event.type === "notice") terminal.print(noticeLine(event));
    if (event.type === "checkpoint") terminal.print(`saved ${event.folder} in ${event.duration_s.toFixed(1)} s`);
    if (event.type === "training") {
      const losses = Object.entries(event.metrics).filter(([name]) => name.startsWith("loss"));
      this.#losses = losses.map(([name, value]) => `${name} ${value.toPrecision(3)}`);
    }
    if (event.type === "evaluation") {
      const { step, successes, episodes } = event.report;
      this.#evaluation = event.report;
      terminal.print(`evaluated after ${step} updates: ${successes} of ${episodes} episodes solved`);
    }
    if (event.type !== "learner") return;
    this.#step = event.step;
    if (!stopping.aborted && !this.#isEvaluating) terminal.show(this.#describe(event));
  }

  evaluation(evaluation: EvaluationProgress | undefined, stopping: AbortSignal): void {
    this.#isEvaluating = evaluation !== undefined;
    if (evaluation && !stopping.aborted)
      terminal.show(progress("evaluating", evaluation.episode, evaluation.of, "episodes"));
  }

  /** The outcome of a completed run, with the evaluation of its last weights. */
  ending(outcome: LearnerOutcome): string {
    const end = outcome === "solved" ? `solved after ${this.#step} updates` : `all ${this.#steps} updates are made`;
    const report = this.#evaluation?.step === this.#step ? describeReport(this.#evaluation) : [];
    const lines = report.map(([label, text]) => `\n  ${label.padEnd(13)}${text}`);
    return `${end}; everything is saved${lines.join("")}`;
  }

  #describe({ state, step, updates_per_s }: RunEventOf<"learner">): Status {
    const leftS = (this.#steps - step) / updates_per_s;
    return {
      ...progress(state, step, this.#steps, "updates"),
      details: [
        `${updates_per_s.toFixed(0)} updates/s`,
        `${Number.isFinite(leftS) ? duration(leftS) : "–"} left`,
        ...this.#losses,
      ],
    };
  }
}
