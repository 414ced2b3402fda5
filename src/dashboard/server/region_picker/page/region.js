/** One camera: its image, the rectangle on it, the number fields and the cropped preview. */

/** Clamps a rectangle, in pixels from the top left corner, to the image; at least one pixel large. */
function fitInside({ top, left, height, width }, size) {
  const whole = (value, low, high) => Math.min(high, Math.max(low, Math.round(Number.isFinite(value) ? value : low)));
  const fitted = { height: whole(height, 1, size.height), width: whole(width, 1, size.width) };
  return {
    top: whole(top, 0, size.height - fitted.height),
    left: whole(left, 0, size.width - fitted.width),
    ...fitted,
  };
}

/** The rectangle between two corners, rounded to pixel edges. */
function between(a, b, size) {
  const clamp = (value, high) => Math.min(high, Math.max(0, Math.round(value)));
  const [x0, x1] = [clamp(Math.min(a.x, b.x), size.width), clamp(Math.max(a.x, b.x), size.width)];
  const [y0, y1] = [clamp(Math.min(a.y, b.y), size.height), clamp(Math.max(a.y, b.y), size.height)];
  return fitInside({ top: y0, left: x0, height: y1 - y0, width: x1 - x0 }, size);
}

/** Arrow key → pixels down, pixels right. */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

export class CameraRegion {
  /**
   * @param camera `{ key, height, width }`
   * @param crop `[top, left, height, width]`, or undefined for the whole image
   * @param onChange called after every change of the region
   */
  constructor(camera, crop, onChange) {
    this.camera = camera;
    this.onChange = onChange;
    const fragment = document.getElementById("camera").content.cloneNode(true);
    this.element = fragment.querySelector("article");
    this.stage = fragment.querySelector(".stage");
    this.image = fragment.querySelector("img");
    this.rectangle = fragment.querySelector(".region");
    this.grip = fragment.querySelector(".grip");
    this.canvas = fragment.querySelector("canvas");
    this.caption = fragment.querySelector("figcaption");
    this.inputs = [...fragment.querySelectorAll("input")];
    const name = camera.key.replace(/^observation\.images\./, "");
    const title = fragment.querySelector("h2");
    title.textContent = name;
    title.append(Object.assign(document.createElement("span"), { textContent: `${camera.height} × ${camera.width}` }));
    this.element.setAttribute("aria-label", `Camera ${name}`);
    this.name = name;
    this.canvas.setAttribute("role", "img");
    this.stage.style.aspectRatio = `${camera.width} / ${camera.height}`;
    for (const input of this.inputs) {
      const isAcross = ["left", "width"].includes(input.dataset.side);
      input.max = String(isAcross ? camera.width : camera.height);
      input.setAttribute("aria-label", `${input.dataset.side} of ${name} in pixels`);
      input.addEventListener("change", () => this.set({ ...this.region, [input.dataset.side]: input.valueAsNumber }));
    }
    fragment.querySelector('[data-action="whole"]').addEventListener("click", () => this.set(this.whole));
    fragment.querySelector('[data-action="square"]').addEventListener("click", () => this.makeSquare());
    this.image.addEventListener("load", () => this.draw());
    this.stage.addEventListener("pointerdown", (event) => this.startDrag(event));
    this.grip.addEventListener("keydown", (event) => this.onKey(event));
    this.resize = null;
    const [top, left, height, width] = crop ?? [0, 0, camera.height, camera.width];
    this.set({ top, left, height, width });
  }

  get whole() {
    return { top: 0, left: 0, height: this.camera.height, width: this.camera.width };
  }

  get crop() {
    const { top, left, height, width } = this.region;
    return [top, left, height, width];
  }

  get isWhole() {
    return this.region.height === this.camera.height && this.region.width === this.camera.width;
  }

