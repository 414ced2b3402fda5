/**
 * Soft actor-critic in one file, without a framework: networks, losses, replay and loop for Pendulum-v1, on nothing but
 * this project's tensors. It computes what `src/algorithms/sac` computes, number by number (a test compares the two),
 * and is meant to be read from top to bottom.
 *
 *   node --import tsx examples/sac_single_file.ts
 *   node --import tsx examples/sac_single_file.ts --seed=1 --totalSteps=20000
 *
 * Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications" (equation numbers are that paper's), with the
 * choices of LeRobot's HIL-SERL: layer normalisation, one encoder for actor and critics, log α learned.
 */
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { Pendulum } from "handrail/envs";
import {
  compile,
  type Expr,
  type MapTree,
  nn,
  ops,
  optim,
  Random,
  type RandomSource,
  State,
  spec,
  Tensor,
  valueAndGrad,
} from "handrail/tensor";

export interface Args {
  /** Decides everything random: equal seeds give equal runs. */
  readonly seed: number;
  /** Environment steps. Most runs hold the pendulum upright after 5,000. */
  readonly totalSteps: number;
  /** Steps with random actions first, so that the first batches are not all alike. */
  readonly learningStarts: number;
  /** Transitions kept. As many as there are steps: nothing is forgotten in a run this short. */
  readonly bufferSize: number;
  /** Large batches make steady gradients; 256 is SAC's. */
  readonly batchSize: number;
  /** Units per layer. SAC's 256 would do no better here and cost four times as much. */
  readonly width: number;
  /** γ: at 20 steps a second, a horizon of 5 seconds. */
  readonly discount: number;
  /** τ of the target critics' moving average. */
  readonly tau: number;
  /** Adam's, for all networks: three times SAC's, since the task is smooth. */
  readonly learningRate: number;
  /** Largest global gradient norm per network. 40 only catches explosions. */
  readonly gradClipNorm: number;
  /** H̄ in nats, per action dimension: −1 is the original's; LeRobot's is −1/2. */
  readonly targetEntropy: number;
  /** α at the start. It adapts within a few hundred updates. */
  readonly temperatureInit: number;
}

const DEFAULTS: Args = {
  seed: 0,
  totalSteps: 6_000,
  learningStarts: 500,
  bufferSize: 100_000,
  batchSize: 256,
  width: 64,
  discount: 0.99,
  tau: 0.005,
  learningRate: 1e-3,
  gradClipNorm: 40,
  targetEntropy: -1,
  temperatureInit: 1,
};

const OBSERVATION = 3;
const ACTION = 1;
const CRITICS = 2;
const MAX_TORQUE_NM = 2;
const MAX_SPEED_RAD_S = 8;

// ---------------------------------------------------------------------------------------------------- networks

/** All networks, as pairs of `init` and `apply`. */
function makeNetworks({ width }: Args) {
  const hidden = (inputs: number) => nn.mlp(inputs, [width, width], { activation: ops.silu });
  const output = nn.linear(width, 1, { weight: nn.init.orthogonal() });
  // Actions begin near 0 with a standard deviation near 1.
  const head = nn.linear(width, ACTION, { weight: nn.init.uniform(0.05), bias: nn.init.uniform(0.05) });
  return {
    encoder: nn.sequential([nn.linear(OBSERVATION, width), nn.layerNorm(width), ops.tanh]),
    critics: nn.ensemble(nn.sequential([hidden(width + ACTION), output]), CRITICS),
    actor: { hidden: hidden(width), mean: head, variance: head },
  };
}

function initialState(args: Args, random: Random) {
  const { encoder, critics, actor } = makeNetworks(args);
  const critic = { encoder: encoder.init(random), critics: critics.init(random) };
  const policy = {
    hidden: actor.hidden.init(random),
    mean: actor.mean.init(random),
    variance: actor.variance.init(random),
  };
  const logAlpha = Tensor.of([1], [Math.log(args.temperatureInit)]);
  const adam = optim.adam({ learningRate: args.learningRate });
  return {
    critic,
    target: critic.critics,
    actor: policy,
    logAlpha,
    optimizers: { critic: adam.init(critic), actor: adam.init(policy), logAlpha: adam.init(logAlpha) },
  };
}

export type SacState = ReturnType<typeof initialState>;
type Symbolic = MapTree<SacState, Tensor, Expr>;

// -------------------------------------------------------------------------------------------------- one update

