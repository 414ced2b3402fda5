/** Clipping against PyTorch, moving averages against their closed form. */
import { describe, expect, test } from "vitest";
import { evaluate, expectClose } from "../../../test/tensor/evaluate.ts";
import { TorchData } from "../../../test/tensor/torch_data.ts";
import { nn, optim, Random, Tensor } from "../index.ts";

const torch = new TorchData("optimizers");

describe("clipByGlobalNorm", () => {
  test.each([
    ["clipped", 1],
    ["unclipped", 100],
  ])("gives PyTorch's gradients and norm (%s)", async (name, maxNorm) => {
    const gradients = Object.fromEntries(torch.under(`${name}/input`));
    const result = await evaluate(gradients, (traced) => optim.clipByGlobalNorm(traced, maxNorm));
    expectClose(result.norm, torch.get(`${name}/norm`), 1e-6);
    for (const [parameter, expected] of torch.under(`${name}/output`)) {
      expectClose((result.gradients as Record<string, Tensor>)[parameter], expected, 1e-6);
    }
  });

  test("leaves gradients below the norm unchanged, bit for bit", async () => {
    const gradients = Object.fromEntries(torch.under("unclipped/input"));
    const result = await evaluate(gradients, (traced) => optim.clipByGlobalNorm(traced, 100).gradients);
    expect(result).toEqual(gradients);
  });

  test("of zeros is zeros", async () => {
    const result = await evaluate({ a: Tensor.zeros([2]), b: Tensor.zeros([3]) }, (traced) =>
      optim.clipByGlobalNorm(traced, 1),
    );
    expect([result.norm.item(), ...result.gradients.a.data, ...result.gradients.b.data]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test("counts large and small tensors in one norm", async () => {
    const gradients = {
      large: Tensor.of([128, 128], new Float32Array(128 * 128).fill(1)),
      small: Tensor.of([1], [128]),
    };
    const { norm } = await evaluate(gradients, (traced) => ({ norm: optim.clipByGlobalNorm(traced, 1).norm }));
    expect(norm.item()).toBeCloseTo(Math.sqrt(2 * 128 * 128), 3);
  });
});

describe("ema", () => {
  test("moves the share τ of the way to the parameters", async () => {
    const draw = (seed: number) => nn.init.normal(1)(new Random(seed), [5]);
    const [average, parameters] = [{ x: draw(1) }, { x: draw(2) }];
    const { x } = await evaluate({ average, parameters }, (traced) => {
      return optim.ema(traced.average, traced.parameters, 0.25);
    });
    const expected = average.x.data.map((value, i) => 0.75 * value + 0.25 * parameters.x.data[i]!);
    expectClose(x, Tensor.of([5], expected), 1e-6);
  });

  test("after n steps towards constant parameters has the share (1 − τ)ⁿ of its start left", async () => {
    const inputs = { average: { x: Tensor.scalar(1) }, parameters: { x: Tensor.scalar(0) } };
    const { x } = await evaluate(inputs, ({ average, parameters }) => {
      let current = average;
      for (let n = 0; n < 20; n++) current = optim.ema(current, parameters, 0.1);
      return current;
    });
    expect(x.item()).toBeCloseTo(0.9 ** 20, 6);
  });
});
