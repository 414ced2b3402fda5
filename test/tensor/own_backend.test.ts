/** The example of a backend of one's own, which runs what it can itself and leaves the rest to ONNX Runtime. */
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

describe("a backend of one's own", () => {
  const onnxruntime = vi.spyOn(onnxruntimeNode, "compile");
  beforeAll(() => void onnxruntime.mockClear());
  afterAll(() => onnxruntime.mockRestore());

  /** What two steps of momentum make of a state of two leaves, with random numbers, under the given backend. */
  async function twoSteps(backend: Backend) {
    const state = new State({ velocity: Tensor.of([3], [1, 2, 3]), position: Tensor.of([3], [0, 0, 0]) });
    const program = compile(
      ({ state: { velocity, position }, random }) => {
        random.uniform([7]); // drawn, although nothing reads it
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

  test("carries state and draws random numbers as the default one does, without it", async () => {
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
