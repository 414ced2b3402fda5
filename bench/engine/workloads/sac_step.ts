/**
 * A complete soft actor-critic update as one program: critic ensemble, actor, temperature, target average, a trainable state
 * encoder, an optimiser each, clipping. The shape of the work, not the product's SAC.
 */
import {
  type CompileOptions,
  compile,
  type Expr,
  grad,
  nn,
  ops,
  optim,
  Random,
  State,
  spec,
  Tensor,
} from "../../../src/tensor/index.ts";
import type { RunningWorkload, Workload } from "../workload.ts";

const HIDDEN = [256, 256];
const LATENT = 256;
const LOG_TWO_PI = Math.log(2 * Math.PI);

const STATE = 21;
const ACTION = 3;
const CRITICS = 2;

export function sacStep(batch: number): Workload {
  return {
    name: "full SAC step",
    sizes: `encoder 256, 2 critics and actor 256-256, batch ${batch}`,
    ...(batch === 256
      ? { target: "≤ 7", shareTarget: "≥ 0.95", relativeTarget: "≤ PyTorch / 2.2 and ≤ JAX / 1.5" }
      : {}),
    create: (options) => create(batch, options),
  };
}

function create(batch: number, options: CompileOptions): RunningWorkload {
  const random = new Random(0);
  const encoder = nn.sequential([nn.linear(STATE, LATENT), nn.layerNorm(LATENT), ops.tanh]);
  const critic = nn.ensemble(
    nn.sequential([nn.mlp(LATENT + ACTION, HIDDEN, { activation: ops.silu }), nn.linear(256, 1)]),
    CRITICS,
  );
  const trunk = nn.mlp(LATENT, HIDDEN, { activation: ops.silu });
  const [meanHead, deviationHead] = [nn.linear(256, ACTION), nn.linear(256, ACTION)];

  const optimizer = optim.adam({ learningRate: 3e-4 });
  const criticParameters = { encoder: encoder.init(random), critics: critic.init(random) };
  const actorParameters = {
    trunk: trunk.init(random),
    mean: meanHead.init(random),
    deviation: deviationHead.init(random),
  };
  const logAlpha = Tensor.scalar(0);
  const state = new State({
    critic: criticParameters,
    target: criticParameters.critics,
    actor: actorParameters,
    logAlpha,
    criticOptimizer: optimizer.init(criticParameters),
    actorOptimizer: optimizer.init(actorParameters),
    temperatureOptimizer: optimizer.init(logAlpha),
  });

  const program = compile(
    ({ inputs: { observation, actions, reward, done, nextObservation, noise }, state: s }) => {
      const policy = (parameters: typeof s.actor, features: Expr, epsilon: Expr) => {
        const hidden = trunk.apply(parameters.trunk, features);
        const mean = meanHead.apply(parameters.mean, hidden);
        const deviation = deviationHead.apply(parameters.deviation, hidden).exp().clip(1e-5, 10);
        const x = mean.add(deviation.mul(epsilon));
        const squash = ops
          .sub(Math.LN2, x)
          .sub(ops.softplus(x.mul(-2)))
          .mul(2);
        const logProb = epsilon
          .square()
          .mul(-0.5)
          .sub(deviation.log())
          .sub(LOG_TWO_PI / 2)
          .sub(squash);
        return { action: x.tanh(), logProb: logProb.sum({ axis: -1 }) };
      };
      const q = (parameters: typeof s.target, features: Expr, chosen: Expr) =>
        critic.apply(parameters, ops.concat([features, chosen], -1)).reshape([CRITICS, batch]);

      const alpha = s.logAlpha.exp();
      const nextFeatures = encoder.apply(s.critic.encoder, nextObservation);
      const next = policy(s.actor, nextFeatures, noise.next);
      const nextValue = q(s.target, nextFeatures, next.action).min({ axis: 0 }).sub(alpha.mul(next.logProb));
      const target = reward.add(ops.sub(1, done).mul(0.99).mul(nextValue)).stopGradient();
      const errors = q(s.critic.critics, encoder.apply(s.critic.encoder, observation), actions).sub(target);
      const criticLoss = errors.square().mean({ axis: 1 }).sum();
      const criticGradients = optim.clipByGlobalNorm(grad(criticLoss, s.critic), 40);
      const updatedCritic = optimizer.update(criticGradients.gradients, s.criticOptimizer, s.critic);

      const features = encoder.apply(updatedCritic.parameters.encoder, observation);
      const chosen = policy(s.actor, features, noise.actor);
      const value = q(updatedCritic.parameters.critics, features, chosen.action).min({ axis: 0 });
      const actorLoss = alpha.mul(chosen.logProb).sub(value).mean();
      const actorGradients = optim.clipByGlobalNorm(grad(actorLoss, s.actor), 40);
      const updatedActor = optimizer.update(actorGradients.gradients, s.actorOptimizer, s.actor);

      const entropy = policy(updatedActor.parameters, features, noise.temperature).logProb.stopGradient();
      const temperatureLoss = s.logAlpha
        .exp()
        .mul(entropy.sub(ACTION / 2))
        .mean()
        .neg();
      const temperatureGradients = optim.clipByGlobalNorm(grad(temperatureLoss, s.logAlpha), 40);
      const updatedAlpha = optimizer.update(temperatureGradients.gradients, s.temperatureOptimizer, s.logAlpha);
      return {
        outputs: {
          criticLoss,
          actorLoss,
          temperatureLoss,
          criticNorm: criticGradients.norm,
          actorNorm: actorGradients.norm,
        },
        state: {
          critic: updatedCritic.parameters,
          criticOptimizer: updatedCritic.state,
          actor: updatedActor.parameters,
          actorOptimizer: updatedActor.state,
          logAlpha: updatedAlpha.parameters,
          temperatureOptimizer: updatedAlpha.state,
          target: optim.ema(s.target, updatedCritic.parameters.critics, 0.005),
        },
      };
    },
    {
      state,
      inputs: {
        // A named size: the step is traced when its session is created, as in training.
        observation: spec(["batch", STATE]),
        nextObservation: spec(["batch", STATE]),
        actions: spec(["batch", ACTION]),
        reward: spec(["batch"]),
        done: spec(["batch"]),
        noise: { next: spec(["batch", ACTION]), actor: spec(["batch", ACTION]), temperature: spec(["batch", ACTION]) },
      },
    },
    options,
  );
  const draw = (shape: number[]) => nn.init.normal(1)(random, shape);
  const inputs = {
    observation: draw([batch, STATE]),
    nextObservation: draw([batch, STATE]),
    actions: draw([batch, ACTION]),
    reward: draw([batch]),
    done: Tensor.zeros([batch]),
    noise: { next: draw([batch, ACTION]), actor: draw([batch, ACTION]), temperature: draw([batch, ACTION]) },
  };
  return {
    program: { load: () => program.load({ batch }), dispose: () => program.dispose() },
    run: () => program.run(inputs),
  };
}
