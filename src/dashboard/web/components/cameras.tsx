/** What the robot's cameras see, as the policy gets it. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { ImageFrame } from "../../frames.ts";
import { usePage, useRun } from "../app_context.ts";

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
        if (canvas) paint(canvas, frame);
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

function paint(canvas: HTMLCanvasElement, { width, height, rgb }: ImageFrame): void {
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const image = new ImageData(width, height);
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    image.data[to] = rgb[from]!;
    image.data[to + 1] = rgb[from + 1]!;
    image.data[to + 2] = rgb[from + 2]!;
    image.data[to + 3] = 255;
  }
  canvas.getContext("2d")?.putImageData(image, 0, 0);
}
