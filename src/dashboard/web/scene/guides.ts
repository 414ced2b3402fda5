/**
 * Guides that make depth and goal visible: a plumb line from the tool to the floor, the workspace's edges, and the outline
 * of the object at its goal height.
 */
import {
  BoxGeometry,
  BufferGeometry,
  EdgesGeometry,
  Float32BufferAttribute,
  Group,
  LineBasicMaterial,
  LineSegments,
  Mesh,
  MeshBasicMaterial,
  Quaternion,
  RingGeometry,
  Vector3,
} from "three";
import type { Scene } from "../../protocol.ts";

const POSE_SIZE = 7;
/** Offset from the floor, against z-fighting. */
const HOVER_M = 0.0015;
const RING_M = 0.018;
/** Height of the corner marks of the workspace. */
const CORNER_M = 0.05;

export interface GuideColors {
  readonly workspace: string;
  readonly plumb: string;
  readonly goal: string;
}

export class Guides {
  readonly group = new Group();
  readonly #tool: NonNullable<Scene["guides"]>["tool"];
  readonly #lift: NonNullable<Scene["guides"]>["lift"];
  readonly #workspace = new LineBasicMaterial({ transparent: true, opacity: 0.55 });
  readonly #plumbLine = new LineBasicMaterial();
  readonly #ringLook = new MeshBasicMaterial({ transparent: true, opacity: 0.75 });
  readonly #goal = new LineBasicMaterial({ transparent: true, opacity: 0.9 });
  readonly #plumb: LineSegments | undefined;
  readonly #ring: Mesh | undefined;
  readonly #ghost: LineSegments | undefined;
  readonly #point = new Vector3();
  readonly #turn = new Quaternion();
  #episode = -1;
  #startHeight = 0;

  constructor({ guides, geoms }: Pick<Scene, "guides" | "geoms">) {
    this.#tool = guides?.tool;
    this.#lift = guides?.lift;
    if (guides?.workspace) this.group.add(new LineSegments(outlineOf(guides.workspace), this.#workspace));
    if (this.#tool) {
      const line = new BufferGeometry();
      line.setAttribute("position", new Float32BufferAttribute(6, 3));
      this.#plumb = new LineSegments(line, this.#plumbLine);
      this.#plumb.frustumCulled = false;
      this.#ring = new Mesh(new RingGeometry(0.7 * RING_M, RING_M, 32), this.#ringLook);
      this.group.add(this.#plumb, this.#ring);
    }
    const lifted = geoms.find(({ body }) => body === this.#lift?.body);
    if (lifted) {
      const [x, y, z] = lifted.shape === "box" ? lifted.size_m : ([1, 1, 1].map(() => lifted.size_m[0]) as Triple);
      this.#ghost = new LineSegments(new EdgesGeometry(new BoxGeometry(2 * x, 2 * y, 2 * z)), this.#goal);
      this.group.add(this.#ghost);
    }
    this.group.visible = false; // until the first poses
  }

  setColors({ workspace, plumb, goal }: GuideColors): void {
    this.#workspace.color.set(workspace);
    this.#plumbLine.color.set(plumb);
    this.#ringLook.color.set(plumb);
    this.#goal.color.set(goal);
  }

  /** @param poses of all bodies. @param episode a new one resets the goal height. */
  place(poses: Float32Array, episode: number): void {
    this.group.visible = true;
    if (this.#tool && this.#plumb && this.#ring) this.#placePlumbLine(poses, this.#tool, this.#plumb, this.#ring);
    if (!this.#lift || !this.#ghost) return;
    const at = this.#lift.body * POSE_SIZE;
    if (episode !== this.#episode) this.#startHeight = poses[at + 2]!;
    this.#episode = episode;
    this.#ghost.position.set(poses[at]!, poses[at + 1]!, this.#startHeight + this.#lift.height_m);
  }

  #placePlumbLine(poses: Float32Array, tool: Tool, plumb: LineSegments, ring: Mesh): void {
    const at = tool.body * POSE_SIZE;
    this.#turn.set(poses[at + 4]!, poses[at + 5]!, poses[at + 6]!, poses[at + 3]!);
    const { x, y, z } = this.#point.set(...tool.position_m).applyQuaternion(this.#turn);
    const tip = [poses[at]! + x, poses[at + 1]! + y, poses[at + 2]! + z] as const;
    const positions = plumb.geometry.attributes.position!;
    positions.setXYZ(0, ...tip);
    positions.setXYZ(1, tip[0], tip[1], HOVER_M);
    positions.needsUpdate = true;
    ring.position.set(tip[0], tip[1], HOVER_M);
  }
}

type Triple = [number, number, number];
type Tool = NonNullable<NonNullable<Scene["guides"]>["tool"]>;

/** The box's floor with corner marks: a complete wire frame would hide the arm. */
function outlineOf({ low_m: [x0, y0, z0], high_m: [x1, y1] }: { low_m: Triple; high_m: Triple }): BufferGeometry {
  const z = z0 + HOVER_M;
  const corners = [
    [x0, y0],
    [x1, y0],
    [x1, y1],
    [x0, y1],
  ] as const;
  const lines = corners.flatMap(([x, y], i) => {
    const [nextX, nextY] = corners[(i + 1) % corners.length]!;
    return [x, y, z, nextX, nextY, z, x, y, z, x, y, z + CORNER_M];
  });
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new Float32BufferAttribute(lines, 3));
  return geometry;
}
