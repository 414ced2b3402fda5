/** Live camera images, as the policy receives them. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ImageFrame } from "../../../frames.ts";
import { usePage, useRun } from "../../app_context.ts";
import { paintImage } from "./paint_image.ts";

export function Cameras() {
  const page = usePage();
  const run = useRun();
  const [count, setCount] = useState(0);
  const frames = useRef<ImageFrame[]>([]);
  useEffect(
    () =>
      page.onFrame((frame) => {
        if (frame.type !== "image") return;
        frames.current[frame.camera] = frame;
        setCount((known) => Math.max(known, frame.camera + 1));
        const canvas = document.querySelector<HTMLCanvasElement>(`#camera-${frame.camera}`);
        if (canvas) paintImage(canvas, frame);
      }),
    [page],
  );
  const names = run.facts?.cameras ?? [];
  return (
    <div class="cameras">
      {Array.from({ length: count }, (_, camera) => {
        const name = (names[camera] ?? `camera ${camera + 1}`).replace(/^.*\./, "");
        return (
          <figure key={name}>
            <canvas id={`camera-${camera}`} role="img" aria-label={`Camera ${name}`} />
            <figcaption>{name}</figcaption>
          </figure>
        );
      })}
    </div>
  );
}
