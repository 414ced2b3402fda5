/** Modules of modules: numbering, seeds, and ensembles that equal their members. */
import { describe, expect, test } from "vitest";
import { evaluate, expectClose } from "../../../test/tensor/evaluate.ts";
import { flattenTree, nn, ops, Random, type Tensor, type Tree } from "../index.ts";

const names = (parameters: nn.Parameters) => flattenTree(parameters as Tree<Tensor>).map(([name]) => name);
const network = () => nn.mlp(4, [6, 5], { activation: ops.silu });
const input = nn.init.normal(1)(new Random(9), [3, 4]);

describe("sequential", () => {
  test("counts functions and layers without parameters in the names", () => {
    const module = nn.sequential([nn.linear(2, 3), ops.relu, nn.dropout(0.5), nn.linear(3, 1)]);
    expect(names(module.init(new Random(0)))).toEqual(["0.weight", "0.bias", "3.weight", "3.bias"]);
  });

  test("nests", () => {
    const module = nn.sequential([ops.tanh, nn.sequential([nn.layerNorm(2)])]);
    expect(names(module.init(new Random(0)))).toEqual(["1.0.weight", "1.0.bias"]);
  });

  test("passes dropout masks on", async () => {
    const inner = nn.sequential([nn.dropout(0.5)]);
    const zeroed = await evaluate(input, (x) =>
      nn.sequential([inner]).apply({}, x, { dropoutMask: () => ops.sub(x, x) }),
    );
    expect(zeroed.data.every((value) => value === 0)).toBe(true);
  });
});

describe("mlp", () => {
  test.each([
    [{}, ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias", "4.weight", "4.bias"]],
    [{ normalize: false }, ["0.weight", "0.bias", "2.weight", "2.bias"]],
    [{ activateFinal: false }, ["0.weight", "0.bias", "1.weight", "1.bias", "3.weight", "3.bias"]],
    [{ dropoutRate: 0.1 }, ["0.weight", "0.bias", "2.weight", "2.bias", "4.weight", "4.bias", "6.weight", "6.bias"]],
  ])("with %j has the configured layers", (options, expected) => {
    const module = nn.mlp(4, [6, 5], { activation: ops.relu, ...options });
    expect(names(module.init(new Random(0)))).toEqual(expected);
  });
});

describe("initial parameters", () => {
  test("are equal for equal seeds and differ for different ones", () => {
    const [a, b, c] = [1, 1, 2].map((seed) => network().init(new Random(seed)));
    expect(b).toEqual(a);
    expect(flattenTree(c as Tree<Tensor>)[0]![1].data).not.toEqual(flattenTree(a as Tree<Tensor>)[0]![1].data);
  });

  test("of an ensemble's members equal those of modules created one after the other", () => {
    const random = new Random(3);
    const singles = [network().init(random), network().init(random)];
    const stacked = nn.ensemble(network(), 2).init(new Random(3));
    expect(singles.map((_, index) => nn.unstackTree(stacked, index))).toEqual(singles);
    expect(nn.stackTrees(singles)).toEqual(stacked);
  });
});

describe("an ensemble", () => {
  const count = 3;
  const ensemble = nn.ensemble(network(), count);
  const stacked = ensemble.init(new Random(5));
  const members = Array.from({ length: count }, (_, index) => nn.unstackTree(stacked, index));

  test("computes the same as its members from one input", async () => {
    const result = await evaluate({ stacked, members, input }, (traced) => ({
      together: ensemble.apply(traced.stacked, traced.input),
      singly: ops.stack(traced.members.map((parameters) => network().apply(parameters, traced.input))),
    }));
    expect(result.together.shape).toEqual([count, 3, 5]);
    expectClose(result.together, result.singly, 1e-6);
  });

  test("takes an input of its own for each member", async () => {
    const inputs = nn.init.normal(1)(new Random(6), [count, 3, 4]);
    const result = await evaluate({ stacked, members, inputs }, (traced) => ({
      together: ensemble.apply(traced.stacked, traced.inputs),
      singly: ops.stack(
        traced.members.map((parameters, index) => network().apply(parameters, ops.at(traced.inputs, index))),
      ),
    }));
    expectClose(result.together, result.singly, 1e-6);
  });
});

test("outputShape traces a module without running it", () => {
  const module = nn.sequential([nn.conv2d(3, 8, 3, { stride: 2 }), nn.groupNorm(2, 8), ops.relu]);
  expect(nn.outputShape(module, module.init(new Random(0)), [2, 3, 9, 7])).toEqual([2, 8, 4, 3]);
});
