/** The simulated Panda as an environment: episodes, observations, limits and errors around a task in a world. */
import { readFile } from "node:fs/promises";
import { Random } from "../../tensor/random.ts";
import { checkAction } from "../action_check.ts";
import type {
  BoxSpace,
  Env,
  Info,
  Observation,
  ObservationSpace,
  ResetOptions,
  ResetResult,
  StepResult,
} from "../env.ts";
import type { Filmable, FilmCamera } from "../film_camera.ts";
import type { SceneSource } from "../scene_source.ts";
import type { VisibleScene, Watchable } from "../watchable.ts";
import { CameraImages, type ImageSize, OBSERVED_CAMERAS } from "./camera_images.ts";
import { gripperPenaltyOf } from "./control/gripper_penalty.ts";
import { actionSpaceOf, commandOf, type PandaActionKind } from "./control/panda_action.ts";
import { MujocoSceneSource } from "./mujoco/mujoco_scene_source.ts";
import { type PandaOptions, parsePandaOptions } from "./options.ts";
import { ARM_STATE_NAMES, ARM_STATE_SIZE, OBJECT_NAMES, PandaWorld } from "./panda_world.ts";
import { type PandaResetOptions, parseResetOptions } from "./reset_options.ts";
import type { Task, TaskDefinition } from "./tasks/task.ts";

/** One registered environment: a task with an action space and the defaults of its id. */
export interface PandaVariant {
  readonly id: string;
  readonly task: TaskDefinition;
  readonly action: PandaActionKind;
  readonly defaults: Readonly<Record<string, unknown>>;
}

type Phase = "new" | "running" | "over" | "closed";

const FILM_SAMPLES_PER_AXIS = 2;

export class PandaEnv implements Env, Watchable, Filmable {
  readonly id: string;
  readonly observationSpace: ObservationSpace;
  readonly actionSpace: BoxSpace;
  readonly controlFrequencyHz: number;
  readonly #world: PandaWorld;
  readonly #task: Task;
  readonly #definition: TaskDefinition;
  readonly #kind: PandaActionKind;
  readonly #options: PandaOptions;
  readonly #images: CameraImages | undefined;
  readonly #physicsSteps: number;
  #sceneSource: SceneSource | undefined;
  #random: Random;
  #phase: Phase = "new";
  #steps = 0;

  private constructor(variant: PandaVariant, world: PandaWorld, options: PandaOptions) {
    this.id = variant.id;
    this.#world = world;
    this.#options = options;
    this.#kind = variant.action;
    this.#definition = variant.task;
    this.#task = variant.task.create(options);
    this.#random = new Random(options.seed);
    this.#physicsSteps = Math.round(options.controlDt / options.physicsDt);
    this.controlFrequencyHz = 1 / options.controlDt;
    this.actionSpace = actionSpaceOf(variant.action, options.gripperConvention);
    this.observationSpace = observationSpaceOf(options);
    this.#images = options.imageObs
      ? new CameraImages(world.simulation, options.renderSpec, options.samplesPerAxis)
      : undefined;
  }

  /**
   * @param options see `PandaOptions`; keys may be written as in config files.
   * @throws ConfigError for an unknown or wrong option; Error for a scene that can't be read or compiled.
   */
  static async create(variant: PandaVariant, options: Readonly<Record<string, unknown>> = {}): Promise<PandaEnv> {
    const parsed = parsePandaOptions(variant.id, { ...variant.defaults, ...options });
    const mjcf = parsed.mjcfPath === undefined ? undefined : await readScene(parsed.mjcfPath);
    const world = await PandaWorld.load(variant.task, parsed.physicsDt, mjcf);
    try {
      return new PandaEnv(variant, world, parsed);
    } catch (error) {
      world.close();
      throw error;
    }
  }

