/**
 * The 3-D view: static meshes, bodies moved by incoming poses, and an orbit camera. It renders only while something moves,
 * and reduces the quality on slow machines.
 */
import {
  AmbientLight,
  Color,
  DirectionalLight,
  Fog,
  GridHelper,
  Group,
  HemisphereLight,
  Mesh,
  MeshLambertMaterial,
  PCFShadowMap,
  PerspectiveCamera,
  PlaneGeometry,
  Scene,
  SRGBColorSpace,
  WebGLRenderer,
} from "three";
import { OrbitControls } from "three/addons/controls/OrbitControls.js";
import type { Scene as SceneDescription } from "../../protocol.ts";
import { Compass } from "./compass.ts";
import { cameraFor, compassPlace, FIELD_OF_VIEW_DEG, type Framing, framingOf } from "./framing.ts";
import { geometryOf } from "./geometry.ts";
import { type GuideColors, Guides } from "./guides.ts";
import { PoseTrack } from "./pose_track.ts";

const POSE_SIZE = 7;
const GRID_M = 6;
const GRID_SQUARE_M = 0.1;
/** Distances behind the camera's target at which the floor fades into the background. */
const FOG_BEHIND_M = { near: 0.5, far: 2.2 } as const;
/** A higher frame rate costs more and adds little, because poses arrive at the control rate. */
const FRAME_INTERVAL_MS = 1000 / 30;
/** Frame interval for watchers without a graphics card: software rendering may take CPU time from the learner. */
const WATCHER_INTERVAL_MS = 1000;
/** How long the full frame rate is used after the user has changed the view. */
const CHANGING_MS = 600;
/** Jitter of the display's frame interval. */
const FRAME_TOLERANCE_MS = 4;
/** The quality is reduced above this mean frame interval. */
const SLOW_FRAME_MS = 45;
const LEAST_PIXEL_RATIO = 0.5;
/** Software renderers of Chromium, Mesa and Windows. */
const SOFTWARE_RENDERERS = /SwiftShader|llvmpipe|softpipe|Basic Render/i;

export interface ViewColors extends GuideColors {
  readonly background: string;
  readonly floor: string;
  readonly grid: string;
  /** Colour of the compass. */
  readonly marks: string;
  /** Colour of the object to lift, in place of the scene's. */
  readonly object: string;
}

export class SceneView {
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(FIELD_OF_VIEW_DEG, 1, 0.02, 20);
  readonly #controls: OrbitControls;
  readonly #bodies: readonly Group[];
  readonly #track = new PoseTrack();
  readonly #floor = new MeshLambertMaterial();
  readonly #compass: Compass;
  readonly #focus: SceneDescription["focus"];
  readonly #framing: Framing;
  readonly #fog = new Fog("#ffffff");
  readonly #guides: Guides;
  readonly #liftedBody: number | undefined;
  readonly #lifted: MeshLambertMaterial[] = [];
  /** Without one, poses are not interpolated: software rendering may take CPU time from the learner. */
  readonly #hasGraphicsCard: boolean;
  #grid: GridHelper | undefined;
  #smooth = true;
  #isFollowed = false;
  /** The camera is at its initial position, so a resize may reframe it. */
  #isFramed = true;
  #episode = 0;
  #changedMs = Number.NEGATIVE_INFINITY;
  #frame = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastDrawnMs = 0;
  #wasMoving = false;
  #paceMs = FRAME_INTERVAL_MS;
  #pixelRatio = Math.min(2, devicePixelRatio);
  #size = { width: 1, height: 1 };

