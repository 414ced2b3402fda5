/** Every layer against PyTorch: names and shapes of the state dict, the forward pass, and all gradients. */
import { describe, expect, test } from "vitest";
import { evaluate, expectClose } from "../../../test/tensor/evaluate.ts";
import { TorchData } from "../../../test/tensor/torch_data.ts";
import { type Expr, flattenTree, grad, nn, ops, Random, type Tensor, type Tree, treeFromNames } from "../index.ts";

const torch = new TorchData("layers");

const LAYERS: Readonly<Record<string, nn.AnyModule>> = {
  linear: nn.linear(5, 3),
  layer_norm: nn.layerNorm(6),
  group_norm: nn.groupNorm(4, 8),
  conv2d: nn.conv2d(4, 6, 3, { stride: 2, padding: 1, groups: 2 }),
  conv2d_dilated: nn.conv2d(3, 4, [3, 2], { padding: [2, 0], dilation: 2, bias: false }),
  embedding: nn.embedding(7, 3),
  mlp: nn.mlp(5, [8, 8, 2], { activation: ops.silu, activateFinal: false }),
  mlp_dropout_names: nn.mlp(5, [8, 2], {
    activation: ops.relu,
    activateFinal: false,
    normalize: false,
    dropoutRate: 0.3,
  }),
  self_attention: nn.selfAttention(16, 4),
  causal_attention: nn.selfAttention(16, 4, { causal: true }),
  transformer: nn.transformerBlock(16, 4, { feedForward: 32 }),
};

describe.each(Object.entries(LAYERS))("%s", (name, module) => {
  const initial = module.init(new Random(0));
  const stateDict = torch.under(`${name}/parameters`);

  test("has PyTorch's parameter names and shapes", () => {
    const shapes = (leaves: Iterable<[string, Tensor]>) =>
      Object.fromEntries([...leaves].map(([leaf, { shape }]) => [leaf, shape]));
    expect(shapes(flattenTree(initial) as [string, Tensor][])).toEqual(shapes(stateDict));
  });

  test("computes PyTorch's output and gradients from PyTorch's state dict", async () => {
    const parameters = treeFromNames<nn.Parameters, Tensor, Tensor>(initial, stateDict);
    const [x, weights] = [torch.get(`${name}/input`), torch.get(`${name}/weights`)];
    const wantsInput = x.dtype === "float32";
    const result = await evaluate({ parameters, x, weights }, (inputs) => {
      const output = module.apply(inputs.parameters as never, inputs.x);
      const wanted: Tree<Expr> = { parameters: inputs.parameters, ...(wantsInput ? { x: inputs.x } : {}) };
      return { output, gradients: grad<Tree<Expr>>(output.mul(inputs.weights).sum(), wanted) };
    });
    const values = new Map(flattenTree(result as never) as [string, Tensor][]);
    expectClose(values.get("output"), torch.get(`${name}/output`));
    const gradients = torch.under(`${name}/gradients`);
    expect(gradients.size).toBe(stateDict.size);
    for (const [leaf, expected] of gradients) expectClose(values.get(`gradients.parameters.${leaf}`), expected);
    if (wantsInput) expectClose(values.get("gradients.x"), torch.get(`${name}/input_gradient`));
  });
});

describe("dropout", () => {
  const rate = 0.3;
  const x = torch.get("dropout/input");
  const mask = torch.get("dropout/mask");

  test("keeps the elements of the mask and scales them as PyTorch does", async () => {
    const output = await evaluate({ x, mask }, (inputs) =>
      nn.dropout(rate).apply({}, inputs.x, { dropoutMask: () => inputs.mask }),
    );
    expectClose(output, torch.get("dropout/output"));
  });

  test("requests a mask of its input's shape, with its rate", async () => {
    const asked: unknown[] = [];
    await evaluate({ x, mask }, (inputs) =>
      nn.dropout(rate).apply({}, inputs.x, {
        dropoutMask: (...request) => {
          asked.push(request);
          return inputs.mask;
        },
      }),
    );
    expect(asked).toEqual([[[4, 6], rate]]);
  });

  test("is off without masks and at rate 0", async () => {
    const output = await evaluate({ x, mask }, (inputs) => ({
      withoutMasks: nn.dropout(rate).apply({}, inputs.x),
      rateZero: nn.dropout(0).apply({}, inputs.x, { dropoutMask: () => inputs.mask }),
    }));
    expect([output.withoutMasks.data, output.rateZero.data]).toEqual([x.data, x.data]);
  });

  test("refuses a mask of another shape and rates outside [0, 1)", async () => {
    await expect(
      evaluate({ x, mask }, (inputs) => nn.dropout(rate).apply({}, inputs.x, { dropoutMask: () => inputs.mask.sum() })),
    ).rejects.toThrow(/dropout: the mask has shape \[\], the input \[4,6\]/);
    for (const wrong of [1, -0.1, Number.NaN]) expect(() => nn.dropout(wrong)).toThrow(/must be in \[0, 1\)/);
  });
});

test("heads that do not divide the features are refused", () => {
  expect(() => nn.selfAttention(10, 4)).toThrow("4 heads do not divide 10 features");
});