  /** `options.blockPosition` (xyz, m) and `options.jointPositions` (7, rad) start an episode somewhere else. */
  async reset({ seed, options, signal }: ResetOptions = {}): Promise<ResetResult> {
    signal?.throwIfAborted();
    if (this.#phase === "closed") throw new Error(`${this.id} is closed; make a new one`);
    const start: PandaResetOptions = parseResetOptions(this.id, options);
    if (seed !== undefined) this.#random = new Random(seed);
    this.#world.reset(start.jointPositions);
    this.#task.reset(this.#world, this.#random, start.blockPosition);
    this.#steps = 0;
    this.#phase = "running";
    return { observation: this.#observe(), info: {} };
  }

  async step(action: Float32Array): Promise<StepResult> {
    if (this.#phase !== "running") throw new Error(`${this.id}: ${STEP_REFUSED[this.#phase]}`);
    checkAction(action, this.actionSpace, this.id);
    const { moveM, gripperDelta } = commandOf(action, this.actionSpace, this.#kind, this.#options);
    const positionBefore = this.#world.gripperPosition;
    this.#world.moveTarget(...moveM);
    this.#world.gripperPosition = positionBefore + gripperDelta;
    this.#phase = "over"; // until the physics has succeeded
    this.#world.advance(this.#physicsSteps);
    this.#phase = "running";
    this.#steps++;

    const { reward, succeeded, outOfBounds } = this.#task.evaluate(this.#world);
    const terminated = (succeeded && this.#options.terminateOnSuccess) || outOfBounds;
    const truncated = !terminated && this.#steps >= this.#options.maxEpisodeSteps;
    if (terminated || truncated) this.#phase = "over";
    const info: Info = this.#penalises
      ? {
          succeed: succeeded,
          discrete_penalty: gripperPenaltyOf(gripperDelta, positionBefore, this.#options.gripperPenalty),
        }
      : { succeed: succeeded };
    return { observation: this.#observe(), reward, terminated, truncated, success: succeeded, info };
  }

  async close(): Promise<void> {
    if (this.#phase === "closed") return;
    this.#phase = "closed";
    this.#world.close();
  }

  /** A copy of the controller's target for the tool centre point, metres. */
  get toolTarget(): Float64Array {
    return Float64Array.from(this.#world.target);
  }

  /** The scene as a person in front of the arm sees it. @throws Error once the environment is closed. */
  observe(): VisibleScene {
    if (this.#phase === "closed") throw new Error(`${this.id}: ${STEP_REFUSED.closed}`);
    return {
      toolPositionM: this.#world.readToolPosition(new Float64Array(3)),
      objectPositionM: this.#task.readObjectPosition(this.#world, new Float64Array(3)),
      fingerOpening: this.#world.fingerOpening,
    };
  }

  /** For displays. Poses can be read while the environment is open. */
  get sceneSource(): SceneSource {
    this.#sceneSource ??= new MujocoSceneSource(this.#world.simulation, this.#definition);
    return this.#sceneSource;
  }

  /** Films the whole arm, antialiased. The environment must stay open. */
  filmCamera(size: ImageSize): FilmCamera {
    const images = new CameraImages(this.#world.simulation, size, FILM_SAMPLES_PER_AXIS, { film: "overview" });
    return { capture: () => images.draw().film! };
  }

  get #penalises(): boolean {
    return this.#kind === "end_effector" && this.#options.useGripper;
  }

  #observe(): Observation {
    const armState = new Float32Array(ARM_STATE_SIZE);
    this.#world.readArmState(armState);
    if (this.#images) return { agent_pos: armState, ...this.#images.draw() };
    const environmentState = new Float32Array(OBJECT_NAMES.length);
    environmentState.set(this.#task.readObjectPosition(this.#world, new Float64Array(3)));
    return { agent_pos: armState, environment_state: environmentState };
  }
}

const STEP_REFUSED: Readonly<Record<Exclude<Phase, "running">, string>> = {
  new: "call reset() before the first step()",
  over: "the episode is over; call reset() before the next step()",
  closed: "the environment is closed; make a new one",
};

function observationSpaceOf({ imageObs, renderSpec: { height, width } }: PandaOptions): ObservationSpace {
  const vector = (names: readonly string[]): BoxSpace => ({
    type: "box",
    dtype: "float32",
    shape: [names.length],
    low: Number.NEGATIVE_INFINITY,
    high: Number.POSITIVE_INFINITY,
    names,
  });
  const image: BoxSpace = { type: "box", dtype: "uint8", shape: [height, width, 3], low: 0, high: 255 };
  return imageObs
    ? {
        agent_pos: vector(ARM_STATE_NAMES),
        ...Object.fromEntries(Object.keys(OBSERVED_CAMERAS).map((key) => [key, image])),
      }
    : { agent_pos: vector(ARM_STATE_NAMES), environment_state: vector(OBJECT_NAMES) };
}

async function readScene(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    throw new Error(`the option mjcfPath names "${path}", which can't be read: ${(cause as Error).message}`, { cause });
  }
}
