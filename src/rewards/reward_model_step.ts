/** Applies a reward model as the last step of an environment's pipeline. */
import type { EnvironmentVerdict } from "../processors/episode_signals.ts";
import { FeatureError, type PipelineFeatures, type ProcessorStep, type StepConfig } from "../processors/step.ts";
import { requireFeature } from "../processors/steps/feature_checks.ts";
import { verdictOf } from "../processors/teleop_events.ts";
import type { ProcessorTransition } from "../processors/transition.ts";
import type { RewardModelConfig, SuccessDecision } from "./config.ts";
import type { RewardModel } from "./reward_model.ts";

export interface RewardModelStepOptions {
  readonly model: RewardModel;
  /** The `type` names the model in messages. */
  readonly config: RewardModelConfig;
  /** Whether success ends the episode. Default: true. */
  readonly terminateOnSuccess?: boolean;
}

/**
 * Judges every observation except an episode's first. A step is a success, with `success_reward`, once the probability has
 * reached `success_threshold` for `debounce` consecutive observations; any other step gets 0. This replaces the
 * environment's reward and success. A person overrides it: their success keeps its reward, their failure gets 0. If the
 * environment ends the episode, it stays ended.
 */
export class RewardModelProcessorStep implements ProcessorStep {
  readonly name = "reward_model_processor";
  readonly #model: RewardModel;
  readonly #config: RewardModelConfig & SuccessDecision;
  readonly #terminateOnSuccess: boolean;
  /** Observations in a row that reached the threshold. */
  #streak = 0;

  constructor({ model, config, terminateOnSuccess = true }: RewardModelStepOptions) {
    this.#model = model;
    const { defaults } = model;
    this.#config = {
      ...config,
      success_threshold: config.success_threshold ?? defaults?.success_threshold ?? 0.5,
      debounce: config.debounce ?? defaults?.debounce ?? 1,
    };
    this.#terminateOnSuccess = terminateOnSuccess;
  }

  get reads(): readonly string[] {
    return Object.keys(this.#model.inputFeatures);
  }

  /** @throws Error naming the model for a probability outside [0, 1]; the model's error. */
  async apply(transition: ProcessorTransition): Promise<ProcessorTransition> {
    const { observation, action, teleoperation, signals } = transition;
    if (observation === null || action === null) return transition;
    const successProbability = this.#checked(await this.#model.judge(observation));
    const { success_threshold, success_reward, debounce } = this.#config;
    this.#streak = successProbability >= success_threshold ? this.#streak + 1 : 0;
    const success = this.#streak >= debounce;
    const verdict: EnvironmentVerdict = {
      reward: success ? success_reward : 0,
      terminated: (signals.environment?.terminated ?? false) || (success && this.#terminateOnSuccess),
      success,
    };
    const label = teleoperation === null ? undefined : verdictOf(teleoperation.events);
    const judged = { ...transition, signals: { ...signals, successProbability, environment: verdict } };
    if (label === "success") return judged;
    if (label !== undefined) return { ...judged, reward: 0, signals: { ...judged.signals, success: false } };
    return {
      ...judged,
      reward: verdict.reward,
      terminated: transition.terminated || verdict.terminated,
      signals: { ...judged.signals, success },
    };
  }

  /** Changes nothing. @throws FeatureError for a feature that the model needs and that is missing or has another shape. */
  transformFeatures(features: PipelineFeatures): PipelineFeatures {
    for (const [key, { shape }] of Object.entries(this.#model.inputFeatures)) {
      const shown = requireFeature(features.observation, key);
      if (shown.shape.join() === shape.join()) continue;
      throw new FeatureError(
        key,
        `has shape [${shown.shape.join(", ")}], the reward model "${this.#config.type}" takes [${shape.join(", ")}]`,
      );
    }
    return features;
  }

  /** The decision in words. */
  get description(): string {
    const { type, success_threshold, debounce } = this.#config;
    return [
      `the reward model "${type}", with a success threshold of ${success_threshold}`,
      ...(debounce > 1 ? [`reached ${debounce} times in a row`] : []),
      ...(this.#model.description === undefined ? [] : [this.#model.description]),
    ].join("; ");
  }

  config(): StepConfig {
    return { ...this.#config, terminate_on_success: this.#terminateOnSuccess };
  }

  reset(): void {
    this.#streak = 0;
    this.#model.reset?.();
  }

  async close(): Promise<void> {
    await this.#model.close?.();
  }

  #checked(probability: number): number {
    if (typeof probability === "number" && probability >= 0 && probability <= 1) return probability;
    throw new Error(
      `the reward model "${this.#config.type}" judged an observation at ${probability}; ` +
        "a probability of success is a number from 0 to 1",
    );
  }
}
