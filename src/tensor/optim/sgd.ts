/** Stochastic gradient descent with momentum, PyTorch's formulation (the momentum buffer has no learning rate in it). */
import { Tensor } from "../tensor.ts";
import { elementwise } from "./elementwise.ts";
import { type LearningRate, learningRateAt, type Optimizer, zerosLike } from "./optimizer.ts";

export interface SgdOptions {
  readonly learningRate: LearningRate;
  readonly momentum?: number;
  readonly nesterov?: boolean;
  /** L2 penalty added to the gradient. */
  readonly weightDecay?: number;
}

export function sgd(options: SgdOptions): Optimizer<"momentum"> {
  const { learningRate, momentum = 0, nesterov = false, weightDecay = 0 } = options;
  return {
    init: (parameters) => ({ step: Tensor.scalar(0), momentum: zerosLike(parameters) }),
    update(gradients, state, parameters) {
      const rate = learningRateAt(learningRate, state.step);
      const [updated, velocity] = elementwise([parameters, gradients, state.momentum], (theta, gradient, previous) => {
        const g = weightDecay > 0 ? gradient!.add(theta!.mul(weightDecay)) : gradient!;
        const next = momentum > 0 ? previous!.mul(momentum).add(g) : previous!;
        const direction = momentum === 0 ? g : nesterov ? g.add(next.mul(momentum)) : next;
        return [theta!.sub(direction.mul(rate)), next];
      });
      return { parameters: updated!, state: { step: state.step.add(1), momentum: velocity! } };
    },
  };
}
