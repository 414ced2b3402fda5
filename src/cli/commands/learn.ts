/** `handrail learn`: trains on a dataset, without actors. */

import { Command } from "commander";
import { withRunToResume } from "../../learning/run_folder/newest_run.ts";
import { withOutputFolder } from "../../learning/run_folder/run_folder.ts";
import type { RunEvent, RunEventOf } from "../../metrics/run_event.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { runOffline } from "../../runs/run_learner.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { commandLine, pathFrom } from "../invocation.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { addMetricsOption, type MetricsCommandOptions, serveChosenMetrics } from "../options/metrics_option.ts";
import { agreeToPlugin } from "../plugin_consent.ts";
import { restartCommand, resumeCommand } from "../resume_command.ts";
import { Stopped, stopNotice, stopOnSignals } from "../stop_signals.ts";
import { duration, progress, type Status } from "../terminal/status.ts";
import { terminal } from "../terminal/terminal.ts";
import { noticeLine } from "../training_display.ts";

interface LearnCommandOptions extends MetricsCommandOptions {
  readonly config: string;
  readonly plugin: readonly string[];
}

export function learnCommand(): Command {
  const command = addConfigOverrides(new Command("learn"), "--steps=5000 or --dataset.root=outputs/demonstrations")
    .description("train on a dataset, without actors, for `steps` updates")
    .requiredOption("--config <file>", "JSON or YAML, or the name of one that comes with Handrail, such as pick_cube")
    .option("--plugin <module...>", "modules that register further types: paths or packages", []);
  return addMetricsOption(command)
    .addHelpText(
      "after",
      "\nExamples:\n  handrail learn --config examples/behavior_cloning.json --plugin ./examples/behavior_cloning.ts" +
        "\n  handrail learn --config examples/behavior_cloning.json --dataset.repo_id=me/pick --dataset.root=outputs/pick" +
        "\n  handrail learn --config outputs/train/clone/train_config.json --resume=true",
    )
    .action(learn);
}

async function learn(overrides: string[], options: LearnCommandOptions, command: Command): Promise<void> {
  const loaded = await loadTrainingConfig(options.config, {
    ...{ overrides, plugins: options.plugin, namedPlugins: agreeToPlugin },
  });
  const config = withOutputFolder(await withRunToResume(loaded));
  const events = new RunEvents();
  const { signal, release } = stopOnSignals((name) => {
    terminal.print(stopNotice(name, "saving everything"));
    terminal.wait("saving");
  });
  const display = new OfflineDisplay(config.steps);
  events.subscribe((event) => display.follow(event, signal));
  let metrics: Awaited<ReturnType<typeof serveChosenMetrics>>;
  try {
    metrics = await serveChosenMetrics(events, options);
    if (metrics) terminal.print(`metrics on ${metrics.url}`);
    const outcome = await runOffline({
      ...{ config, events, signal },
      onDemonstration: (done, total) => terminal.show(progress("demonstrating", done, total, "episodes")),
      onReady: ({ folder }) =>
        terminal.print(`${config.resume ? "going on with the run" : "training"} in ${folder.path}`),
    });
    terminal.end();
    if (outcome === "stopped") {
      terminal.print(`stopped; everything is saved; continue with:\n  ${resumeCommand(command, config)}`);
      return;
    }
    const run = pathFrom(process.cwd(), config.output_dir!);
    terminal.print(`all ${config.steps} updates are made; everything is saved`);
    terminal.print(`evaluate the policy with:\n  ${commandLine(["eval", "--policy", run])}`);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    terminal.end();
    terminal.print(`stopped before the training began; start it again with:\n  ${restartCommand(command, config)}`);
  } finally {
    release();
    terminal.end();
    await metrics?.close();
  }
}

class OfflineDisplay {
  readonly #steps: number;
  /** The newest numbers of the algorithm whose names begin with "loss". */
  #losses: readonly string[] = [];

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
    if (event.type === "learner" && !stopping.aborted) terminal.show(this.#describe(event));
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
