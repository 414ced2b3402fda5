/** `handrail actor`: drives the robot, in a process of its own. */
import { Command, Option } from "commander";
import type { RunEvent, RunEventOf } from "../../metrics/run_event.ts";
import { RunEvents } from "../../metrics/run_events.ts";
import { runRemoteActor } from "../../training/actor/run_remote_actor.ts";
import { loadTrainingConfig } from "../../training/load_training_config.ts";
import { gaussianActorConfigOf } from "../../training/policy_config.ts";
import { nonNegativeInteger } from "../arguments.ts";
import { type StatusLine, statusLine } from "../status_line.ts";
import { stopOnSignals } from "../stop_signals.ts";
import { addTransportOptions, readTransportSecurity, type TransportSecurityOptions } from "../transport_options.ts";

interface ActorCommandOptions extends TransportSecurityOptions {
  readonly config: string;
  readonly plugin: readonly string[];
  readonly name: string;
  readonly operator?: "scripted" | "none";
  readonly seed?: number;
}

export function actorCommand(): Command {
  const command = new Command("actor")
    .description("drive the robot and send what happens to the learner at policy.actor_learner_config")
    .argument("[overrides...]", "values of the config such as --env.fps=20")
    .allowUnknownOption()
    .requiredOption("--config <file>", "JSON or YAML")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--name <name>", "tells several actors of one learner apart", "actor")
    .addOption(
      new Option("--operator <type>", "who stands in for a person in simulation").choices(["scripted", "none"]),
    )
    .option("--seed <n>", "of episodes, exploration and operator; the config's unless told", nonNegativeInteger);
  return addTransportOptions(command, "actor")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail actor --config configs/pick_cube.json --operator scripted" +
        "\n  handrail actor --config run.json --token-file token --policy.actor_learner_config.learner_host=10.0.0.5",
    )
    .action(act);
}

async function act(overrides: string[], options: ActorCommandOptions): Promise<void> {
  const { name, operator, seed, plugin: plugins } = options;
  const chosen = operator === undefined ? [] : [`--handrail.operator.type=${operator}`];
  const config = await loadTrainingConfig(options.config, { overrides: [...overrides, ...chosen], plugins });
  const { learner_host: host, learner_port: port } = gaussianActorConfigOf(config).actor_learner_config;
  const security = await readTransportSecurity(options);
  const events = new RunEvents();
  const line = statusLine();
  events.subscribe((event) => follow(line, event));
  const { signal, release } = stopOnSignals((received) =>
    line.print(`${received}: stopping after this step; once more to stop at once`),
  );
  try {
    const summary = await runRemoteActor({
      ...{ config, name, events, signal, ...security },
      ...(seed !== undefined && { seed }),
      warn: (message) => line.print(`warn: ${message}`),
      onReady: ({ actor }) => line.print(`actor "${actor.name}" acts for the learner at ${host}:${port}`),
    });
    const { reason, steps, episodes, successes, unsent, outbox } = summary;
    const why = reason === "steps" ? "all steps are taken" : "stopped";
    line.print(`${why}: ${steps} steps, ${episodes} episodes, ${successes} successful`);
    if (unsent > 0) {
      line.print(`${unsent} records are not with the learner yet; they wait in ${outbox} and go out on the next start`);
    }
  } finally {
    release();
    line.end();
  }
}

function follow(line: StatusLine, event: RunEvent): void {
  if (event.type === "notice") line.print(`${event.level}: ${event.message}`);
  if (event.type === "actor") line.show(describe(event));
}

function describe(event: RunEventOf<"actor">): string {
  const parts = [
    event.state,
    `${event.interaction_step} steps (${event.control_frequency_hz.toFixed(1)} Hz)`,
    `jitter p99 ${event.control_jitter_p99_ms.toFixed(1)} ms`,
    `weights ${event.parameters_version} (${event.parameters_age_s.toFixed(0)} s old)`,
    ...(event.connected ? [] : ["no learner"]),
    ...(event.outbox_records > 0 ? [`${event.outbox_records} in the outbox`] : []),
  ];
  return parts.join(" · ");
}
