/**
 * One MuJoCo model and its state behind a small typed surface. Names are resolved once, every array survives growth
 * of the WASM heap, and `close` frees what was created.
 */
import { HeapView, loadMuJoCo, type MjData, type MjModel, type MuJoCo } from "./mujoco.ts";

export type NamedObject = "body" | "joint" | "geom" | "site" | "camera" | "sensor" | "actuator";

export class Simulation {
  readonly timeStepS: number;
  /** nv: the length of `velocities` and of a row of every Jacobian. */
  readonly degreesOfFreedom: number;
  readonly #mujoco: MuJoCo;
  readonly #model: MjModel;
  readonly #data: MjData;
  readonly #positions: HeapView<Float64Array>;
  readonly #velocities: HeapView<Float64Array>;
  readonly #controls: HeapView<Float64Array>;
  readonly #biasForces: HeapView<Float64Array>;
  readonly #sensorData: HeapView<Float64Array>;
  readonly #sensorAddresses: Int32Array;
  readonly #jointPositionAddresses: Int32Array;
  readonly #sitePositions: HeapView<Float64Array>;
  readonly #siteRotations: HeapView<Float64Array>;
  readonly #translationJacobian: ReturnType<typeof doubleBuffer>;
  readonly #rotationJacobian: ReturnType<typeof doubleBuffer>;
  readonly #massMatrix: ReturnType<typeof doubleBuffer>;
  #closed = false;

  private constructor(mujoco: MuJoCo, model: MjModel, data: MjData) {
    this.#mujoco = mujoco;
    this.#model = model;
    this.#data = data;
    this.timeStepS = model.opt.timestep;
    this.degreesOfFreedom = model.nv;
    this.#positions = new HeapView(() => data.qpos);
    this.#velocities = new HeapView(() => data.qvel);
    this.#controls = new HeapView(() => data.ctrl);
    this.#biasForces = new HeapView(() => data.qfrc_bias);
    this.#sensorData = new HeapView(() => data.sensordata);
    this.#sitePositions = new HeapView(() => data.site_xpos);
    this.#siteRotations = new HeapView(() => data.site_xmat);
    this.#sensorAddresses = Int32Array.from(model.sensor_adr as Int32Array);
    this.#jointPositionAddresses = Int32Array.from(model.jnt_qposadr as Int32Array);
    this.#translationJacobian = doubleBuffer(mujoco, 3 * model.nv);
    this.#rotationJacobian = doubleBuffer(mujoco, 3 * model.nv);
    this.#massMatrix = doubleBuffer(mujoco, model.nv * model.nv);
  }

  /**
   * Compiles an MJCF document.
   *
   * @param timeStepS overrides the document's physics time step.
   * @throws Error with MuJoCo's message and line when the document is not valid.
   */
  static async load(mjcf: string, timeStepS?: number): Promise<Simulation> {
    const mujoco = await loadMuJoCo();
    let model: MjModel;
    try {
      model = mujoco.MjModel.from_xml_string(mjcf);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.trim() : String(cause);
      throw new Error(`MuJoCo could not compile the scene: ${reason}`, { cause });
    }
    if (timeStepS !== undefined) model.opt.timestep = timeStepS;
    return new Simulation(mujoco, model, new mujoco.MjData(model));
  }

  /** Simulated seconds since the last reset. */
  get timeS(): number {
    return this.#data.time;
  }

  /** The generalised positions (qpos). */
  get positions(): Float64Array {
    return this.#positions.live;
  }

  /** The generalised velocities (qvel). */
  get velocities(): Float64Array {
    return this.#velocities.live;
  }

  /** One control per actuator (ctrl). */
  get controls(): Float64Array {
    return this.#controls.live;
  }

  /** Gravity, Coriolis and centrifugal forces per degree of freedom (qfrc_bias). */
  get biasForces(): Float64Array {
    return this.#biasForces.live;
  }

