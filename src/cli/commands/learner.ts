/** `handrail learner`: trains on what actors send, in a process of its own. */
import { Command } from "commander";
import type { RunEvent, RunEventOf } from "../../metrics/run_event.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { withOutputFolder } from "../../training/learner/run_folder.ts";
import { runLearner } from "../../training/learner/run_learner.ts";
import { loadTrainingConfig } from "../../training/load_training_config.ts";
import { addMetricsOption, type MetricsCommandOptions, serveChosenMetrics } from "../metrics_option.ts";
import { type StatusLine, statusLine } from "../status_line.ts";
import { stopOnSignals } from "../stop_signals.ts";
import { addTransportOptions, readTransportSecurity, type TransportSecurityOptions } from "../transport_options.ts";

interface LearnerCommandOptions extends TransportSecurityOptions, MetricsCommandOptions {
  readonly config: string;
  readonly plugin: readonly string[];
}

export function learnerCommand(): Command {
  const command = new Command("learner")
    .description("train on what actors send; they connect to policy.actor_learner_config")
    .argument("[overrides...]", "values of the config such as --batch_size=128")
    .allowUnknownOption()
    .requiredOption("--config <file>", "JSON or YAML")
    .option("--plugin <module...>", "modules that register further types: paths or packages", []);
  return addTransportOptions(addMetricsOption(command), "learner")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail learner --config configs/pick_cube.json --output_dir=outputs/train/cube" +
        "\n  handrail learner --config outputs/train/cube/train_config.json --resume=true",
    )
    .action(learn);
}

async function learn(overrides: string[], options: LearnerCommandOptions): Promise<void> {
  const config = withOutputFolder(await loadTrainingConfig(options.config, { overrides, plugins: options.plugin }));
  const security = await readTransportSecurity(options);
  const events = new RunEvents();
  const line = statusLine();
  events.subscribe((event) => follow(line, event));
  const { signal, release } = stopOnSignals((name) =>
    line.print(`${name}: saving everything; once more to stop at once`),
  );
  let metrics: Awaited<ReturnType<typeof serveChosenMetrics>>;
  try {
    metrics = await serveChosenMetrics(events, options);
    if (metrics) line.print(`metrics on ${metrics.url}`);
    const outcome = await runLearner({
      ...{ config, events, signal, ...security },
      onDemonstration: (done, total) => line.show(`${done} of ${total} demonstrations`),
      onReady: ({ address, folder }) => line.print(`learner on ${address}, run in ${folder.path}`),
    });
    line.print(outcome === "steps" ? "the run has all its steps; everything is saved" : "stopped; everything is saved");
  } finally {
    release();
    line.end();
    await metrics?.close();
  }
}

function follow(line: StatusLine, event: RunEvent): void {
  if (event.type === "notice") line.print(`${event.level}: ${event.message}`);
  if (event.type === "checkpoint") line.print(`saved ${event.folder} in ${event.duration_s.toFixed(1)} s`);
  if (event.type === "learner") line.show(describe(event));
}

function describe(event: RunEventOf<"learner">): string {
  const { state, step, interaction_step, updates_per_s, online_size, offline_size, queue_records } = event;
  const parts = [
    state,
    `${step} updates (${updates_per_s.toFixed(0)}/s)`,
    `${interaction_step} steps`,
    `buffers ${online_size} + ${offline_size}`,
    `${event.actors_connected} actors`,
    ...(queue_records > 0 ? [`${queue_records} waiting`] : []),
  ];
  return parts.join(" · ");
}
