/** Tests the example backend, which runs some operations and leaves the rest to ONNX Runtime. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { interpreter } from "../../examples/interpreter.ts";
import { describeBackend } from "../../src/tensor/backends/conformance/describe_backend.ts";
import {
  type Backend,
  compile,
  type Expr,
  onnxruntimeNode,
  ops,
  Random,
  State,
  Tensor,
} from "../../src/tensor/index.ts";

describeBackend(interpreter, { against: onnxruntimeNode });

describe("a custom backend", () => {
  const onnxruntime = vi.spyOn(onnxruntimeNode, "compile");
  beforeAll(() => void onnxruntime.mockClear());
  afterAll(() => onnxruntime.mockRestore());

  /** The state of two leaves after two steps of momentum, with random numbers, under the given backend. */
  async function twoSteps(backend: Backend) {
    const state = new State({ velocity: Tensor.of([3], [1, 2, 3]), position: Tensor.of([3], [0, 0, 0]) });
    const program = compile(
      ({ state: { velocity, position }, random }) => {
        random.uniform([7]); // drawn although unused
        const next = velocity.mul(0.9).add(random.normal([3]));
        return { outputs: { moved: next.sub(velocity) }, state: { velocity: next, position: position.add(next) } };
      },
      { inputs: {}, state, random: new Random(3) },
      { backend },
    );
    await program.run({});
    const { moved } = await program.run({});
    await program.dispose();
    return { moved, ...state.read() };
  }

  test("carries state and draws random numbers like the default backend, without it", async () => {
    const mine = await twoSteps(interpreter);
    expect(onnxruntime).not.toHaveBeenCalled();
    expect(mine).toEqual(await twoSteps(onnxruntimeNode));
    expect(onnxruntime).toHaveBeenCalledOnce();
  });

  test("still exports ONNX", () => {
    const step = () => ({ outputs: ops.constant(1) as Expr });
    const own = compile(step, { inputs: {} }, { backend: interpreter });
    expect(own.onnx()).toEqual(compile(step, { inputs: {} }).onnx());
  });
});
