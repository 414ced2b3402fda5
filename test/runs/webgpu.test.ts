/** A whole run whose networks are computed on WebGPU, and what is said where a device is missing. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handrailWith } from "../cli/run_cli.ts";
import { SMALL_NETWORKS } from "../learning/small_networks.ts";
import { onWebgpu, softwareGpu } from "../webgpu.ts";

const CONFIG = join(import.meta.dirname, "../../configs/pick_cube.json");
const SMALL = [
  ...SMALL_NETWORKS,
  "--algorithm.utd_ratio=1",
  "--batch_size=16",
  "--eval.n_episodes=1",
  "--handrail.demonstrations.episodes=0",
  "--handrail.pacing=lockstep",
  "--policy.online_step_before_learning=20",
  "--policy.online_steps=40",
];
// A driver that is not there: no device starts, whatever this machine has.
const WITHOUT_GPU = { VK_ICD_FILENAMES: "/nowhere/icd.json" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-webgpu-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe.skipIf(softwareGpu.missing !== undefined)(onWebgpu("handrail.device=webgpu"), () => {
  const { environment } = softwareGpu;

  it("trains in lockstep, says so, and evaluates what it has learned there", async () => {
    const output = join(folder, "run");
    const device = "--handrail.device=webgpu";
    const trained = await handrailWith(
      environment,
      "train",
      "--config",
      CONFIG,
      ...SMALL,
      device,
      `--output_dir=${output}`,
    );
    expect(trained.errors).not.toContain("error:");
    expect(trained.code).toBe(0);
    expect(trained.errors + trained.output).toContain("training steps: ONNX Runtime on webgpu");
    expect(trained.output).toContain("All steps are done");

    const evaluated = ["eval", "--policy", output, "--episodes=1"];
    expect((await handrailWith(environment, ...evaluated)).code).toBe(0);
    // It is computed where the policy was trained: without the GPU it cannot be.
    const missing = await handrailWith(WITHOUT_GPU, ...evaluated);
    expect(missing.errors).toContain('could not start device "webgpu"');
    expect((await handrailWith(WITHOUT_GPU, ...evaluated, "--handrail.device=cpu")).code).toBe(0);
  });

  it("is found by the doctor", async () => {
    const { output } = await handrailWith(environment, "doctor", "--config", CONFIG, "--handrail.device=webgpu");
    expect(output).toContain("webgpu computes");
  });
});

describe("a device that is not there", () => {
  it.skipIf(process.platform !== "linux")("is an error of the doctor, with what to install", async () => {
    const { code, output } = await handrailWith(WITHOUT_GPU, "doctor", "--config", CONFIG, "--handrail.device=webgpu");
    expect(code).toBe(1);
    expect(output).toMatch(
      /device .*(could not start|has no) device "webgpu".*available here: cpu.*It needs a GPU's driver/,
    );
  });

  it("ends a run before it begins", async () => {
    const output = `--output_dir=${join(folder, "none")}`;
    const { code, errors } = await handrailWith(
      {},
      "train",
      "--config",
      CONFIG,
      ...SMALL,
      "--handrail.device=abacus",
      output,
    );
    expect(code).toBe(1);
    expect(errors).toMatch(/onnxruntime-node has no device "abacus"; available here: cpu/);
  });
});
