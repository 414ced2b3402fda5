/** Compares optimisers with PyTorch over 100 steps, and with themselves under another layout of the state. */
import { afterEach, describe, expect, test } from "vitest";
import { expectClose } from "../../../test/tensor/evaluate.ts";
import { TorchData } from "../../../test/tensor/torch_data.ts";
import { compile, flattenTree, nn, optim, Random, type Shape, State, spec, Tensor } from "../index.ts";

const torch = new TorchData("optimizers");
const STEPS = 100;

const OPTIMIZERS = {
  adam: optim.adam({ learningRate: 1e-2 }),
  adam_options: optim.adam({ learningRate: 3e-3, betas: [0.8, 0.95], epsilon: 1e-4, weightDecay: 0.1 }),
  adamw: optim.adamW({ learningRate: 1e-2 }),
  adamw_options: optim.adamW({ learningRate: 3e-3, betas: [0.8, 0.95], epsilon: 1e-4, weightDecay: 0.2 }),
  sgd: optim.sgd({ learningRate: 1e-2 }),
  sgd_momentum: optim.sgd({ learningRate: 1e-2, momentum: 0.9 }),
  sgd_nesterov: optim.sgd({ learningRate: 1e-2, momentum: 0.9, nesterov: true, weightDecay: 0.1 }),
};
type AnyOptimizer = optim.Optimizer<string>;

const disposals: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const dispose of disposals.splice(0)) await dispose();
});

type NamedTensors = Readonly<Record<string, Tensor>>;

/** A state with parameters and optimiser, and a function that takes one step with the given gradients. */
function training(optimizer: AnyOptimizer, start: NamedTensors) {
  const state = new State({ parameters: start, optimizer: optimizer.init(start) });
  const inputs = Object.fromEntries(Object.entries(start).map(([name, { shape }]) => [name, spec(shape)]));
  const program = compile(
    ({ inputs: gradients, state: { parameters, optimizer: previous } }) => {
      const updated = optimizer.update(gradients, previous as never, parameters);
      return { outputs: {}, state: { parameters: updated.parameters, optimizer: updated.state } };
    },
    { state, inputs },
    { threads: 1 },
  );
  disposals.push(() => program.dispose());
  return { state, step: (gradients: NamedTensors) => program.run(gradients) };
}

function row({ shape, data }: Tensor, index: number): Tensor {
  const size = data.length / shape[0]!;
  return Tensor.of(shape.slice(1), (data as Float32Array).slice(index * size, (index + 1) * size));
}

describe.each(Object.entries(OPTIMIZERS))("%s", (name, optimizer) => {
  const start = { weight: torch.get("start/weight"), bias: torch.get("start/bias") };

  test("takes the same steps as PyTorch", async () => {
    const { state, step } = training(optimizer as AnyOptimizer, start);
    for (let t = 0; t < STEPS; t++) {
      await step({ weight: row(torch.get("gradients/weight"), t), bias: row(torch.get("gradients/bias"), t) });
      const { parameters } = state.read();
      for (const parameter of ["weight", "bias"] as const) {
        expectClose(parameters[parameter], row(torch.get(`${name}/${parameter}`), t), 2e-6);
      }
    }
    expect(state.read().optimizer.step.item()).toBe(STEPS);
  });

  test("takes the same steps bit for bit with large parameters and with the same numbers in small ones", async () => {
    const draw = (seed: number, shape: Shape) => nn.init.normal(1)(new Random(seed), shape);
    const whole = (tensor: Tensor) => ({ whole: tensor });
    const halves = (tensor: Tensor) => ({
      upper: row(tensor.reshape([2, 64, 256]), 0),
      lower: row(tensor.reshape([2, 64, 256]), 1),
    });
    const large = training(optimizer as AnyOptimizer, whole(draw(1, [128, 256])));
    const small = training(optimizer as AnyOptimizer, halves(draw(1, [128, 256])));
    for (let t = 0; t < 3; t++) {
      const gradient = draw(10 + t, [128, 256]);
      await large.step(whole(gradient));
      await small.step(halves(gradient));
    }
    expect(small.state.read().parameters).toEqual(halves(large.state.read().parameters.whole!));
  });
});

test("a learning rate may be a function of the steps already taken", async () => {
  const optimizer = optim.sgd({ learningRate: (step) => step.add(1) }) as AnyOptimizer;
  const { state, step } = training(optimizer, { x: Tensor.scalar(0) });
  const path: number[] = [];
  for (let t = 0; t < 3; t++) {
    await step({ x: Tensor.scalar(1) });
    path.push(state.read().parameters.x!.item());
  }
  expect(path).toEqual([-1, -3, -6]);
});

test("the optimiser's state names its moments after the parameters, so that checkpoints can hold it", () => {
  const initial = optim.adam({ learningRate: 1 }).init({ layer: { weight: Tensor.zeros([2, 2]) } });
  expect(flattenTree(initial as never).map(([name]) => name)).toEqual([
    "step",
    "expAvg.layer.weight",
    "expAvgSq.layer.weight",
  ]);
});