  set(region) {
    this.region = fitInside(region, this.camera);
    const { top, left, height, width } = this.region;
    const share = (value, of) => `${(100 * value) / of}%`;
    Object.assign(this.rectangle.style, {
      top: share(top, this.camera.height),
      left: share(left, this.camera.width),
      height: share(height, this.camera.height),
      width: share(width, this.camera.width),
    });
    this.grip.setAttribute("aria-label", `Region of ${this.name}: top ${top}, left ${left}, ${height} × ${width}`);
    for (const input of this.inputs) input.value = String(this.region[input.dataset.side]);
    this.draw();
    this.onChange();
  }

  /** The largest square in the middle of the region. */
  makeSquare() {
    const { top, left, height, width } = this.region;
    const side = Math.min(height, width);
    this.set({ top: top + (height - side) / 2, left: left + (width - side) / 2, height: side, width: side });
  }

  /** @param size `[height, width]` after cropping, or null */
  showResized(size) {
    this.resize = size;
    this.draw();
  }

  show(url, description) {
    this.image.src = url;
    this.image.alt = `${this.name}, ${description}`;
  }

  draw() {
    const { top, left, height, width } = this.region;
    const [outHeight, outWidth] = this.resize ?? [height, width];
    const stretch = outWidth / outHeight / (width / height);
    const isStretched = Math.abs(Math.log(stretch)) > 0.02;
    this.caption.textContent = `Result: ${outHeight} × ${outWidth}${isStretched ? ", stretched" : ""}`;
    this.caption.classList.toggle("warning", isStretched);
    this.canvas.setAttribute("aria-label", `${this.name}, cropped. ${this.caption.textContent}`);
    if (!this.image.complete || this.image.naturalWidth === 0) return;
    Object.assign(this.canvas, { height: outHeight, width: outWidth });
    this.canvas.getContext("2d").drawImage(this.image, left, top, width, height, 0, 0, outWidth, outHeight);
  }

  onKey(event) {
    const [down, right] = ARROWS[event.key] ?? [0, 0];
    const { top, left, height, width } = this.region;
    if (event.key === "Home") this.set(this.whole);
    else if (down === 0 && right === 0) return;
    else if (event.shiftKey)
      this.set({ top, left, ...this.limitSize({ height: height + down, width: width + right }) });
    else this.set({ ...this.region, top: top + down, left: left + right });
    event.preventDefault();
  }

  /** Limits a size so that the region fits without moving its top left corner. */
  limitSize({ height, width }) {
    const { top, left } = this.region;
    return { height: Math.min(height, this.camera.height - top), width: Math.min(width, this.camera.width - left) };
  }

  startDrag(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    const start = this.pointOf(event);
    const from = this.region;
    const edges = event.target.dataset.edge;
    const isInside = event.target === this.grip && !this.isWhole;
    const move = (at) => {
      if (edges !== undefined) this.resizeEdges(from, edges, at);
      else if (isInside) this.set({ ...from, top: from.top + at.y - start.y, left: from.left + at.x - start.x });
      else if (Math.hypot(at.x - start.x, at.y - start.y) >= 2) this.set(between(start, at, this.camera));
    };
    const onMove = (moved) => move(this.pointOf(moved));
    const onEnd = () => this.stage.removeEventListener("pointermove", onMove);
    this.stage.setPointerCapture(event.pointerId);
    this.stage.addEventListener("pointermove", onMove);
    this.stage.addEventListener("lostpointercapture", onEnd, { once: true });
    this.grip.focus({ preventScroll: true });
  }

  resizeEdges({ top, left, height, width }, edges, { x, y }) {
    const [right, bottom] = [left + width, top + height];
    const a = {
      x: edges.includes("w") ? Math.min(x, right - 1) : left,
      y: edges.includes("n") ? Math.min(y, bottom - 1) : top,
    };
    const b = {
      x: edges.includes("e") ? Math.max(x, left + 1) : right,
      y: edges.includes("s") ? Math.max(y, top + 1) : bottom,
    };
    this.set(between(a, b, this.camera));
  }

  /** The pointer's position in image pixels. */
  pointOf({ clientX, clientY }) {
    const box = this.stage.getBoundingClientRect();
    return {
      x: ((clientX - box.left) / box.width) * this.camera.width,
      y: ((clientY - box.top) / box.height) * this.camera.height,
    };
  }
}
