/** Which backend a program gets. The compiled one has C written by hand; ONNX Runtime is the real one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { doubling } from "../../../test/tensor/handwritten_steps.ts";
import { type CompileOptions, compile, onnxruntimeNode, ops, spec, Tensor } from "../index.ts";
import { makeAutomaticBackend } from "./automatic_backend.ts";
import { makeCompiledBackend } from "./c/compiled_backend.ts";

const folder = mkdtempSync(join(tmpdir(), "handrail-automatic-"));
const { CC, HANDRAIL_BACKEND, HANDRAIL_CACHE, OMP_NUM_THREADS } = process.env;
const restore = (environment: NodeJS.ProcessEnv) => {
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
};
beforeEach(() => restore({ CC: undefined, HANDRAIL_BACKEND: undefined, HANDRAIL_CACHE: folder, OMP_NUM_THREADS: "1" }));
afterEach(() => restore({ CC, HANDRAIL_BACKEND, HANDRAIL_CACHE, OMP_NUM_THREADS }));
afterAll(() => rmSync(folder, { recursive: true }));

const compiled = makeCompiledBackend((program) => {
  if (program.nodes.some(({ primitive }) => primitive.name === "sin")) throw new Error('c cannot compute "sin"');
  return doubling(program);
});
const backend = makeAutomaticBackend(compiled, onnxruntimeNode);

/** What exp(0) is, 0 if it was "compiled" by hand to 2x, and what computed it. */
async function run(options: CompileOptions = {}, operation: typeof ops.exp = ops.exp) {
  let engine = "";
  const onCompiled = (name: string) => {
    engine = name;
  };
  const signature = { inputs: { x: spec([1]) } };
  const program = compile(({ inputs: { x } }) => ({ outputs: operation(x) }), signature, {
    backend,
    onCompiled,
    ...options,
  });
  const value = (await program.run({ x: Tensor.of([1], [0]) })).item();
  await program.dispose();
  return { engine, value };
}

const COMPILED = { engine: expect.stringMatching(/^compiled by \S+ \S+, 1 thread$/), value: 0 };
const PORTABLE = { engine: expect.stringMatching(/^ONNX Runtime, 1 thread/), value: 1 };

test("the compiled one, where this machine can compile", async () => {
  expect(await run()).toEqual(COMPILED);
});

test("ONNX Runtime without a compiler, and the reason is told", async () => {
  process.env.CC = "/nowhere/cc";
  const reason = 'not compiled: the C compiler of CC="/nowhere/cc" does not exist';
  expect(await run()).toEqual({ ...PORTABLE, engine: `ONNX Runtime, 1 thread (${reason})` });
});

test("ONNX Runtime for a program with an operation that is not compiled, which is named", async () => {
  const { engine } = await run({}, ops.sin);
  expect(engine).toBe('ONNX Runtime, 1 thread (not compiled: c cannot compute "sin")');
});

test("HANDRAIL_BACKEND forces either", async () => {
  process.env.HANDRAIL_BACKEND = "onnx";
  expect(await run()).toEqual(PORTABLE);
  process.env.HANDRAIL_BACKEND = "c";
  expect(await run()).toEqual(COMPILED);
  await expect(run({}, ops.sin)).rejects.toThrow('c cannot compute "sin"');
  process.env.CC = "/nowhere/cc";
  await expect(run({}, ops.abs)).rejects.toThrow("does not exist");
  process.env.HANDRAIL_BACKEND = "abacus";
  await expect(run()).rejects.toThrow("HANDRAIL_BACKEND=abacus: it must be auto, c or onnx");
});

test("the caller's choice comes before that of the environment", async () => {
  process.env.HANDRAIL_BACKEND = "c";
  expect(await run({ engine: "onnx" })).toEqual(PORTABLE);
  process.env.HANDRAIL_BACKEND = "onnx";
  expect(await run({ engine: "c" })).toEqual(COMPILED);
  await expect(run({ engine: "c" }, ops.sin)).rejects.toThrow('c cannot compute "sin"');
});

test("ONNX Runtime where a profile of every operation is wanted", async () => {
  expect(await run({ profile: join(folder, "profile") })).toEqual(PORTABLE);
});

test("ONNX Runtime for other devices, and its list of them", async () => {
  await expect(run({ device: "abacus" })).rejects.toThrow(/has no device "abacus"; available here: cpu/);
  expect(await backend.devices()).toEqual(await onnxruntimeNode.devices());
});

test("a device other than the CPU implies ONNX Runtime, whatever engine is asked for", async () => {
  await expect(run({ device: "abacus", engine: "c" })).rejects.toThrow(/^onnxruntime-node has no device "abacus"/);
});

test("neither: both reasons are told", async () => {
  process.env.CC = "/nowhere/cc";
  const missing = { ...onnxruntimeNode, compile: () => Promise.reject(new Error("not installed")) };
  const neither = makeAutomaticBackend(compiled, missing);
  await expect(run({ backend: neither })).rejects.toThrow(
    /^not installed; nor can .* CC="\/nowhere\/cc" does not exist/,
  );
});
