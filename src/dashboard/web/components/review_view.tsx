/** Recorded episodes, played back in the 3-D view. */
import { useEffect, useRef, useState } from "preact/hooks";
import { decodeRecording, type EpisodeRecording } from "../../recording_format.ts";
import { useRun } from "../app_context.ts";
import type { Theme } from "../theme.ts";
import { Stage } from "./stage.tsx";
import { Timeline } from "./timeline.tsx";

const POSE_SIZE = 7;

export function ReviewView({ theme }: { readonly theme: Theme }) {
  const run = useRun();
  const episodes = run.facts?.recordings ?? [];
  const [chosen, setChosen] = useState<number>();
  const [recording, setRecording] = useState<EpisodeRecording>();
  const [failure, setFailure] = useState("");
  // The newest when the view is opened; episodes that end later do not push it away.
  const episode = chosen ?? episodes.at(-1);
  useEffect(() => setChosen((known) => known ?? episode), [episode]);

  useEffect(() => {
    if (episode === undefined) return;
    const loading = new AbortController();
    fetch(`recordings/${episode}`, { signal: loading.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(await response.text());
        setRecording(decodeRecording(await response.arrayBuffer()));
        setFailure("");
      })
      .catch((error: Error) => {
        if (!loading.signal.aborted) setFailure(error.message);
      });
    return () => loading.abort();
  }, [episode]);

  return (
    <>
      <div class="stage-area">
        {recording ? <Player recording={recording} theme={theme} /> : <p class="hint">No episode is recorded yet.</p>}
      </div>
      <section class="panel side recordings" aria-labelledby="recordings-title">
        <h2 id="recordings-title">Recorded episodes</h2>
        {failure && <p role="alert">{failure}</p>}
        <p class="hint">The latest are always kept; “Record every episode” keeps all.</p>
        <ul>
          {[...episodes].reverse().map((number) => (
            <li key={number}>
              <button type="button" aria-pressed={number === episode} onClick={() => setChosen(number)}>
                Episode {number}
              </button>
            </li>
          ))}
        </ul>
      </section>
      <Timeline />
    </>
  );
}

function Player({ recording, theme }: { readonly recording: EpisodeRecording; readonly theme: Theme }) {
  const { steps, bodies, control_frequency_hz, trace } = recording;
  const [step, setStep] = useState(0);
  const [isPlaying, setPlaying] = useState(() => !matchMedia("(prefers-reduced-motion: reduce)").matches);
  const latest = useRef(step);
  latest.current = step;
  useEffect(() => setStep(0), [recording]);
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => setStep((latest.current + 1) % steps), 1000 / control_frequency_hz);
    return () => clearInterval(timer);
  }, [isPlaying, recording]);
  const size = bodies * POSE_SIZE;
  const shown = Math.min(step, steps - 1);
  const frame = useRef<{ poses: Float32Array; episode: number; step: number } | undefined>(undefined);
  if (frame.current?.step !== shown || frame.current.episode !== trace.episode) {
    frame.current = {
      poses: recording.poses.slice(shown * size, (shown + 1) * size),
      episode: trace.episode,
      step: shown,
    };
  }
  const steered = trace.interventions.some(([first, last]) => first <= shown && shown < last);
  return (
    <>
      <Stage theme={theme} poses={frame.current}>
        <div class="badge-row">
          <span class="badge calm">
            Episode {trace.episode} · {trace.outcome?.replace("_", " ")} · step {shown + 1} of {steps}
          </span>
          {steered && <span class="badge intervention">steered</span>}
        </div>
      </Stage>
      <div class="player">
        <button type="button" onClick={() => setPlaying(!isPlaying)}>
          {isPlaying ? "Pause" : "Play"}
        </button>
        <input
          type="range"
          min="0"
          max={steps - 1}
          value={shown}
          aria-label="Step of the episode"
          onInput={({ currentTarget }) => {
            setPlaying(false);
            setStep(Number(currentTarget.value));
          }}
        />
      </div>
    </>
  );
}
