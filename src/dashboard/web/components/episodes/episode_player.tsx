/** Playback of an episode: 3-D view or camera images, a slider, and the tracks. */
import { useEffect, useRef, useState } from "preact/hooks";
import type { EpisodeRecording } from "../../../recording_format.ts";
import type { Theme } from "../../theme.ts";
import { Icon } from "../icons.tsx";
import { Stage } from "../view/stage.tsx";
import { EpisodeImages } from "./episode_images.tsx";
import { OutcomeMark } from "./episode_list.tsx";
import { EpisodeTracks } from "./episode_tracks.tsx";

const POSE_SIZE = 7;
const SPEEDS = [0.25, 0.5, 1, 2, 4] as const;

export interface EpisodePlayerProps {
  readonly recording: EpisodeRecording;
  readonly theme: Theme;
}

export function EpisodePlayer({ recording, theme }: EpisodePlayerProps) {
  const { steps, control_frequency_hz, trace, cameras, bodies } = recording;
  const [step, setStep] = useState(0);
  const [speed, setSpeed] = useState<number>(1);
  const [isPlaying, setPlaying] = useState(() => !matchMedia("(prefers-reduced-motion: reduce)").matches);
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => {
    if (!isPlaying || steps === 0) return;
    const advance = () => setStep((latest.current + 1) % steps);
    const timer = setInterval(advance, 1000 / control_frequency_hz / speed);
    return () => clearInterval(timer);
  }, [isPlaying, speed, recording]);
  const poses = usePoses(recording, step);
  const seek = (to: number) => {
    setPlaying(false);
    setStep(Math.max(0, Math.min(steps - 1, to)));
  };
  return (
    <>
      {bodies > 0 ? (
        <Stage theme={theme} poses={poses}>
          <Badges recording={recording} step={step} />
        </Stage>
      ) : (
        <div class="stage seen">
          <EpisodeImages episode={trace.episode} step={step} cameras={cameras} />
          <Badges recording={recording} step={step} />
        </div>
      )}
      <div class="panel player">
        <div class="player-row">
          <button
            type="button"
            class="icon"
            aria-label={isPlaying ? "Pause" : "Play"}
            onClick={() => setPlaying(!isPlaying)}
          >
            <Icon name={isPlaying ? "pause" : "play"} size={16} />
          </button>
          <input
            type="range"
            min="0"
            max={Math.max(0, steps - 1)}
            value={step}
            aria-label="Step of the episode"
            onInput={({ currentTarget }) => seek(Number(currentTarget.value))}
          />
          <label class="hint">
            Speed{" "}
            <select value={speed} onChange={({ currentTarget }) => setSpeed(Number(currentTarget.value))}>
              {SPEEDS.map((choice) => (
                <option key={choice} value={choice}>
                  {choice}×
                </option>
              ))}
            </select>
          </label>
        </div>
        <EpisodeTracks recording={recording} step={step} onSeek={seek} />
      </div>
    </>
  );
}

function Badges({ recording, step }: { readonly recording: EpisodeRecording; readonly step: number }) {
  const { trace, steps } = recording;
  const isIn = (stretches: readonly (readonly [number, number])[] = []) =>
    stretches.some(([first, last]) => first <= step && step < last);
  return (
    <div class="badge-row">
      <span class="badge calm">
        <OutcomeMark outcome={trace.outcome} /> Episode {trace.episode} · {trace.outcome?.replace("_", " ")} · step{" "}
        {step + 1} of {steps}
      </span>
      {isIn(trace.by_person) ? (
        <span class="badge person">A person is steering</span>
      ) : (
        isIn(trace.interventions) && <span class="badge helper">Scripted operator is steering</span>
      )}
    </div>
  );
}

/** Returns the same object for the same step, so that the view only updates on changes. */
function usePoses({ poses, bodies, trace }: EpisodeRecording, step: number) {
  const frame = useRef<{ poses: Float32Array; episode: number; step: number } | undefined>(undefined);
  const size = bodies * POSE_SIZE;
  if (frame.current?.step !== step || frame.current.episode !== trace.episode) {
    frame.current = { poses: poses.slice(step * size, (step + 1) * size), episode: trace.episode, step };
  }
  return frame.current;
}
