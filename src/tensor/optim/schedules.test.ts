/** Learning-rate schedules against their closed forms. */
import { describe, expect, test } from "vitest";
import { evaluate } from "../../../test/tensor/evaluate.ts";
import { type Expr, optim, Tensor } from "../index.ts";

const STEPS = [0, 1, 25, 50, 99, 100, 101, 1000];

async function expectSchedule(schedule: (step: Expr) => Expr, formula: (step: number) => number): Promise<void> {
  const rates = await evaluate(Tensor.of([STEPS.length], STEPS), schedule);
  expect(rates.shape).toEqual([STEPS.length]);
  for (const [i, step] of STEPS.entries()) expect(rates.data[i]).toBeCloseTo(formula(step), 6);
}

test("linearSchedule is linear from start to end, then constant", async () => {
  await expectSchedule(optim.linearSchedule(0.5, 0.1, 100), (step) => 0.5 - 0.4 * Math.min(step / 100, 1));
});

test("cosineSchedule follows half a cosine, then is constant", async () => {
  await expectSchedule(optim.cosineSchedule(0.5, 0.1, 100), (step) => {
    return 0.1 + 0.2 * (1 + Math.cos(Math.PI * Math.min(step / 100, 1)));
  });
});

describe("warmup", () => {
  test("rises from 0 to the peak and holds it", async () => {
    await expectSchedule(optim.warmup(50, 0.5), (step) => 0.5 * Math.min(step / 50, 1));
  });

  test("is followed by a schedule that counts from its end", async () => {
    await expectSchedule(optim.warmup(50, 0.5, optim.linearSchedule(0.5, 0, 50)), (step) => {
      return step < 50 ? step / 100 : 0.5 * (1 - Math.min((step - 50) / 50, 1));
    });
  });
});
