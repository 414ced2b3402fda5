/** Numbers that no training survives are refused before acknowledgement and named, and no run ends. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openRunFolder } from "../../src/learning/run_folder/run_folder.ts";
import { TrainingCore } from "../../src/learning/training/training_core.ts";
import { TransitionValidator } from "../../src/replay/validate_transition.ts";
import type { TrainRLServerPipelineConfig } from "../../src/settings/config.ts";
import { toInteraction } from "../../src/spec/actor_report.ts";
import { Tensor } from "../../src/tensor/tensor.ts";
import { InProcessTransport, type TransportEvent } from "../../src/transport/index.ts";
import { STATE } from "../algorithms/small.ts";
import { PATIENCE_S, until } from "../until.ts";
import { type Running, send, startLearner } from "./running.ts";
import { messageNumber, records, smallConfig, transitionNumber } from "./small_learner.ts";

let folder: string;
let running: Running | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-poison-"));
});
afterEach(async () => {
  await running?.learner.stop();
  running = undefined;
  await rm(folder, { recursive: true });
});

type Message = ReturnType<typeof messageNumber>;

const POISON: Readonly<Record<string, (message: Message) => Message>> = {
  [`nextObservation.${STATE}[1] is 3`]: (message) => withTensor(message, `next_state.${STATE}`, [1, 3e38, 0]),
  [`observation.${STATE}[0] is -1.0`]: (message) => withTensor(message, `state.${STATE}`, [-1e30, 0, 0]),
  "reward is 1e+300": (message) => withScalar(message, "reward", 1e300),
  "reward is -3e+38": (message) => withScalar(message, "reward", -3e38),
  "discrete_penalty is 3e+38": (message) => withScalar(message, "complementary_info.discrete_penalty", 3e38),
  "is_intervention is 7": (message) => withScalar(message, "complementary_info.is_intervention", 7),
  '"terminated" is 0.5': (message) => withScalar(message, "terminated", 0.5),
  "action[0] is 5": (message) => withTensor(message, "action", [5]),
};

function withTensor(message: Message, name: string, values: number[]): Message {
  return { ...message, tensors: { ...message.tensors, [name]: Tensor.of([values.length], values) } };
}

function withScalar(message: Message, name: string, value: number): Message {
  return { ...message, scalars: { ...message.scalars, [name]: value } };
}

const relabel = (sequence: number, reward: number) =>
  toInteraction({ kind: "relabel", actor: "robot", sequence, reward, terminated: true, truncated: false });

async function trains({ learner }: Running): Promise<void> {
  const { step } = learner.progress;
  await until(() => learner.progress.step > step + 5, "updates");
}

describe("a learner among poisoned records", () => {
  it("refuses each with field and value, informs its actor, keeps all others and trains on, also after a resumption", async () => {
    const config: TrainRLServerPipelineConfig = smallConfig(folder);
    const transport = new InProcessTransport();
    running = await startLearner(config, {}, transport);
    const events: TransportEvent[] = [];
    const actor = await transport.createActor({
      outbox: { directory: join(folder, "outbox") },
      onEvent: (event) => void events.push(event),
    });
    await send(actor, config, 0, 20);
    // Before its record: not a word of it may spoil the record.
    await actor.sendInteraction(relabel(21, 1e300));
    await actor.sendInteraction(relabel(5, 1e300));
    await actor.sendInteraction(relabel(5, 0.5));
    for (const poison of Object.values(POISON)) await actor.sendTransition(poison(messageNumber(20, config)));
    await send(actor, config, 20, 5);
    await actor.flush(PATIENCE_S);
    await until(() => running!.learner.progress.onlineSize === 25, "25 transitions");
    await trains(running);
    expect(actor.status).toBe("connected");
    expect(actor.metrics()).toMatchObject({ transitions: { refused: 8 }, interactions: { refused: 2 } });
    const { events: logged } = running;
    await until(() => logged("learner").at(-1)?.refused_records === 8, "the count of refused transitions");
    expect(logged("learner").at(-1)).toMatchObject({ missing_records: 0, quarantined_records: 0 });
    await until(() => logged("learner").at(-1)!.free_disk_bytes! > 0, "the free disk");
    expect(events.filter(({ code }) => code === "record-refused").length).toBeGreaterThan(0);
    const text = () =>
      running!
        .events("notice")
        .map(({ message }) => message)
        .join("\n");
    await until(
      () => text().includes("8 transitions cannot be trained on and were refused so far"),
      "the notice of transitions",
    );
    await until(() => text().includes("2 reports were refused so far"), "the notice of reports");
    expect(text()).toContain("action[0] is 5, outside [-2, 2]");
    expect(text()).toContain('relabel report of actor "robot": reward is 1e+300');
    await running.learner.stop();
    await actor.close(0);

    running = await startLearner(smallConfig(folder, { resume: true }), {}, transport);
    const again = await transport.createActor({ outbox: { directory: join(folder, "outbox") } });
    await send(again, config, 25, 5);
    await again.flush(PATIENCE_S);
    await until(() => running!.learner.progress.onlineSize === 30, "30 transitions");
    await trains(running);
    await again.close(0);
  });

  it("names what is wrong with each", async () => {
    const config = smallConfig(folder);
    const transport = new InProcessTransport();
    running = await startLearner(config, {}, transport);
    for (const [reason, poison] of Object.entries(POISON)) {
      const events: TransportEvent[] = [];
      const actor = await transport.createActor({ onEvent: (event) => void events.push(event) });
      await actor.sendTransition(poison(messageNumber(0, config)));
      await actor.flush(PATIENCE_S);
      await until(() => events.some(({ message }) => message.includes(reason)), reason);
      await actor.close(0);
    }
    expect(running.learner.progress.onlineSize).toBe(0);
  });

  it("undoes an update that a transition has spoilt, names it, and leaves it out from then on", async () => {
    const config = smallConfig(folder, { policy: { online_step_before_learning: 5 } });
    const warnings: string[] = [];
    const core = await TrainingCore.open({
      config,
      folder: await openRunFolder(config),
      warn: (message) => void warnings.push(message),
    });
    core.addTransitions(records(0, 10));
    // As if one had got past every check.
    const unchecked = vi.spyOn(TransitionValidator.prototype, "check").mockImplementation(() => {});
    core.addTransitions([
      { id: { session: "robot", sequence: 11 }, transition: { ...transitionNumber(10), reward: 3e38 } },
    ]);
    unchecked.mockRestore();
    for (let i = 0; i < 30; i++) await core.train(1);
    expect(core.step).toBeGreaterThan(20);
    expect(warnings.join("\n")).toMatch(
      /an update was undone because \w+ is (NaN|Infinity); .*: 10 \(online, up to 3.0e\+38\)/,
    );
    const weights = core.weights();
    expect(weights.length).toBeGreaterThan(100);
    const saved = await core.save(null);
    expect(saved.step).toBe(core.step);
    await core.dispose();
  });
});
