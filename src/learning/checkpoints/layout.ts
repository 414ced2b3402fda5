/** Names within a folder of checkpoints, which are LeRobot's; what is Handrail's own is `checkpoint.json` and `replay/`. */

export const PRETRAINED_MODEL = "pretrained_model";
export const ALGORITHM = "algorithm";
export const TRAINING_STATE = "training_state";
/** Handrail's: one folder per replay buffer. */
export const REPLAY = "replay";
export const TRAIN_CONFIG_FILE = "train_config.json";
export const OPTIMIZER_STATE_FILE = "optimizer_state.safetensors";
export const PARAMETER_GROUPS_FILE = "optimizer_param_groups.json";
export const RNG_STATE_FILE = "rng_state.safetensors";
export const TRAINING_STEP_FILE = "training_step.json";
/** Handrail's own: the weights that training continues from, where `pretrained_model` holds their average. */
export const TRAINED_WEIGHTS_FILE = "trained_weights.safetensors";
/** Handrail's: plain JSON. */
export const RUN_STATE_FILE = "run_state.json";

const STEP_FOLDER = /^\d{6,}$/;
/** Folders being written or deleted. Only what `last` names among them is ever read. */
const TEMPORARY_FOLDER = /^\..+\.tmp$/;

/** `000200`: as many digits as the longest step of the run needs, but at least six. */
export function stepFolderName(step: number, onlineSteps: number): string {
  return String(step).padStart(Math.max(6, String(onlineSteps).length), "0");
}

export function isStepFolder(name: string): boolean {
  return STEP_FOLDER.test(name);
}

export function isTemporaryFolder(name: string): boolean {
  return TEMPORARY_FOLDER.test(name);
}

/** A checkpoint that cannot be used. The message names the file and says what to do. */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
}
