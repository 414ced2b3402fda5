/** The 3-D view with its overlays. It is focusable: arrow keys rotate it unless this page is in control. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { usePage, useRun } from "../../app_context.ts";
import { SceneView } from "../../scene/scene_view.ts";
import { cssColor, type Theme } from "../../theme.ts";
import { Icon } from "../icons.tsx";

const TURNS: Readonly<Record<string, [azimuth: number, polar: number, zoom: number]>> = {
  ArrowLeft: [-0.1, 0, 1],
  ArrowRight: [0.1, 0, 1],
  ArrowUp: [0, -0.08, 1],
  ArrowDown: [0, 0.08, 1],
  "+": [0, 0, 0.9],
  "-": [0, 0, 1.1],
};

export interface StageProps {
  readonly theme: Theme;
  readonly children?: ComponentChildren;
  /** Poses to show. Default: the live ones. */
  readonly poses?: { readonly poses: Float32Array; readonly episode: number } | undefined;
}

export function Stage({ theme, children, poses }: StageProps) {
  const page = usePage();
  const run = useRun();
  const canvas = useRef<HTMLCanvasElement>(null);
  const view = useRef<SceneView | undefined>(undefined);
  const [failure, setFailure] = useState("");
  const scene = run.facts?.scene;
  const canvasKey = useCount(scene);
  const isReplay = poses !== undefined;

  useEffect(() => {
    if (!canvas.current || !scene) return;
    try {
      view.current = new SceneView(canvas.current, scene);
    } catch {
      setFailure("The 3-D view needs WebGL, which this browser does not support.");
      return;
    }
    setFailure("");
    return attach(view.current, canvas.current);
  }, [scene]);

  useEffect(() => {
    if (isReplay) return;
    if (page.latestPoses) view.current?.push(page.latestPoses);
    return page.onFrame((frame) => {
      if (frame.type === "poses") view.current?.push(frame);
    });
  }, [scene, isReplay, page]);

  useEffect(() => {
    if (poses) view.current?.push(poses);
  }, [poses]);

  useEffect(() => view.current?.setColors(stageColors()), [theme, scene]);

  const isFollowed = run.inControl || isReplay;
  useEffect(() => view.current?.setFollowed(isFollowed), [isFollowed, scene]);

  const onKeyDown = (event: KeyboardEvent) => {
    const turn = TURNS[event.key];
    if (!turn || (run.inControl && !isReplay)) return;
    event.preventDefault();
    view.current?.orbit(...turn);
  };
  if (!scene)
    return (
      <div class="stage empty">
        {children}
        <p>This environment has no 3-D scene.</p>
      </div>
    );
  return (
    <div class="stage" id="stage">
      <canvas
        key={canvasKey}
        ref={canvas}
        tabIndex={0}
        role="img"
        aria-label="3-D view of the robot. Arrow keys rotate it unless you are in control; plus and minus zoom."
        onKeyDown={onKeyDown}
      />
      {failure && <p class="stage-note">{failure}</p>}
      <button
        type="button"
        class="quiet icon stage-reset"
        title="Reset view"
        onClick={() => view.current?.resetCamera()}
      >
        <Icon name="reset" size={16} />
        <span class="visually-hidden">Reset view</span>
      </button>
      {children}
    </div>
  );
}

/** Counts the changes of a value. Each scene needs a new canvas, because a disposed WebGL context cannot be reused. */
function useCount(value: unknown): number {
  const latest = useRef({ value, count: 0 });
  if (latest.current.value !== value) latest.current = { value, count: latest.current.count + 1 };
  return latest.current.count;
}

function attach(view: SceneView, canvas: HTMLCanvasElement): () => void {
  const fillParent = () => {
    const { clientWidth, clientHeight } = canvas.parentElement!;
    if (clientWidth > 0 && clientHeight > 0) view.resize(clientWidth, clientHeight);
  };
  const resized = new ResizeObserver(fillParent);
  resized.observe(canvas.parentElement!);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const setMotion = () => view.setSmooth(!calm.matches);
  calm.addEventListener("change", setMotion);
  setMotion();
  fillParent();
  return () => {
    resized.disconnect();
    calm.removeEventListener("change", setMotion);
    view.dispose();
  };
}

function stageColors() {
  return {
    background: cssColor("stage"),
    floor: cssColor("stage-floor"),
    grid: cssColor("stage-grid"),
    marks: cssColor("muted"),
    object: cssColor("object"),
    workspace: cssColor("stage-guide"),
    plumb: cssColor("person"),
    goal: cssColor("object"),
  };
}
