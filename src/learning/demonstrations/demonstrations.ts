/** The transitions of a dataset as a policy takes them: training fills its buffer with them, the doctor looks at them first. */
import { datasetNames } from "../../data/dataset_names.ts";
import type { Dataset } from "../../datasets/dataset.ts";
import { readTransitions } from "../../datasets/reading/read_transitions.ts";
import type { ReplayFeatures } from "../../replay/features.ts";
import type { ObservationArrays, Transition } from "../../replay/transition.ts";
import { TransitionValidator } from "../../replay/validate_transition.ts";

export interface ReadDemonstrationsOptions {
  /** The features of the policy's buffer; nothing else is read. */
  readonly features: ReplayFeatures;
  /** The policy's name for observations of the dataset. */
  readonly renameMap: Readonly<Record<string, string>>;
  readonly episodes: readonly number[];
}

/**
 * All transitions under the policy's names, in order. Episodes that were cut short end one step early, since what followed
 * was not recorded. Arrays are valid until the next one is asked for.
 *
 * @throws Error when the dataset lacks an observation.
 */
export async function* readDemonstrations(
  dataset: Dataset,
  { features, renameMap, episodes }: ReadDemonstrationsOptions,
): AsyncGenerator<Transition, void, void> {
  const names = datasetNames(Object.keys(features.observation), renameMap);
  const declared = features.complementaryInfo ?? {};
  const observation = (arrays: ObservationArrays): ObservationArrays =>
    Object.fromEntries(Object.entries(names).map(([name, stored]) => [name, arrays[stored]!]));
  for await (const transition of readTransitions(dataset, { observations: Object.values(names), episodes })) {
    const info = Object.entries(transition.complementaryInfo ?? {}).filter(([name]) => Object.hasOwn(declared, name));
    yield {
      ...transition,
      observation: observation(transition.observation),
      nextObservation: observation(transition.nextObservation),
      complementaryInfo: Object.fromEntries(info),
    };
  }
}

/** The message for a transition that the policy's buffer refuses. */
export function describeMisfit(dataset: Dataset, transition: number, cause: Error): string {
  return `the demonstrations do not fit the policy: ${dataset.root}, transition ${transition}: ${cause.message}`;
}

/**
 * The first transition whose numbers the policy's buffer would refuse, in words; undefined when it takes them all. Images
 * are not decoded: their bytes always fit.
 *
 * @throws Error as `readDemonstrations` does.
 */
export async function findMisfit(dataset: Dataset, options: ReadDemonstrationsOptions): Promise<string | undefined> {
  const numbers = Object.entries(options.features.observation).filter(([, { dtype }]) => dtype === "float32");
  const features = { ...options.features, observation: Object.fromEntries(numbers) };
  const validator = new TransitionValidator(features);
  let index = 0;
  for await (const transition of readDemonstrations(dataset, { ...options, features })) {
    try {
      validator.check(transition);
    } catch (cause) {
      return describeMisfit(dataset, index, cause as Error);
    }
    index++;
  }
  return undefined;
}
