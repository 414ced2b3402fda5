/** Camera images at a step of a recorded episode. One image per camera is loaded at a time. */
import { useEffect, useRef } from "preact/hooks";
import { decodeFrame } from "../../../frames.ts";
import { paintImage } from "../view/paint_image.ts";

export interface EpisodeImagesProps {
  readonly episode: number;
  readonly step: number;
  readonly cameras: readonly string[];
}

export function EpisodeImages({ episode, step, cameras }: EpisodeImagesProps) {
  if (cameras.length === 0) return <p class="stage-note">This dataset has no camera images.</p>;
  return (
    <div class="seen-images">
      {cameras.map((name, camera) => (
        <figure key={name}>
          <EpisodeImage episode={episode} step={step} camera={camera} name={name} />
          <figcaption>{name}</figcaption>
        </figure>
      ))}
    </div>
  );
}

interface EpisodeImageProps {
  readonly episode: number;
  readonly step: number;
  readonly camera: number;
  readonly name: string;
}

function EpisodeImage({ episode, step, camera, name }: EpisodeImageProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const wanted = useRef(step);
  const isLoading = useRef(false);
  wanted.current = step;
  useEffect(() => {
    if (isLoading.current) return;
    const load = async () => {
      isLoading.current = true;
      for (let shown = -1; shown !== wanted.current && canvas.current !== null; ) {
        shown = wanted.current;
        const response = await fetch(`recordings/${episode}/images/${shown}/${camera}`);
        if (!response.ok) break;
        const frame = decodeFrame(await response.arrayBuffer());
        if (frame.type === "image" && canvas.current) paintImage(canvas.current, frame);
      }
      isLoading.current = false;
    };
    load().catch(() => {
      isLoading.current = false;
    });
  }, [episode, step, camera]);
  return <canvas ref={canvas} role="img" aria-label={`Camera ${name}`} />;
}
