/** Arrows on the floor that show forward and left. */
import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";
import { COMPASS_SIDE_M } from "./framing.ts";

const SIDE_PX = 256;

export class Compass {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly #canvas = document.createElement("canvas");
  readonly #texture: CanvasTexture;

  /** @param place of its centre on the floor, metres. */
  constructor([x, y]: readonly [x: number, y: number]) {
    this.#canvas.width = SIDE_PX;
    this.#canvas.height = SIDE_PX;
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.#texture.anisotropy = 4;
    const material = new MeshBasicMaterial({ map: this.#texture, transparent: true, depthWrite: false });
    this.mesh = new Mesh(new PlaneGeometry(COMPASS_SIDE_M, COMPASS_SIDE_M), material);
    this.mesh.position.set(x, y, 0.002);
    // The texture's up is forward, +x in the world.
    this.mesh.rotation.z = -Math.PI / 2;
  }

  draw(color: string): void {
    const context = this.#canvas.getContext("2d");
    if (context === null) return;
    context.clearRect(0, 0, SIDE_PX, SIDE_PX);
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = 6;
    context.lineCap = "round";
    context.lineJoin = "round";
    context.stroke(new Path2D("M150 200V70m-22 26 22-28 22 28M150 200H60m24-20-26 20 26 20"));
    context.font = "600 30px system-ui, sans-serif";
    context.textAlign = "center";
    context.fillText("forward", 150, 34);
    context.fillText("left", 42, 168);
    this.#texture.needsUpdate = true;
  }
}
