/** Takes turns as in lockstep: a transition, then an update on all that is stored. */
import type { TrainingCore } from "../../src/learning/training/training_core.ts";
import { cameraRecords } from "./camera_run.ts";

/** Transitions `from … to − 1`. Frames of the last ones before a save wait to be encoded: it is done before an update. */
export async function trainThrough(core: TrainingCore, from: number, to: number): Promise<void> {
  for (let n = from; n < to; n++) {
    await core.encodeImages();
    await core.train(1);
    core.addTransitions(cameraRecords(n, 1));
  }
}
