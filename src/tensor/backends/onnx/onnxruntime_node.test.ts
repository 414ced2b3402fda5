/** How many threads ONNX Runtime takes; what it computes is in the conformance suite. */
import { afterEach, expect, test } from "vitest";
import { type CompileOptions, compile, ops, spec } from "../../index.ts";
import { onnxruntimeNode } from "./onnxruntime_node.ts";

const { OMP_NUM_THREADS } = process.env;
afterEach(() => {
  if (OMP_NUM_THREADS === undefined) delete process.env.OMP_NUM_THREADS;
  else process.env.OMP_NUM_THREADS = OMP_NUM_THREADS;
});

async function engineOf(options: CompileOptions, environment?: string): Promise<string> {
  if (environment === undefined) delete process.env.OMP_NUM_THREADS;
  else process.env.OMP_NUM_THREADS = environment;
  let engine = "";
  const onCompiled = (name: string) => {
    engine = name;
  };
  const step = compile(
    ({ inputs: { x } }) => ({ outputs: ops.abs(x) }),
    { inputs: { x: spec([1]) } },
    {
      ...options,
      backend: onnxruntimeNode,
      onCompiled,
    },
  );
  await (await step.load()).dispose();
  return engine;
}

test("one thread on a busy machine, where two would wait for each other", async () => {
  expect(await engineOf({ busyMachine: true })).toBe("ONNX Runtime, 1 thread");
});

test("its own choice on an idle one", async () => {
  expect(await engineOf({})).toBe("ONNX Runtime");
});

test("what the environment says, and before that what the caller says", async () => {
  expect(await engineOf({ busyMachine: true }, "2")).toBe("ONNX Runtime, 2 threads");
  expect(await engineOf({ busyMachine: true, threads: 3 }, "2")).toBe("ONNX Runtime, 3 threads");
});

test.runIf(process.platform === "linux" && process.arch === "x64")(
  "a device whose files are missing is an error that says how to get them",
  async () => {
    await expect(engineOf({ device: "cuda" })).rejects.toThrow(
      /could not start device "cuda" .*available here: cpu.* `ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node`/s,
    );
  },
);
