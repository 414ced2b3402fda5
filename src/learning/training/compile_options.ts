/** How a learner's networks are compiled. */
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import type { CompileOptions } from "../../tensor/index.ts";

/** @param onEngine called once with what the training steps run on, in words; again if that is different for another step. */
export function compileOptions(
  { handrail }: Pick<TrainRLServerPipelineConfig, "handrail">,
  onEngine: (message: string) => void = () => {},
): CompileOptions {
  const told = new Set<string>();
  return {
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