/** Compiles acting and learning into two programs that share one state. */
export function makeSac(args: Args, random: Random, noise: RandomSource = random) {
  const { encoder, critics, actor } = makeNetworks(args);
  const state = new State(initialState(args, random));
  const adam = optim.adam({ learningRate: args.learningRate });

  /** Q(s, a) of every critic, `[critics, batch]`. */
  const q = (p: Symbolic["target"], encoded: Expr, action: Expr) =>
    critics.apply(p, ops.concat([encoded, action], -1)).reshape([CRITICS, encoded.shape[0]!]);

  /** a = tanh(μ + σε) and log π(a|s) = log N(x; μ, σ²) − Σ log(1 − tanh² x) (appendix C). */
  const act = (p: Symbolic["actor"], encoded: Expr, epsilon: Expr) => {
    const h = actor.hidden.apply(p.hidden, encoded);
    // LeRobot calls this network's output "std", but uses it as the variance.
    const variance = actor.variance.apply(p.variance, h).exp().clip(1e-5, 10);
    const x = actor.mean.apply(p.mean, h).add(variance.sqrt().mul(epsilon));
    const logNormal = epsilon
      .square()
      .add(variance.log())
      .add(Math.log(2 * Math.PI))
      .mul(-0.5);
    // log(1 − tanh² x) in a form that stays exact where tanh x rounds to ±1. Easy to overlook.
    const logSlope = ops
      .sub(Math.LN2, x)
      .sub(ops.softplus(x.mul(-2)))
      .mul(2);
    return { action: x.tanh(), logProb: logNormal.sub(logSlope).sum({ axis: -1 }) };
  };

  const batch = {
    observation: spec([args.batchSize, OBSERVATION]),
    nextObservation: spec([args.batchSize, OBSERVATION]),
    action: spec([args.batchSize, ACTION]),
    reward: spec([args.batchSize]),
    done: spec([args.batchSize]),
  };
  const update = compile(
    ({ inputs: { observation, nextObservation, action, reward, done }, state: s, random: draw }) => {
      const epsilon = () => draw.normal([args.batchSize, ACTION]);
      const alpha = s.logAlpha.exp();

      // y = r + γ(1 − d)(min Q̄(s′, a′) − α log π(a′|s′))                                                (eq. 5, 6)
      const nextEncoded = encoder.apply(s.critic.encoder, nextObservation);
      const next = act(s.actor, nextEncoded, epsilon());
      const nextValue = q(s.target, nextEncoded, next.action).min({ axis: 0 }).sub(alpha.mul(next.logProb));
      const y = reward.add(ops.sub(1, done).mul(nextValue).mul(args.discount)).stopGradient();

      // L_Q = Σᵢ mean (Qᵢ(s, a) − y)²                                                                       (eq. 5)
      const [criticLoss, criticGradients] = valueAndGrad(
        (p: typeof s.critic) =>
          q(p.critics, encoder.apply(p.encoder, observation), action).sub(y).square().mean({ axis: 1 }).sum(),
        s.critic,
      );
      const clippedCritic = optim.clipByGlobalNorm(criticGradients, args.gradClipNorm);
      const critic = adam.update(clippedCritic.gradients, s.optimizers.critic, s.critic);
      const target = optim.ema(s.target, critic.parameters.critics, args.tau);

      // L_π = mean (α log π(a|s) − min Q(s, a)); the critics train the encoder, the actor only reads it.   (eq. 7–9)
      const encoded = encoder.apply(critic.parameters.encoder, observation);
      const [actorLoss, actorGradients] = valueAndGrad((p: typeof s.actor) => {
        const chosen = act(p, encoded, epsilon());
        const value = q(critic.parameters.critics, encoded, chosen.action).min({ axis: 0 });
        return alpha.stopGradient().mul(chosen.logProb).sub(value).mean();
      }, s.actor);
      const clippedActor = optim.clipByGlobalNorm(actorGradients, args.gradClipNorm);
      const policy = adam.update(clippedActor.gradients, s.optimizers.actor, s.actor);

      // L_α = −mean α(log π(a|s) + H̄), with a fresh sample of the new policy                              (eq. 18)
      const { logProb } = act(policy.parameters, encoded, epsilon());
      const [alphaLoss, alphaGradient] = valueAndGrad(
        (logAlpha: Expr) => logAlpha.exp().mul(logProb.stopGradient().add(args.targetEntropy)).mean().neg(),
        s.logAlpha,
      );
      const clippedAlpha = optim.clipByGlobalNorm(alphaGradient, args.gradClipNorm);
      const temperature = adam.update(clippedAlpha.gradients, s.optimizers.logAlpha, s.logAlpha);

      return {
        outputs: {
          criticLoss,
          actorLoss,
          alphaLoss,
          alpha: temperature.parameters.exp(),
          entropy: logProb.mean().neg(),
        },
        state: {
          critic: critic.parameters,
          target,
          actor: policy.parameters,
          logAlpha: temperature.parameters,
          optimizers: { critic: critic.state, actor: policy.state, logAlpha: temperature.state },
        },
      };
    },
    { inputs: batch, state, random: noise },
  );

  /** Both actions for one observation: a sample to explore with, and tanh μ to be judged by. */
  const choose = compile(
    ({ inputs: { observation }, state: s, random: draw }) => {
      const encoded = encoder.apply(s.critic.encoder, observation);
      const mean = actor.mean.apply(s.actor.mean, actor.hidden.apply(s.actor.hidden, encoded));
      return { outputs: { sample: act(s.actor, encoded, draw.normal([1, ACTION])).action, best: mean.tanh() } };
    },
    { inputs: { observation: spec([1, OBSERVATION]) }, state, random: noise },
  );
  return { state, update, choose };
}

