/** Written on the floor: where forward and left are for the hands, whichever way the view is turned. */
import { CanvasTexture, Mesh, MeshBasicMaterial, PlaneGeometry, SRGBColorSpace } from "three";

const SIDE_M = 0.34;
const SIDE_PX = 256;

export class Compass {
  readonly mesh: Mesh<PlaneGeometry, MeshBasicMaterial>;
  readonly #canvas = document.createElement("canvas");
  readonly #texture: CanvasTexture;

  /** @param focus what the view looks at; the compass lies at its right. */
  constructor([x, y]: readonly [number, number, number]) {
    this.#canvas.width = SIDE_PX;
    this.#canvas.height = SIDE_PX;
    this.#texture = new CanvasTexture(this.#canvas);
    this.#texture.colorSpace = SRGBColorSpace;
    this.#texture.anisotropy = 4;
    const material = new MeshBasicMaterial({ map: this.#texture, transparent: true, depthWrite: false });
    this.mesh = new Mesh(new PlaneGeometry(SIDE_M, SIDE_M), material);
    this.mesh.position.set(x + 0.1, y - 0.42, 0.002);
    // The picture's up is forward, +x in the world.
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
    this.#write(context, "forward", 150, 34);
    this.#write(context, "left", 42, 168);
    this.#texture.needsUpdate = true;
  }

  /** Upright for whoever stands in front of the robot, which is where the view begins. */
  #write(context: CanvasRenderingContext2D, text: string, x: number, y: number): void {
    context.save();
    context.translate(x, y);
    context.rotate(Math.PI);
    context.fillText(text, 0, 10);
    context.restore();
  }
}
