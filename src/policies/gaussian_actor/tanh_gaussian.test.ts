import { describe, expect, it } from "vitest";
import { compile, grad, spec, Tensor } from "../../tensor/index.ts";
import { logTanhSlope, sample } from "./tanh_gaussian.ts";

const row = (...values: number[]) => Tensor.of([1, values.length], values);

async function draw(mean: number[], variance: number[], noise: number[]) {
  const shape = [1, mean.length];
  const program = compile(
    ({ inputs: { mean, variance, noise } }) => ({ outputs: { ...sample({ mean, variance }, noise) } }),
    { inputs: { mean: spec(shape), variance: spec(shape), noise: spec(shape) } },
  );
  const { action, logProb } = await program.run({
    mean: row(...mean),
    variance: row(...variance),
    noise: row(...noise),
  });
  await program.dispose();
  return { action: Array.from(action.data as Float32Array), logProb: logProb.item() };
}

describe("a sample of the squashed Gaussian", () => {
  it("is tanh(μ + σε), where σ is the root of what LeRobot calls std", async () => {
    const { action } = await draw([0.5, -1], [4, 0.25], [0.3, -2]);
    expect(action[0]).toBeCloseTo(Math.tanh(0.5 + 2 * 0.3), 6);
    expect(action[1]).toBeCloseTo(Math.tanh(-1 + 0.5 * -2), 6);
  });

  it("has the density of a change of variables: log N(x; μ, σ²) − log(1 − tanh² x), summed over dimensions", async () => {
    const { logProb } = await draw([0.5, -1], [4, 0.25], [0.3, -2]);
    const density = (mean: number, variance: number, noise: number) => {
      const x = mean + Math.sqrt(variance) * noise;
      const logNormal = -0.5 * ((x - mean) ** 2 / variance + Math.log(2 * Math.PI * variance));
      return logNormal - Math.log(1 - Math.tanh(x) ** 2);
    };
    expect(logProb).toBeCloseTo(density(0.5, 4, 0.3) + density(-1, 0.25, -2), 5);
  });

  it.each([10, 20, -20, 100])("has a finite log-probability at x = %d, where tanh rounds to ±1", async (x) => {
    const { action, logProb } = await draw([x], [1], [0]);
    expect(Math.abs(action[0]!)).toBeLessThanOrEqual(1);
    // log(1 − tanh² x) → 2 log 2 − 2|x|
    expect(logProb).toBeCloseTo(-0.5 * Math.log(2 * Math.PI) - (2 * Math.LN2 - 2 * Math.abs(x)), 3);
  });
});

it("the slope's logarithm has a finite gradient where tanh rounds to ±1: −2 tanh x", async () => {
  const program = compile(({ inputs: { x } }) => ({ outputs: { g: grad(logTanhSlope(x).sum(), x) } }), {
    inputs: { x: spec([4]) },
  });
  const { g } = await program.run({ x: Tensor.of([4], [-30, 0, 0.5, 30]) });
  await program.dispose();
  for (const [i, expected] of [2, 0, -2 * Math.tanh(0.5), -2].entries()) {
    expect(Number((g as Tensor).data[i])).toBeCloseTo(expected, 5);
  }
});
