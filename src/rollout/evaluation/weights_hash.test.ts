import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { smallPolicy, smallSacConfig } from "../../../test/algorithms/small.ts";
import { makeAlgorithm } from "../../algorithms/registry.ts";
import { GaussianActorPolicy } from "../../policies/gaussian_actor/policy.ts";
import { saveSafetensors } from "../../tensor/safetensors/file.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { weightsSha256 } from "./weights_hash.ts";

const WEIGHTS = { a: Tensor.of([2], [1, 2]), b: Tensor.of([1, 2], [3, 4]) };

describe("the hash of weights", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "handrail-hash-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("is that of the safetensors file without metadata, which anyone can compute", async () => {
    const path = join(folder, "weights.safetensors");
    await saveSafetensors(path, WEIGHTS);
    const expected = createHash("sha256")
      .update(await readFile(path))
      .digest("hex");
    expect(weightsSha256(WEIGHTS)).toBe(expected);
  });

  it("does not depend on the order of the tensors or where their memory lies", () => {
    const elsewhere = Float32Array.of(0, 0, 1, 2).subarray(2);
    const moved = { b: WEIGHTS.b, a: new Tensor("float32", [2], elsewhere) };
    expect(weightsSha256(moved)).toBe(weightsSha256(WEIGHTS));
  });

  it.each([
    ["a number", { ...WEIGHTS, a: Tensor.of([2], [1, 2.0000002]) }],
    ["a shape", { ...WEIGHTS, b: Tensor.of([2, 1], [3, 4]) }],
    ["a name", { a: WEIGHTS.a, c: WEIGHTS.b }],
    ["a tensor", { a: WEIGHTS.a }],
  ])("differs with %s", (_, weights) => {
    expect(weightsSha256(weights)).not.toBe(weightsSha256(WEIGHTS));
  });

  it.each([{}, { num_discrete_actions: 3 }, { num_discrete_actions: 3, shared_encoder: false }])(
    "is the same in the learner, the actor that receives its weights and a saved policy: %o",
    async (values) => {
      const learner = makeAlgorithm(smallSacConfig(), smallPolicy(values), { threads: 1 });
      const actor = smallPolicy(values, 7);
      const before = weightsSha256(actor.weights());
      actor.loadWeights(learner.weights());
      await actor.savePretrained(folder);
      const saved = await GaussianActorPolicy.fromPretrained(folder);
      const expected = weightsSha256(learner.weights());
      expect(before).not.toBe(expected);
      expect(weightsSha256(actor.weights())).toBe(expected);
      expect(weightsSha256(saved.weights())).toBe(expected);
      await learner.dispose();
    },
  );
});
