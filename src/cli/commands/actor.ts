/** `handrail actor`: drives the robot, in a separate process. */
import { Command, Option } from "commander";
import type { RunEvent, RunEventOf } from "../../metrics/run_event.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { wantsDashboard } from "../../runs/make_teleoperator.ts";
import { runRemoteActor } from "../../runs/run_remote_actor.ts";
import { betweenProcesses } from "../../runs/run_transport.ts";
import { loadTrainingConfig } from "../../settings/load_training_config.ts";
import { actorName, nonNegativeInteger } from "../options/arguments.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { addDashboardAddress, type DashboardAddressOptions } from "../options/dashboard_options.ts";
import {
  addTransportOptions,
  readTransportSecurity,
  type TransportSecurityOptions,
} from "../options/transport_options.ts";
import { ActorDashboard } from "../pages/actor_dashboard.ts";
import { announceDashboard } from "../pages/dashboard_address.ts";
import { agreeToPlugin } from "../plugin_consent.ts";
import { stopNotice, stopOnSignals } from "../stop_signals.ts";
import type { Status } from "../terminal/status.ts";
import { terminal } from "../terminal/terminal.ts";
import { noticeLine } from "../training_display.ts";

interface ActorCommandOptions extends TransportSecurityOptions, DashboardAddressOptions {
  readonly dashboard?: boolean;
  readonly config: string;
  readonly plugin: readonly string[];
  readonly name: string;
  readonly operator?: "scripted" | "none";
  readonly seed?: number;
}

export function actorCommand(): Command {
  const command = addConfigOverrides(new Command("actor"), "--env.fps=20")
    .description(
      "drive the robot and send what happens to the learner, over handrail.transport; by default gRPC at policy.actor_learner_config",
    )
    .requiredOption("--config <file>", "JSON or YAML, or the name of one that comes with Handrail, such as pick_cube")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--name <name>", "distinguishes the actors of one learner", actorName, "actor")
    .addOption(
      new Option("--operator <type>", "program that replaces the person in simulation").choices(["scripted", "none"]),
    )
    .option(
      "--seed <n>",
      "of episodes, exploration and operator (default: from the config's seed and the name)",
      nonNegativeInteger,
    );
  command.option("--dashboard", "open a dashboard here: watch, take over, label and stop");
  return addTransportOptions(addDashboardAddress(command), "actor")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail actor --config configs/pick_cube.json --operator scripted" +
        "\n  handrail actor --config configs/pick_cube.json --dashboard" +
        "\n  handrail actor --config run.json --token-file token --policy.actor_learner_config.learner_host=10.0.0.5",
    )
    .action(act);
}

async function act(overrides: string[], options: ActorCommandOptions): Promise<void> {
  const { name, operator, seed, plugin: plugins } = options;
  const chosen = operator === undefined ? [] : [`--handrail.operator.type=${operator}`];
  const config = await loadTrainingConfig(options.config, {
    overrides: [...overrides, ...chosen],
    plugins,
    namedPlugins: agreeToPlugin,
  });
  const security = await readTransportSecurity(options);
  const { address } = betweenProcesses(config, security);
  const events = new RunEvents();
  const { signal, release } = stopOnSignals((received) => {
    terminal.print(stopNotice(received, "stopping after this step"));
    terminal.wait("sending the remaining records to the learner");
  });
  events.subscribe((event) => follow(event, signal));
  const dashboard =
    options.dashboard || wantsDashboard(config) ? await ActorDashboard.open(config, name, events) : undefined;
  try {
    const summary = await runRemoteActor({
      config,
      name,
      events,
      signal,
      ...security,
      ...(seed !== undefined && { seed }),
      warn: (message) => terminal.print(`warn: ${message}`),
      ...dashboard?.parts,
      onReady: async (made) => {
        terminal.print(`actor "${name}" acts for the learner at ${address}`);
        const url = await dashboard?.openDashboard(made, options);
        if (url) announceDashboard(url);
      },
    });
    const { reason, steps, episodes, successes, unsent, outbox, lost } = summary;
    const why = reason === "steps" ? "all steps are taken" : "stopped";
    terminal.end();
    terminal.print(`${why}: ${steps} steps, ${episodes} episodes, ${successes} successful`);
    if (unsent > 0) {
      terminal.print(
        `${unsent} records have not reached the learner; they stay in ${outbox} and are sent on the next start`,
      );
    }
    if (lost > 0)
      terminal.print(`error: ${lost} records could not be read from ${outbox}, which is damaged: they are lost`);
  } finally {
    await dashboard?.close();
    release();
    terminal.end();
  }
}

function follow(event: RunEvent, stopping: AbortSignal): void {
  if (event.type === "notice") terminal.print(noticeLine(event));
  if (event.type === "actor" && !stopping.aborted) terminal.show(describe(event));
}

function describe(event: RunEventOf<"actor">): Status {
  const { parameters_version: version, parameters_age_s: age } = event;
  return {
    activity: event.state,
    count: `${event.interaction_step} steps`,
    details: [
      ...(event.connected ? [] : ["no learner"]),
      `${event.control_frequency_hz.toFixed(1)} Hz`,
      ...(event.outbox_records > 0 ? [`${event.outbox_records} in the outbox`] : []),
      version < 0 ? "no weights yet" : `weights ${version} (${age.toFixed(0)} s old)`,
      `jitter p99 ${event.control_jitter_p99_ms.toFixed(1)} ms`,
    ],
  };
}
