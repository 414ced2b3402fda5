/**
 * Operational-space control of the arm (Khatib 1987): joint torques that move the tool centre point to a target pose as
 * a critically damped spring would, with a weak pull of the null space towards a rest posture. Gains and the switch to
 * a pseudo-inverse near singularities follow gym-hil's `opspace`.
 */

import type { Simulation } from "../mujoco/simulation.ts";
import { invert, multiply, multiplyTransposed, pseudoInvertSymmetric } from "./linear_algebra.ts";
import { type Quaternion, rotationVectorBetween } from "./rotations.ts";

export const ARM_JOINTS = 7;
const TASK_DIMENSIONS = 6;
const STIFFNESS = 200;
const DAMPING = 2 * Math.sqrt(STIFFNESS);
const POSTURE_STIFFNESS = 0.5;
const POSTURE_DAMPING = 2 * Math.sqrt(POSTURE_STIFFNESS);
/** Below this determinant of J M⁻¹ Jᵀ the pose counts as singular. */
const SINGULAR_DETERMINANT = 1e-2;
const PSEUDO_INVERSE_CUTOFF = 1e-2;

export class OperationalSpaceController {
  /** Joint torques in N·m, written by `update`. */
  readonly torques = new Float64Array(ARM_JOINTS);
  /** How often the pseudo-inverse was needed. */
  singularities = 0;
  readonly #simulation: Simulation;
  readonly #siteId: number;
  readonly #restPosture: Float64Array;
  readonly #position = new Float64Array(3);
  readonly #rotation = new Float64Array(9);
  readonly #rotationError = new Float64Array(3);
  readonly #jacobian = new Float64Array(TASK_DIMENSIONS * ARM_JOINTS);
  readonly #massMatrix = new Float64Array(ARM_JOINTS * ARM_JOINTS);
  readonly #inverseMass = new Float64Array(ARM_JOINTS * ARM_JOINTS);
  readonly #inverseMassJacobian = new Float64Array(ARM_JOINTS * TASK_DIMENSIONS);
  readonly #inverseTaskInertia = new Float64Array(TASK_DIMENSIONS * TASK_DIMENSIONS);
  readonly #taskInertia = new Float64Array(TASK_DIMENSIONS * TASK_DIMENSIONS);
  readonly #scratch = new Float64Array(TASK_DIMENSIONS * TASK_DIMENSIONS);
  readonly #taskVelocity = new Float64Array(TASK_DIMENSIONS);
  readonly #taskAcceleration = new Float64Array(TASK_DIMENSIONS);
  readonly #taskForce = new Float64Array(TASK_DIMENSIONS);
  readonly #postureTorque = new Float64Array(ARM_JOINTS);
  readonly #projected = new Float64Array(TASK_DIMENSIONS);

  /** @param restPosture joint positions (rad) that the redundant degree of freedom is drawn to. */
  constructor(simulation: Simulation, siteId: number, restPosture: ArrayLike<number>) {
    this.#simulation = simulation;
    this.#siteId = siteId;
    this.#restPosture = Float64Array.from(restPosture);
  }

  /** Torques for the simulation's present state towards a target position (m) and orientation, world frame. */
  update(targetPosition: Float64Array, targetOrientation: Quaternion): Float64Array {
    this.#readTaskAcceleration(targetPosition, targetOrientation);
    this.#readTaskInertia();
    multiply(TASK_DIMENSIONS, TASK_DIMENSIONS, 1, this.#taskInertia, this.#taskAcceleration, this.#taskForce);

    // τ = Jᵀ F + (I − Jᵀ J̄ᵀ) τ₀ + bias, J̄ = M⁻¹ Jᵀ Λ; the second term is Jᵀ times a 6-vector, so both share one product.
    const simulation = this.#simulation;
    const positions = simulation.positions;
    const velocities = simulation.velocities;
    for (let joint = 0; joint < ARM_JOINTS; joint++) {
      this.#postureTorque[joint] =
        -POSTURE_STIFFNESS * (positions[joint]! - this.#restPosture[joint]!) - POSTURE_DAMPING * velocities[joint]!;
    }
    multiply(1, ARM_JOINTS, TASK_DIMENSIONS, this.#postureTorque, this.#inverseMassJacobian, this.#projected);
    for (let row = 0; row < TASK_DIMENSIONS; row++) {
      let force = this.#taskForce[row]!;
      for (let k = 0; k < TASK_DIMENSIONS; k++) {
        force -= this.#taskInertia[k * TASK_DIMENSIONS + row]! * this.#projected[k]!;
      }
      this.#taskVelocity[row] = force;
    }
    multiply(1, TASK_DIMENSIONS, ARM_JOINTS, this.#taskVelocity, this.#jacobian, this.torques);
    const bias = simulation.biasForces;
    for (let joint = 0; joint < ARM_JOINTS; joint++) {
      this.torques[joint]! += this.#postureTorque[joint]! + bias[joint]!;
    }
    return this.torques;
  }

  #readTaskAcceleration(targetPosition: Float64Array, targetOrientation: Quaternion): void {
    const simulation = this.#simulation;
    simulation.readSitePose(this.#siteId, this.#position, this.#rotation);
    simulation.readSiteJacobian(this.#siteId, ARM_JOINTS, this.#jacobian);
    multiply(TASK_DIMENSIONS, ARM_JOINTS, 1, this.#jacobian, simulation.velocities, this.#taskVelocity);
    rotationVectorBetween(this.#rotation, targetOrientation, this.#rotationError);
    for (let axis = 0; axis < 3; axis++) {
      const positionError = this.#position[axis]! - targetPosition[axis]!;
      this.#taskAcceleration[axis] = -STIFFNESS * positionError - DAMPING * this.#taskVelocity[axis]!;
      this.#taskAcceleration[axis + 3] =
        -STIFFNESS * this.#rotationError[axis]! - DAMPING * this.#taskVelocity[axis + 3]!;
    }
  }

  /** Λ = (J M⁻¹ Jᵀ)⁻¹, the inertia felt at the tool centre point. */
  #readTaskInertia(): void {
    this.#simulation.readMassMatrix(ARM_JOINTS, this.#massMatrix);
    invert(ARM_JOINTS, this.#massMatrix, this.#inverseMass);
    multiplyTransposed(
      ARM_JOINTS,
      ARM_JOINTS,
      TASK_DIMENSIONS,
      this.#inverseMass,
      this.#jacobian,
      this.#inverseMassJacobian,
    );
    multiply(
      TASK_DIMENSIONS,
      ARM_JOINTS,
      TASK_DIMENSIONS,
      this.#jacobian,
      this.#inverseMassJacobian,
      this.#inverseTaskInertia,
    );
    this.#scratch.set(this.#inverseTaskInertia);
    const determinant = invert(TASK_DIMENSIONS, this.#scratch, this.#taskInertia);
    if (Math.abs(determinant) >= SINGULAR_DETERMINANT) return;
    this.singularities++;
    pseudoInvertSymmetric(TASK_DIMENSIONS, this.#inverseTaskInertia, PSEUDO_INVERSE_CUTOFF, this.#taskInertia);
  }
}
