import { expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { policyConfigs } from "../policies/registry.ts";
import { RandomBatches } from "./conformance.ts";

const config = parseConfig(policyConfigs.schema, {
  type: "gaussian_actor",
  input_features: { "observation.state": { type: "STATE", shape: [3] } },
  output_features: { action: { type: "ACTION", shape: [2] } },
});

it("the suite's batches match an algorithm's data spec", () => {
  const spec = { horizon: 4, observationSteps: 2, nextObservation: false, columns: ["advantage"] };
  const batch = new RandomBatches(config, 1, {
    ...spec,
    returns: { discount: 0.9 },
    nStep: { steps: 2, discount: 0.5 },
  }).next();
  expect(batch.action.shape).toEqual([8, 4, 2]);
  expect(batch.actionIsPad!.shape).toEqual([8, 4]);
  expect(batch.observation["observation.state"]!.shape).toEqual([8, 2, 3]);
  expect(batch.nextObservation).toEqual({});
  expect(batch.complementaryInfo.advantage!.shape).toEqual([8]);
  expect(batch.returns!.shape).toEqual([8]);
  expect(batch.bootstrapDiscount!.data[0]).toBe(0.25);
});
