import { describe, expect, it } from "vitest";
import { compile, type Expr, spec, Tensor, valueAndGrad } from "../../tensor/index.ts";
import {
  actorLoss,
  criticLoss,
  defaultTargetEntropy,
  discreteCriticLoss,
  doubleDqnTarget,
  softTarget,
  temperatureLoss,
} from "./losses.ts";

/** Evaluates a function of named tensors. */
async function evaluate<Name extends string>(
  inputs: Readonly<Record<Name, Tensor>>,
  formula: (exprs: Record<Name, Expr>) => Expr,
): Promise<number[]> {
  const specs = Object.fromEntries(
    Object.entries<Tensor>(inputs).map(([name, { shape, dtype }]) => [name, spec(shape, dtype)]),
  );
  const program = compile((args) => ({ outputs: { result: formula(args.inputs as Record<Name, Expr>) } }), {
    inputs: specs,
  });
  const { result } = await program.run(inputs as Record<string, Tensor>);
  await program.dispose();
  return Array.from(result.data as Float32Array);
}

const vector = (...values: number[]) => Tensor.of([values.length], values);
/** Two critics (or samples), two columns. */
const matrix = (...values: number[]) => Tensor.of([2, values.length / 2], values);
const close = (actual: number[], ...expected: number[]) => {
  expect(actual).toHaveLength(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 5);
};

describe("the soft target", () => {
  const inputs = { reward: vector(1, 2), done: vector(0, 1), values: matrix(5, 7, 3, 9), bonus: vector(-0.5, -4) };

  it("is r + γ(min Q̄ − α log π), and r alone where the task ended", async () => {
    const target = await evaluate(inputs, (x) => softTarget(x, x.values, x.bonus, 0.9));
    close(target, 1 + 0.9 * (3 - 0.5), 2);
  });

  it("backs up values alone without an entropy bonus", async () => {
    close(await evaluate(inputs, (x) => softTarget(x, x.values, undefined, 0.9)), 1 + 0.9 * 3, 2);
  });

  it("passes no gradient", async () => {
    const gradient = await evaluate(inputs, ({ values, bonus, ...x }) => {
      return valueAndGrad((v: Expr) => softTarget(x, v, bonus, 0.9).sum(), values)[1];
    });
    expect(gradient).toEqual([0, 0, 0, 0]);
  });
});

it("the critics' loss is summed over critics and averaged over the batch", async () => {
  const inputs = { values: matrix(1, 2, 3, 4), target: vector(0, 2) };
  close(await evaluate(inputs, (x) => criticLoss(x.values, x.target)), (1 + 0) / 2 + (9 + 4) / 2);
});

it("double DQN lets the current critic choose the discrete action and the target critic value it", async () => {
  const inputs = {
    reward: vector(1, 1),
    done: vector(0, 1),
    chooses: matrix(0, 5, 2, 1),
    values: matrix(10, 20, 30, 40),
  };
  close(await evaluate(inputs, (x) => doubleDqnTarget(x, x.chooses, x.values, 0.5)), 1 + 0.5 * 20, 1);
});

it("the gripper critic's loss reads only the value of the executed action", async () => {
  const inputs = {
    values: matrix(1, 2, 3, 4),
    discreteActions: new Tensor("int64", [2], BigInt64Array.of(1n, 0n)),
    target: vector(0, 0),
  };
  close(await evaluate(inputs, (x) => discreteCriticLoss(x.values, x.discreteActions, x.target)), (4 + 9) / 2);
});

describe("the actor's loss", () => {
  const inputs = { alpha: vector(0.5), logProb: vector(2, 4), values: matrix(1, 8, 6, 3) };

  it("is α log π minus the smallest value", async () => {
    const loss = await evaluate(inputs, (x) => actorLoss(x.alpha, x.logProb, x.values));
    close(loss, (0.5 * 2 - 1 + (0.5 * 4 - 3)) / 2);
  });

  it("carries no gradient to α", async () => {
    const gradient = await evaluate(inputs, ({ alpha, logProb, values }) => {
      return valueAndGrad((a: Expr) => actorLoss(a, logProb, values), alpha)[1];
    });
    expect(gradient).toEqual([0]);
  });
});

describe("the temperature's loss", () => {
  const inputs = { logAlpha: vector(Math.log(0.5)), logProb: vector(1, 3) };

  it("is −α(log π + H̄)", async () => {
    close(await evaluate(inputs, (x) => temperatureLoss(x.logAlpha, x.logProb, -1)), -0.5 * (2 - 1));
  });

  it.each([
    { entropy: "below", targetEntropy: -1, sign: -1 },
    { entropy: "above", targetEntropy: -3, sign: 1 },
  ])(
    "has a slope that makes α move toward the target where entropy is $entropy it",
    async ({ targetEntropy, sign }) => {
      const [slope] = await evaluate(inputs, ({ logAlpha, logProb }) => {
        return valueAndGrad((a: Expr) => temperatureLoss(a, logProb, targetEntropy), logAlpha)[1];
      });
      expect(Math.sign(slope!)).toBe(sign);
    },
  );
});

it.each([
  { actions: 3, gripper: true, expected: -2 },
  { actions: 6, gripper: false, expected: -3 },
  { actions: 1, gripper: false, expected: -0.5 },
])("the target entropy of $actions continuous actions, gripper: $gripper, is $expected nats", (row) => {
  expect(defaultTargetEntropy(row.actions, row.gripper)).toBe(row.expected);
});
