import { expect, test } from "vitest";
import { TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { algorithmOptions, compileOptions } from "../compilation/compile_options.ts";

const { handrail } = TrainRLServerPipelineConfigSchema.shape;

test("threads are left to the backend, which knows that the machine is busy", () => {
  expect(compileOptions({ handrail: handrail.parse({}) })).toMatchObject({ threads: undefined, busyMachine: true });
});

test("the config's backend counts", () => {
  expect(compileOptions({ handrail: handrail.parse({}) })).toMatchObject({ engine: "auto" });
  expect(compileOptions({ handrail: handrail.parse({ backend: "onnx" }) })).toMatchObject({ engine: "onnx" });
});

test("the config's device counts", () => {
  expect(compileOptions({ handrail: handrail.parse({}) })).toMatchObject({ device: "cpu" });
  expect(compileOptions({ handrail: handrail.parse({ device: "cuda" }) })).toMatchObject({ device: "cuda" });
});

test("a number of threads in the config counts", () => {
  expect(compileOptions({ handrail: handrail.parse({ learner_threads: 3 }) })).toMatchObject({ threads: 3 });
});

test("what the steps run on is told once, however many steps there are", () => {
  const told: string[] = [];
  const { onCompiled } = compileOptions({ handrail: handrail.parse({}) }, (message) => told.push(message));
  for (const engine of ["compiled by gcc 12.2.0, 2 threads", "ONNX Runtime", "ONNX Runtime"]) onCompiled!(engine);
  expect(told).toEqual(["training steps: compiled by gcc 12.2.0, 2 threads", "training steps: ONNX Runtime"]);
});

test("the algorithm is compiled alike, and told of the average that the config asks for", () => {
  const options = (values: object) => algorithmOptions({ handrail: handrail.parse(values) }, { threads: 2 });
  expect(options({})).toEqual({ threads: 2 });
  expect(options({ weight_average: 0.99 })).toEqual({ threads: 2, weightAverage: 0.99 });
});