  /** @throws Error if the browser has no WebGL. */
  constructor(canvas: HTMLCanvasElement, description: SceneDescription) {
    this.#renderer = new WebGLRenderer({ canvas, antialias: true, powerPreference: "low-power" });
    this.#hasGraphicsCard = !SOFTWARE_RENDERERS.test(rendererName(this.#renderer.getContext()));
    this.#renderer.outputColorSpace = SRGBColorSpace;
    this.#renderer.shadowMap.enabled = this.#hasGraphicsCard;
    this.#renderer.shadowMap.type = PCFShadowMap;
    this.#focus = description.focus;
    this.#framing = framingOf(description);
    this.#liftedBody = description.guides?.lift?.body;
    this.#bodies = Array.from({ length: description.bodies }, () => new Group());
    this.#scene.add(...this.#bodies);
    for (const geom of description.geoms) this.#addGeom(geom);
    this.#addLights();
    const floor = new Mesh(new PlaneGeometry(GRID_M, GRID_M), this.#floor);
    floor.receiveShadow = true;
    this.#scene.add(floor);
    this.#compass = new Compass(compassPlace(description));
    this.#guides = new Guides(description);
    this.#scene.add(this.#compass.mesh, this.#guides.group);
    // Before the controls, which read it once.
    this.#camera.up.set(0, 0, 1);
    this.#controls = new OrbitControls(this.#camera, canvas);
    this.#controls.addEventListener("start", () => {
      this.#isFramed = false;
    });
    this.#controls.addEventListener("change", () => this.#showChange());
    this.#controls.maxPolarAngle = 0.495 * Math.PI;
    this.#controls.minDistance = 0.25;
    this.#controls.maxDistance = 4;
    this.resetCamera();
  }

  push(frame: { readonly poses: Float32Array; readonly episode: number }): void {
    this.#episode = frame.episode;
    this.#track.push(frame, performance.now(), this.#smooth && this.#hasGraphicsCard);
    this.invalidate();
  }

  /** @param smooth false for reduced motion. */
  setSmooth(smooth: boolean): void {
    this.#smooth = smooth;
  }

  /** @param isFollowed true while steering or playing back: full frame rate. */
  setFollowed(isFollowed: boolean): void {
    this.#isFollowed = isFollowed;
    this.#showChange();
  }

  setColors({ background, floor, grid, marks, object, ...guides }: ViewColors): void {
    this.#compass.draw(marks);
    this.#guides.setColors(guides);
    for (const material of this.#lifted) material.color.set(object);
    this.#scene.background = new Color(background);
    this.#scene.fog = this.#fog;
    this.#fog.color.set(background);
    this.#floor.color.set(floor);
    this.#grid?.removeFromParent();
    this.#grid?.dispose();
    this.#grid = new GridHelper(GRID_M, GRID_M / GRID_SQUARE_M, grid, grid);
    this.#grid.rotateX(Math.PI / 2);
    this.#grid.position.z = 0.0005;
    this.#scene.add(this.#grid);
    this.#showChange();
  }

  resize(width: number, height: number): void {
    this.#size = { width, height };
    this.#camera.aspect = width / height;
    this.#camera.updateProjectionMatrix();
    if (this.#isFramed) this.resetCamera();
    this.#applySize();
    this.#showChange();
  }

  /** Moves the camera to its initial position. */
  resetCamera(): void {
    this.#isFramed = true;
    const { position, target } = cameraFor(this.#framing, this.#camera.aspect);
    this.#camera.position.set(...position);
    this.#controls.target.set(...target);
    this.#controls.update();
  }

  /** Rotates and zooms. @param azimuth radians. @param polar radians. @param zoom factor of the distance. */
  orbit(azimuth: number, polar: number, zoom: number): void {
    this.#isFramed = false;
    const offset = this.#camera.position.clone().sub(this.#controls.target);
    const radius = offset.length() * zoom;
    const around = Math.atan2(offset.y, offset.x) + azimuth;
    const down = Math.acos(offset.z / offset.length()) + polar;
    const polarAngle = Math.min(this.#controls.maxPolarAngle, Math.max(0.05, down));
    const flat = radius * Math.sin(polarAngle);
    offset.set(flat * Math.cos(around), flat * Math.sin(around), radius * Math.cos(polarAngle));
    this.#camera.position.copy(this.#controls.target).add(offset);
    this.#controls.update();
  }

  /** Renders the next frame, and further ones while something moves. */
  invalidate(): void {
    if (this.#timer !== undefined) return;
    const waitMs = this.#lastDrawnMs + this.#intervalMs() - performance.now();
    if (waitMs > FRAME_INTERVAL_MS) {
      this.#timer = setTimeout(() => this.#endWait(), waitMs);
      return;
    }
    this.#frame ||= requestAnimationFrame((frameMs) => {
      this.#frame = 0;
      const nowMs = Math.max(frameMs, performance.now());
      if (nowMs - this.#lastDrawnMs < FRAME_INTERVAL_MS - FRAME_TOLERANCE_MS) this.invalidate();
      else this.#draw(nowMs);
    });
  }

  /** Renders a change of the view without delay. */
  #showChange(): void {
    this.#changedMs = performance.now();
    this.#endWait();
  }

  #endWait(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.invalidate();
  }

  #intervalMs(): number {
    const isAwaited = this.#isFollowed || performance.now() - this.#changedMs < CHANGING_MS;
    return this.#hasGraphicsCard || isAwaited ? FRAME_INTERVAL_MS : WATCHER_INTERVAL_MS;
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#timer);
    this.#controls.dispose();
    this.#renderer.dispose();
    // Browsers limit the number of contexts, and would free this one only at garbage collection.
    this.#renderer.forceContextLoss();
  }

  #draw(nowMs: number): void {
    const poses = this.#track.sample(nowMs);
    if (poses) this.#place(poses);
    const distance = this.#camera.position.distanceTo(this.#controls.target);
    this.#fog.near = distance + FOG_BEHIND_M.near;
    this.#fog.far = distance + FOG_BEHIND_M.far;
    this.#renderer.render(this.#scene, this.#camera);
    if (this.#wasMoving) this.#adapt(nowMs - this.#lastDrawnMs);
    this.#lastDrawnMs = nowMs;
    this.#wasMoving = this.#track.isMoving(nowMs);
    if (this.#wasMoving) this.invalidate();
  }

  #place(poses: Float32Array): void {
    this.#guides.place(poses, this.#episode);
    this.#bodies.forEach((body, i) => {
      const at = i * POSE_SIZE;
      body.position.set(poses[at]!, poses[at + 1]!, poses[at + 2]!);
      body.quaternion.set(poses[at + 4]!, poses[at + 5]!, poses[at + 6]!, poses[at + 3]!);
    });
  }

  /** Reduces the quality if frames are slow. The interval between frames includes the time of the graphics card. */
  #adapt(intervalMs: number): void {
    this.#paceMs += 0.1 * (intervalMs - this.#paceMs);
    if (this.#paceMs <= SLOW_FRAME_MS) return;
    this.#paceMs = FRAME_INTERVAL_MS;
    if (this.#renderer.shadowMap.enabled && this.#pixelRatio <= 1) {
      this.#renderer.shadowMap.enabled = false;
      this.#scene.traverse((object) => {
        if (object instanceof Mesh && object.material instanceof MeshLambertMaterial)
          object.material.needsUpdate = true;
      });
    } else if (this.#pixelRatio > LEAST_PIXEL_RATIO) {
      this.#pixelRatio = Math.max(LEAST_PIXEL_RATIO, 0.75 * this.#pixelRatio);
      this.#applySize();
    }
    this.invalidate(); // the canvas is empty now
  }

  #applySize(): void {
    this.#renderer.setPixelRatio(this.#pixelRatio);
    this.#renderer.setSize(this.#size.width, this.#size.height, false);
  }

  #addGeom(geom: SceneDescription["geoms"][number]): void {
    const geometry = geometryOf(geom);
    if (geometry === undefined) return;
    const material = new MeshLambertMaterial({ transparent: geom.alpha < 1, opacity: geom.alpha });
    material.color.setRGB(...geom.color, SRGBColorSpace);
    if (geom.body === this.#liftedBody) this.#lifted.push(material);
    const mesh = new Mesh(geometry, material);
    mesh.position.set(...geom.position_m);
    const [w, x, y, z] = geom.quaternion;
    mesh.quaternion.set(x, y, z, w);
    mesh.castShadow = geom.alpha === 1;
    mesh.receiveShadow = true;
    this.#bodies[geom.body]?.add(mesh);
  }

  #addLights(): void {
    const sun = new DirectionalLight("#fff6ea", 1.9);
    const [x, y] = this.#focus.center_m;
    sun.position.set(x + 0.6, y - 0.5, 2);
    sun.target.position.set(x, y, 0);
    sun.castShadow = true;
    sun.shadow.mapSize.set(1024, 1024);
    const { camera } = sun.shadow;
    [camera.left, camera.right, camera.top, camera.bottom, camera.near, camera.far] = [-0.9, 0.9, 0.9, -0.9, 0.5, 4];
    sun.shadow.bias = -0.001;
    sun.shadow.radius = 3;
    const sky = new HemisphereLight("#ffffff", "#8a93a3", 1.1);
    sky.position.set(0, 0, 1);
    this.#scene.add(sun, sun.target, sky, new AmbientLight("#ffffff", 0.35));
  }
}

function rendererName(context: WebGLRenderingContext | WebGL2RenderingContext): string {
  const names = context.getExtension("WEBGL_debug_renderer_info");
  return String(context.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? context.RENDERER));
}
