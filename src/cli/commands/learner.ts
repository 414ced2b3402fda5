/** `handrail learner`: trains on what actors send, in a separate process. */
import { Command } from "commander";
import { DashboardHooks, learnerRun } from "../../dashboard/index.ts";
import { withRunToResume } from "../../learning/run_folder/newest_run.ts";
import { withOutputFolder } from "../../learning/run_folder/run_folder.ts";
import type { RunEvent, RunEventOf } from "../../metrics/run_event.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { requireSoundSettings } from "../../runs/doctor/check_settings.ts";
import { runLearner } from "../../runs/run_learner.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { addDashboardAddress, type DashboardAddressOptions, eventsSoFar } from "../options/dashboard_options.ts";
import { addMetricsOption, type MetricsCommandOptions, serveChosenMetrics } from "../options/metrics_option.ts";
import {
  addTransportOptions,
  readTransportSecurity,
  type TransportSecurityOptions,
} from "../options/transport_options.ts";
import { RunPage } from "../pages/run_page.ts";
import { agreeToPlugin } from "../plugin_consent.ts";
import { restartCommand, resumeCommand } from "../resume_command.ts";
import { Stopped, stopNotice, stopOnSignals } from "../stop_signals.ts";
import { progress, type Status } from "../terminal/status.ts";
import { terminal } from "../terminal/terminal.ts";
import { noticeLine } from "../training_display.ts";

interface LearnerCommandOptions extends TransportSecurityOptions, MetricsCommandOptions, DashboardAddressOptions {
  readonly dashboard?: boolean;
  readonly config: string;
  readonly plugin: readonly string[];
}

export function learnerCommand(): Command {
  const command = addConfigOverrides(new Command("learner"), "--batch_size=128")
    .description("train on what actors send, over handrail.transport; by default gRPC at policy.actor_learner_config")
    .requiredOption("--config <file>", "JSON or YAML, or the name of one that comes with Handrail, such as pick_cube")
    .option("--plugin <module...>", "modules that register further types: paths or packages", []);
  command.option("--dashboard", "open a dashboard here: curves, log, and the state of the actors");
  return addTransportOptions(addDashboardAddress(addMetricsOption(command)), "learner")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail learner --config configs/pick_cube.json --output_dir=outputs/train/cube" +
        "\n  handrail learner --config outputs/train/cube/train_config.json --resume=true" +
        "\n  handrail learner --config configs/pick_cube.json --resume=true   # its newest run in outputs/",
    )
    .action(learn);
}

async function learn(overrides: string[], options: LearnerCommandOptions, command: Command): Promise<void> {
  const loaded = await loadTrainingConfig(options.config, {
    overrides,
    plugins: options.plugin,
    namedPlugins: agreeToPlugin,
  });
  const { warnings } = requireSoundSettings(loaded);
  const config = withOutputFolder(await withRunToResume(loaded));
  const security = await readTransportSecurity(options);
  const events = new RunEvents();
  const { signal, release } = stopOnSignals((name) => {
    terminal.print(stopNotice(name, "saving everything"));
    terminal.wait("saving");
  });
  events.subscribe((event) => follow(event, signal));
  const page = options.dashboard ? new RunPage(options) : undefined;
  const hooks = new DashboardHooks();
  const history = page ? await eventsSoFar(config.output_dir!) : [];
  // Includes events from before the page is open.
  const forget = events.subscribe((event) => history.push(event));
  let metrics: Awaited<ReturnType<typeof serveChosenMetrics>>;
  try {
    for (const text of warnings) terminal.print(`warning: ${text}`);
    if (config.resume) terminal.print(`resuming the run in ${config.output_dir}`);
    metrics = await serveChosenMetrics(events, options);
    if (metrics) terminal.print(`metrics on ${metrics.url}`);
    const outcome = await runLearner({
      config,
      events,
      signal,
      ...security,
      ...(page && {
        watchDemonstrations: async (processedEnv) => {
          await page.show(hooks.preparation({ config, events, processedEnv }));
          return hooks.demonstrating;
        },
      }),
      onDemonstration: (done, total) => {
        hooks.status.setDemonstrations(done, total);
        terminal.show(progress("demonstrating", done, total, "episodes"));
      },
      onReady: async (learner) => {
        await page?.show(learnerRun({ config, events, learner, history }));
        forget();
        terminal.print(`learner on ${learner.address}, run in ${learner.folder.path}`);
      },
    });
    terminal.end();
    terminal.print(
      outcome === "steps" ? "the run has all its steps; everything is saved" : "stopped; everything is saved",
    );
    if (outcome === "stopped") terminal.print(`continue with:\n  ${resumeCommand(command, config)}`);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    terminal.end();
    terminal.print(`stopped before the learner began; start it again with:\n  ${restartCommand(command, config)}`);
  } finally {
    release();
    terminal.end();
    await page?.close();
    await metrics?.close();
  }
}

function follow(event: RunEvent, stopping: AbortSignal): void {
  if (event.type === "notice") terminal.print(noticeLine(event));
  if (event.type === "checkpoint") terminal.print(`saved ${event.folder} in ${event.duration_s.toFixed(1)} s`);
  if (event.type === "learner" && !stopping.aborted) terminal.show(describe(event));
}

function describe(event: RunEventOf<"learner">): Status {
  const { state, step, interaction_step, updates_per_s, online_size, offline_size, queue_records } = event;
  return {
    activity: state,
    count: `${interaction_step} steps`,
    details: [
      `${step} updates (${updates_per_s.toFixed(0)}/s)`,
      `${event.actors_connected} actors`,
      ...(queue_records > 0 ? [`${queue_records} waiting`] : []),
      `buffers ${online_size} + ${offline_size}`,
    ],
  };
}
