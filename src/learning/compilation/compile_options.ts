/** How a learner's networks are compiled. */
import type { AlgorithmOptions } from "../../algorithms/registry.ts";
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import type { CompileOptions } from "../../tensor/index.ts";

/** @param onEngine called once with what the training steps run on, in words; again if that is different for another step. */
export function compileOptions(
  { handrail }: Pick<TrainRLServerPipelineConfig, "handrail">,
  onEngine: (message: string) => void = () => {},
): CompileOptions {
  const told = new Set<string>();
  return {
    engine: handrail.backend,
    device: handrail.device,
    threads: handrail.learner_threads ?? undefined,
    // Actors, their physics and cameras are often on the same machine.
    busyMachine: true,
    onCompiled: (engine) => {
      if (told.has(engine)) return;
      told.add(engine);
      onEngine(`training steps: ${engine}`);
    },
  };
}

/** How a learner's algorithm is created: compiled like `compile`, with the average that the config asks for. */
export function algorithmOptions(
  { handrail: { weight_average } }: Pick<TrainRLServerPipelineConfig, "handrail">,
  compile: CompileOptions,
): Omit<AlgorithmOptions, "random"> {
  return { ...compile, ...(weight_average !== null && { weightAverage: weight_average }) };
}
