import { expect, test } from "vitest";
import { curvesCsv } from "./csv.ts";
import { Curves } from "./curves.ts";

test("every value of every curve is a line, evaluations and their intervals included", () => {
  const curves = new Curves();
  const common = { time_s: 1, interaction_step: 40 };
  curves.add({ type: "training", ...common, step: 7, metrics: { loss_critic: 0.5, 'odd,"name"': 2, "=1+1": 3 } });
  const evaluation = {
    interaction_step: 40,
    policy_step: 7,
    successes: 3,
    episodes: 4,
    interval: [0.3, 0.95],
  } as const;
  expect(curvesCsv(curves, [{ ...evaluation, interval: [...evaluation.interval] }]).split("\r\n")).toEqual([
    "curve,environment_step,value",
    "loss_critic,40,0.5",
    '"odd,""name""",40,2',
    "'=1+1,40,3",
    "evaluation,40,0.75",
    "evaluation_low,40,0.3",
    "evaluation_high,40,0.95",
    "",
  ]);
});
