/** A sequence of steps. Mismatches are found when the pipeline is built, not on the robot. */
import { type PipelineFeatures, ProcessorError, type ProcessorStep } from "./step.ts";
import type { ProcessorTransition } from "./transition.ts";

export interface DataProcessorPipelineOptions {
  /** Also the name of its file: `policy_preprocessor` is saved as `policy_preprocessor.json`. */
  readonly name: string;
  readonly steps: readonly ProcessorStep[];
  /** Features of the input. With them, every step is checked at construction. */
  readonly inputFeatures?: PipelineFeatures;
}

export class DataProcessorPipeline {
  readonly name: string;
  readonly steps: readonly ProcessorStep[];
  /** Features of the input, if known. */
  readonly inputFeatures: PipelineFeatures | undefined;
  /** The features after the last step; undefined when the input's are not known. */
  readonly outputFeatures: PipelineFeatures | undefined;

  /** @throws ProcessorError naming the step and the feature that do not fit. */
  constructor({ name, steps, inputFeatures }: DataProcessorPipelineOptions) {
    this.name = name;
    this.steps = steps;
    this.inputFeatures = inputFeatures;
    this.outputFeatures =
      inputFeatures && this.#run(inputFeatures, (step, features) => step.transformFeatures(features));
  }

  /**
   * Runs steps that are all synchronous.
   *
   * @throws ProcessorError naming the step that failed, or that returns a promise.
   */
  apply(transition: ProcessorTransition): ProcessorTransition {
    return this.#run(transition, (step, current) => {
      const next = step.apply(current);
      if (next instanceof Promise) throw new Error("is asynchronous: call process() and await it");
      return next;
    });
  }

  /** Runs steps that may be asynchronous, one after the other. @throws ProcessorError naming the step that failed. */
  async process(transition: ProcessorTransition): Promise<ProcessorTransition> {
    let current = transition;
    for (const [index, step] of this.steps.entries()) {
      try {
        current = await step.apply(current);
      } catch (cause) {
        throw new ProcessorError(this.name, index, step.name, cause);
      }
    }
    return current;
  }

  /** Call when an episode begins. */
  reset(): void {
    for (const step of this.steps) step.reset?.();
  }

  /** Frees what the steps hold. */
  async close(): Promise<void> {
    for (const step of this.steps) await step.close?.();
  }

  /** The same pipeline with further steps at its ends. @throws ProcessorError naming the step that does not fit. */
  withSteps({
    first = [],
    last = [],
  }: Partial<Record<"first" | "last", readonly ProcessorStep[]>>): DataProcessorPipeline {
    if (first.length + last.length === 0) return this;
    const { name, steps, inputFeatures } = this;
    return new DataProcessorPipeline({
      ...{ name, steps: [...first, ...steps, ...last] },
      ...(inputFeatures && { inputFeatures }),
    });
  }

  #run<Value>(input: Value, advance: (step: ProcessorStep, value: Value) => Value): Value {
    let value = input;
    for (const [index, step] of this.steps.entries()) {
      try {
        value = advance(step, value);
      } catch (cause) {
        throw new ProcessorError(this.name, index, step.name, cause);
      }
    }
    return value;
  }
}