  /**
   * MuJoCo's own objects, for renderers, which read the scene's geoms and poses. Never keep their arrays.
   *
   * @internal Their types come from a package that users need not have.
   */
  get native(): { readonly mujoco: MuJoCo; readonly model: MjModel; readonly data: MjData } {
    return { mujoco: this.#mujoco, model: this.#model, data: this.#data };
  }

  /** The index of a named object. @throws Error when the scene has none of that name. */
  id(type: NamedObject, name: string): number {
    const { mjtObj, mj_name2id } = this.#mujoco;
    const types = {
      body: mjtObj.mjOBJ_BODY,
      joint: mjtObj.mjOBJ_JOINT,
      geom: mjtObj.mjOBJ_GEOM,
      site: mjtObj.mjOBJ_SITE,
      camera: mjtObj.mjOBJ_CAMERA,
      sensor: mjtObj.mjOBJ_SENSOR,
      actuator: mjtObj.mjOBJ_ACTUATOR,
    };
    const index = mj_name2id(this.#model, types[type].value, name);
    if (index < 0) throw new Error(`the scene has no ${type} named "${name}"`);
    return index;
  }

  /** Index of a joint's first coordinate in `positions`. */
  positionAddress(joint: string): number {
    return this.#jointPositionAddresses[this.id("joint", joint)]!;
  }

  /** Copies a three-component sensor reading, taken at the start of the last physics step. */
  readSensor(sensorId: number, out: Float64Array): Float64Array {
    const address = this.#sensorAddresses[sensorId]!;
    const data = this.#sensorData.live;
    for (let i = 0; i < 3; i++) out[i] = data[address + i]!;
    return out;
  }

  /** Copies a site's position (3, metres) and rotation matrix (9, row-major), world frame. */
  readSitePose(siteId: number, position: Float64Array, rotation: Float64Array): void {
    const positions = this.#sitePositions.live;
    const rotations = this.#siteRotations.live;
    for (let i = 0; i < 3; i++) position[i] = positions[3 * siteId + i]!;
    for (let i = 0; i < 9; i++) rotation[i] = rotations[9 * siteId + i]!;
  }

  /** Writes the world-frame Jacobian of a site with respect to the first `columns` degrees of freedom: 6 × columns, translation first. */
  readSiteJacobian(siteId: number, columns: number, out: Float64Array): void {
    this.#mujoco.mj_jacSite(
      this.#model,
      this.#data,
      this.#translationJacobian.buffer,
      this.#rotationJacobian.buffer,
      siteId,
    );
    const translation = this.#translationJacobian.view.live;
    const rotation = this.#rotationJacobian.view.live;
    for (let row = 0; row < 3; row++) {
      for (let column = 0; column < columns; column++) {
        out[row * columns + column] = translation[row * this.degreesOfFreedom + column]!;
        out[(row + 3) * columns + column] = rotation[row * this.degreesOfFreedom + column]!;
      }
    }
  }

  /** Writes the joint-space inertia of the first `size` degrees of freedom: size × size. */
  readMassMatrix(size: number, out: Float64Array): void {
    this.#mujoco.mj_fullM(this.#model, this.#data, this.#massMatrix.buffer);
    const full = this.#massMatrix.view.live;
    for (let row = 0; row < size; row++) {
      for (let column = 0; column < size; column++) {
        out[row * size + column] = full[row * this.degreesOfFreedom + column]!;
      }
    }
  }

  /** Back to the scene's initial state. Derived quantities are stale until `forward`. */
  resetState(): void {
    this.#mujoco.mj_resetData(this.#model, this.#data);
  }

  /** Recomputes everything that follows from positions, velocities and controls. */
  forward(): void {
    this.#mujoco.mj_forward(this.#model, this.#data);
  }

  /** Advances the physics by one time step. */
  step(): void {
    this.#mujoco.mj_step(this.#model, this.#data);
  }

  /** Frees the model and its state; the simulation can't be used afterwards. Safe to call twice. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const { buffer } of [this.#translationJacobian, this.#rotationJacobian, this.#massMatrix]) buffer.delete();
    this.#data.delete();
    this.#model.delete();
  }
}

function doubleBuffer(mujoco: MuJoCo, length: number) {
  const buffer = new mujoco.DoubleBuffer(length);
  return { buffer, view: new HeapView<Float64Array>(() => buffer.GetView()) };
}