// ------------------------------------------------------------------------------------------------------ replay

/** A ring of transitions in flat arrays. */
function makeReplay(size: number, batchSize: number, random: Random) {
  const arrays = (rows: number) => ({
    observation: new Float32Array(rows * OBSERVATION),
    nextObservation: new Float32Array(rows * OBSERVATION),
    action: new Float32Array(rows * ACTION),
    reward: new Float32Array(rows),
    done: new Float32Array(rows),
  });
  type Field = keyof ReturnType<typeof arrays>;
  const stored = arrays(size);
  const drawn = arrays(batchSize);
  const fields = Object.keys(stored) as Field[];
  let added = 0;
  return {
    add(transition: Readonly<Record<Field, ArrayLike<number>>>) {
      const row = added++ % size;
      for (const field of fields) stored[field].set(transition[field], row * transition[field].length);
    },
    sample() {
      for (let row = 0; row < batchSize; row++) {
        const from = random.integer(Math.min(added, size));
        for (const field of fields) {
          const width = stored[field].length / size;
          drawn[field].set(stored[field].subarray(from * width, (from + 1) * width), row * width);
        }
      }
      const tensor = (field: Field, width?: number) =>
        Tensor.of(width === undefined ? [batchSize] : [batchSize, width], drawn[field]);
      return {
        observation: tensor("observation", OBSERVATION),
        nextObservation: tensor("nextObservation", OBSERVATION),
        action: tensor("action", ACTION),
        reward: tensor("reward"),
        done: tensor("done"),
      };
    },
  };
}

// -------------------------------------------------------------------------------------------------------- loop

/** cos θ, sin θ and θ̇, each within ±1. */
function normalize(observation: Readonly<Record<string, Float32Array | Uint8Array>>): Float32Array {
  const [cos, sin, speed] = observation["observation.state"] as unknown as [number, number, number];
  return Float32Array.of(cos, sin, speed / MAX_SPEED_RAD_S);
}

export async function train(args: Args, log: (line: string) => void): Promise<number> {
  const random = new Random(args.seed);
  const sac = makeSac(args, random);
  const replay = makeReplay(args.bufferSize, args.batchSize, random);
  const env = new Pendulum(args.seed);
  const choose = async (observation: Float32Array, kind: "sample" | "best") =>
    (await sac.choose.run({ observation: Tensor.of([1, OBSERVATION], observation) }))[kind].item();

  let observation = normalize((await env.reset()).observation);
  let episodeReturn = 0;
  let losses = "";
  for (let step = 1; step <= args.totalSteps; step++) {
    const action = step <= args.learningStarts ? random.uniform(-1, 1) : await choose(observation, "sample");
    const result = await env.step(Float32Array.of(action * MAX_TORQUE_NM));
    const nextObservation = normalize(result.observation);
    // A time limit is not an end: only termination stops the bootstrap. Easy to overlook.
    const done = [result.terminated ? 1 : 0];
    replay.add({ observation, action: [action], reward: [result.reward], nextObservation, done });
    observation = nextObservation;
    episodeReturn += result.reward;
    if (step > args.learningStarts) {
      const stats = await sac.update.run(replay.sample());
      losses = `critic ${stats.criticLoss.item().toFixed(2)}  actor ${stats.actorLoss.item().toFixed(1)}  α ${stats.alpha.item().toFixed(3)}`;
    }
    if (result.terminated || result.truncated) {
      log(`step ${String(step).padStart(6)}  return ${episodeReturn.toFixed(0).padStart(6)}  ${losses}`);
      observation = normalize((await env.reset()).observation);
      episodeReturn = 0;
    }
  }

  const evaluationEpisodes = 10;
  let total = 0;
  for (let episode = 0; episode < evaluationEpisodes; episode++) {
    let { observation: seen } = await env.reset({ seed: 10_000 + episode });
    for (let ended = false; !ended; ) {
      const result = await env.step(Float32Array.of((await choose(normalize(seen), "best")) * MAX_TORQUE_NM));
      seen = result.observation;
      total += result.reward;
      ended = result.terminated || result.truncated;
    }
  }
  await Promise.all([sac.update.dispose(), sac.choose.dispose()]);
  return total / evaluationEpisodes;
}

/** `--name=value` for every field of `Args`. */
function argsFrom(argv: string[]): Args {
  const options = Object.fromEntries(Object.keys(DEFAULTS).map((name) => [name, { type: "string" as const }]));
  const given = Object.entries(parseArgs({ args: argv, options }).values).map(([name, text]) => {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`--${name} must be a number, got "${text}"`);
    return [name, value] as const;
  });
  return { ...DEFAULTS, ...Object.fromEntries(given) };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const meanReturn = await train(argsFrom(process.argv.slice(2)), console.log);
  console.log(`mean return of 10 episodes without exploration noise: ${meanReturn.toFixed(0)}`);
}
