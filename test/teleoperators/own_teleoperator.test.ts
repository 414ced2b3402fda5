/** The teleoperator of docs/teleoperators.md, "Write your own teleoperator", as its page and its config say. */
import { createSocket } from "node:dgram";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { loadPlugins } from "../../src/algorithms/plugins.ts";
import { Dataset } from "../../src/datasets/dataset.ts";
import { teleoperatorCheck } from "../../src/runs/doctor/checks/teleoperator.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { rig, SMALL } from "../actor/acting.ts";
import { handrail } from "../cli/run_cli.ts";
import { freePort } from "../transport/free_port.ts";
import { until } from "../until.ts";

const CONFIG = "examples/udp_stick.json";
const PLUGIN = "./examples/udp_stick_teleoperator.ts";
const FORWARD = { motion: [1, 0, 0] };

let folder: string;
const closing: (() => unknown)[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-stick-"));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  await rm(folder, { recursive: true, force: true });
});

/** A stick that repeats its current datagram. */
function stick(port: number) {
  const socket = createSocket("udp4");
  let held: object | undefined;
  const sending = setInterval(() => held && socket.send(JSON.stringify(held), port, "127.0.0.1"), 20);
  closing.push(() => {
    clearInterval(sending);
    socket.close();
  });
  return {
    hold: (datagram: object | undefined) => {
      held = datagram;
    },
    send: (text: string) => socket.send(text, port, "127.0.0.1"),
  };
}

test("a teleoperator that the config names takes over, reports a verdict, and lets go by falling silent", async () => {
  await loadPlugins([PLUGIN]);
  const port = await freePort();
  const config = await loadTrainingConfig(CONFIG, { overrides: [...SMALL, `--env.teleop.port=${port}`] });
  const steps: { readonly action: readonly number[]; readonly by: string | null }[] = [];
  const made = await rig({
    config,
    observers: [{ onStep: ({ action, steeredBy }) => void steps.push({ action: [...action], by: steeredBy }) }],
  });
  const acting = made.actor.run();
  closing.push(async () => {
    await made.stop();
    await acting;
  });
  await until(() => steps.length > 2, "the policy acts");
  expect(steps.every(({ by }) => by === null)).toBe(true);

  const { hold, send } = stick(port);
  send("noise");
  send(JSON.stringify({ motion: [5, 0, 0] }));
  hold({ ...FORWARD, gripper: "open" });
  await until(() => steps.some(({ by }) => by === "udp_stick"), "it takes over");
  expect(steps.find(({ by }) => by === "udp_stick")).toEqual({ action: [1, 0, 0, 2], by: "udp_stick" });
  hold({ ...FORWARD, label: "success" });
  await until(
    () => made.eventsOf("episode").some(({ outcome }) => outcome === "success"),
    "its verdict ends the episode",
  );
  hold(undefined);
  await until(() => steps.at(-1)!.by === null, "the policy acts again");
});

test("`handrail record` records what the config's teleoperator shows", async () => {
  const port = await freePort();
  const root = join(folder, "demos");
  const { hold } = stick(port);
  hold({ ...FORWARD, label: "success" });
  const args = ["record", root, "--task", "reach", "--config", CONFIG, "--plugin", PLUGIN, "--episodes", "2"];
  expect(await handrail(...args, `--env.teleop.port=${port}`)).toMatchObject({ code: 0 });
  const dataset = await Dataset.open(root);
  closing.push(() => dataset.close());
  expect(dataset.episodes).toHaveLength(2);
});

test("an unknown teleoperator is refused before anything begins, with the known types", async () => {
  await loadPlugins([PLUGIN]);
  const refusal = async (type: string) => {
    const config = await loadTrainingConfig(CONFIG, { overrides: [...SMALL, `--env.teleop={"type": "${type}"}`] });
    return await rig({ config }).then(
      () => "",
      (error: Error) => error.message,
    );
  };
  expect(await refusal("udp_stik")).toMatch(
    /env\.teleop\.type: unknown teleoperator type "udp_stik".*did you mean "udp_stick"/i,
  );
  expect(await refusal("so101_leader")).toContain('LeRobot\'s teleoperator "so101_leader" is not available yet');
  expect(await refusal("gamepad")).toContain('Use "dashboard": its page supports keyboard, gamepads and touch');
  const { findings } = await runDoctor(CONFIG, { overrides: ["--env.teleop.type=udp_stik"] }, [teleoperatorCheck]);
  expect(findings.map(({ level }) => level)).toEqual(["ok", "error"]);
  expect(await refusal("dashboard")).toContain("no open dashboard can steer PandaPickCube-v0");
});
