/** Adam (Kingma & Ba 2015) and AdamW (Loshchilov & Hutter 2019), with PyTorch's placement of epsilon. */
import type { Expr } from "../ir/expr.ts";
import { constant } from "../ir/leaves.ts";
import * as ops from "../ops/index.ts";
import { Tensor } from "../tensor.ts";
import { elementwise } from "./elementwise.ts";
import { type LearningRate, learningRateAt, type Optimizer, zerosLike } from "./optimizer.ts";

export interface AdamOptions {
  readonly learningRate: LearningRate;
  /** Decay of the first and second moment. */
  readonly betas?: readonly [number, number];
  readonly epsilon?: number;
  /** Adam: an L2 penalty added to the gradient. AdamW: decoupled decay of the parameters. */
  readonly weightDecay?: number;
}

export type Adam = Optimizer<"expAvg" | "expAvgSq">;

export function adam(options: AdamOptions): Adam {
  return adamWith(options, false);
}

/** Adam with decoupled weight decay. Default: 0.01. */
export function adamW(options: AdamOptions): Adam {
  return adamWith({ weightDecay: 0.01, ...options }, true);
}

function adamWith(options: AdamOptions, decoupled: boolean): Adam {
  const { learningRate, betas = [0.9, 0.999], epsilon = 1e-8, weightDecay = 0 } = options;
  const [beta1, beta2] = betas;
  return {
    init: (parameters) => ({
      step: Tensor.scalar(0),
      expAvg: zerosLike(parameters),
      expAvgSq: zerosLike(parameters),
    }),
    update(gradients, state, parameters) {
      const rate = learningRateAt(learningRate, state.step);
      const step = state.step.add(1);
      // θ ← θ − lr·(m/(1 − β₁ᵗ)) / (√(v/(1 − β₂ᵗ)) + ε), with the scalars gathered: √(v/c) + ε = (√v + ε√c)/√c
      const rootCorrection2 = biasCorrection(beta2, step).sqrt();
      const stepSize = rate.mul(rootCorrection2.div(biasCorrection(beta1, step)).cast("float32"));
      const offset = rootCorrection2.mul(epsilon).cast("float32");
      const decay = ops.sub(1, rate.mul(weightDecay));
      const [updated, expAvg, expAvgSq] = elementwise(
        [parameters, gradients, state.expAvg, state.expAvgSq],
        (theta, gradient, m, v) => {
          const g = weightDecay > 0 && !decoupled ? gradient!.add(theta!.mul(weightDecay)) : gradient!;
          const kept = weightDecay > 0 && decoupled ? theta!.mul(decay) : theta!;
          // m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²
          const nextM = m!.mul(beta1).add(g.mul(1 - beta1));
          const nextV = v!.mul(beta2).add(g.square().mul(1 - beta2));
          return [kept.sub(nextM.div(nextV.sqrt().add(offset)).mul(stepSize)), nextM, nextV];
        },
      );
      return { parameters: updated!, state: { step, expAvg: expAvg!, expAvgSq: expAvgSq! } };
    },
  };
}

/** 1 − βᵗ in double precision: in single precision the first steps would lose four digits for β₂ = 0.999. */
function biasCorrection(beta: number, step: Expr): Expr {
  return ops.sub(constant(1, "float64"), step.cast("float64").mul(Math.log(beta)).exp());
}
