/**
 * HIL-SERL built from the library, without the command line: demonstrations, a learner in its own thread, an actor with an
 * operator who helps, and an evaluation at the end. `handrail train` does the same and adds what a long run needs.
 *
 *   node --import tsx examples/hilserl_example.ts                 about two minutes on two cores
 *   node --import tsx examples/hilserl_example.ts --steps=300     a look at how it begins
 */
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  closeProcessedEnv,
  describeReport,
  evaluatePolicy,
  InProcessTransport,
  Learner,
  loadPolicy,
  loadTrainingConfig,
  makeActor,
  makeProcessedEnv,
  Random,
  RunEvents,
} from "handrail";
import { recordRunDemonstrations } from "handrail/runs";

const { values } = parseArgs({
  options: { steps: { type: "string", default: "4000" }, episodes: { type: "string", default: "50" } },
});
const folder = await mkdtemp(join(tmpdir(), "hilserl-"));
const preset = await loadTrainingConfig(join(import.meta.dirname, "../configs/pick_cube.json"), {
  overrides: [`--output_dir=${folder}`, `--policy.online_steps=${values.steps}`],
});
const env = await makeProcessedEnv(preset);

// 1. Twenty demonstrations, as a LeRobotDataset. On a robot: `handrail record`.
const config = await recordRunDemonstrations({ config: preset, folder, env, random: new Random(1) });

// 2. The run emits events; here we print the episodes.
const events = new RunEvents();
events.subscribe((event) => {
  if (event.type !== "episode") return;
  const { interaction_step, outcome, episode_length, intervention_steps } = event;
  console.log(`step ${interaction_step}: ${outcome} in ${episode_length} steps, ${intervention_steps} of them steered`);
});

// 3. The learner and the actor meet through a transport: here memory, between machines `GrpcTransport`.
const transport = new InProcessTransport();
const learner = await Learner.start({ config, transport, events, reportActors: false });
const endpoint = await transport.createActor();
const { actor, close } = await makeActor({ config, endpoint, events, processedEnv: env });
await actor.run();
await endpoint.flush(10);
const { folder: checkpoint } = await learner.saveCheckpoint();
await learner.stop();
await endpoint.close();
await close();

// 4. The checkpoint alone, without help and without noise, from starts it has not seen.
const { policy, processors, step } = await loadPolicy(checkpoint);
const report = await evaluatePolicy({
  processedEnv: env,
  policy,
  processors,
  step,
  episodes: Number(values.episodes),
  seed: 100_000,
});
for (const [label, text] of describeReport(report)) console.log(`${label.padEnd(13)}${text}`);
await policy.dispose();
await closeProcessedEnv(env);
