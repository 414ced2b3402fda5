/** Traced programs as passed to backends: a named graph, independent of any format. */
import { expect, test } from "vitest";
import { compile, ops, Random, State, spec, Tensor } from "../../src/tensor/index.ts";
import { feedsOf, fetchesOf } from "../../src/tensor/ir/traced_program.ts";

function tracedStep() {
  const state = new State({ net: { a: Tensor.zeros([2]), b: Tensor.zeros([3]) }, steps: Tensor.scalar(0) });
  const step = compile(
    ({ inputs: { x }, state: { net, steps }, random }) => {
      random.choice(5, 2);
      const noise = random.normal([2]);
      return { outputs: { x: x.add(noise).mul(net.a) }, state: { steps: steps.add(1) } };
    },
    { inputs: { x: spec([2]), unused: spec([1]) }, state, random: new Random(0) },
  );
  return step.traced();
}

const namesOf = (values: readonly { readonly name: string }[]) => values.map(({ name }) => name);

test("a traced program names its inputs and outputs, and leaves out unused nodes", () => {
  const program = tracedStep();
  expect(namesOf(program.inputs)).toEqual(["x"]);
  expect(program.stateInputs).toMatchObject([
    { name: "state/net:small", buffer: "net:small" },
    { name: "state/steps", buffer: "steps" },
  ]);
  expect(program.randomInputs).toMatchObject([{ name: "random/1", distribution: { kind: "normal" } }]);
  expect(namesOf(program.outputs)).toEqual(["x/out"]);
  expect(program.stateOutputs).toMatchObject([{ name: "next_state/steps", buffer: "steps" }]);
});

test("the names of a traced program are unique", () => {
  const program = tracedStep();
  const names = namesOf([...feedsOf(program), ...fetchesOf(program)]);
  expect(new Set(names).size).toBe(names.length);
});

test("the nodes of a traced program come after their inputs", () => {
  const program = tracedStep();
  const position = new Map(program.nodes.map((node, at) => [node, at]));
  for (const node of program.nodes) {
    for (const input of node.inputs) expect(position.get(input)).toBeLessThan(position.get(node)!);
  }
  for (const { expr } of [...feedsOf(program), ...fetchesOf(program)]) expect(position.has(expr)).toBe(true);
});

test("a traced program is simplified", () => {
  const { nodes } = compile(({ inputs: { x } }) => ({ outputs: x.mul(2).mul(3) }), {
    inputs: { x: spec([2]) },
  }).traced();
  expect(nodes.map(({ primitive }) => primitive.name)).toEqual(["input", "constant", "mul"]);
});

test("a constant keeps its values from the time of tracing", async () => {
  const weights = Tensor.of([2], [1, 2]);
  const program = compile(() => ({ outputs: ops.constant(weights).mul(1) }), { inputs: {} });
  weights.data[0] = 9;
  expect([...(await program.run({})).data]).toEqual([1, 2]);
  await program.dispose();
});
