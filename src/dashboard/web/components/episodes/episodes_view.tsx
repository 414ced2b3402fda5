/** The episodes view: list, player and timeline. */
import { useEffect, useState } from "preact/hooks";
import type { EpisodeTrace } from "../../../protocol.ts";
import { decodeRecording, type EpisodeRecording } from "../../../recording_format.ts";
import { useRun } from "../../app_context.ts";
import type { Theme } from "../../theme.ts";
import { Timeline } from "../charts/timeline.tsx";
import { EpisodeList } from "./episode_list.tsx";
import { EpisodePlayer } from "./episode_player.tsx";

export interface EpisodesViewProps {
  readonly theme: Theme;
  /** `#/episodes/84` selects an episode. */
  readonly hash: string;
}

export function EpisodesView({ theme, hash }: EpisodesViewProps) {
  const run = useRun();
  const numbers = run.facts?.recordings ?? [];
  const traces = useTraces(numbers);
  const asked = /^#\/episodes\/(\d+)$/.exec(hash)?.[1];
  const [first, setFirst] = useState<number>();
  // The newest when the view is opened; later episodes do not replace it.
  const newest = run.facts?.mode === "review" && traces.length > 0 ? traces[0]?.episode : numbers.at(-1);
  useEffect(() => setFirst((known) => known ?? newest), [newest]);
  const episode = asked === undefined ? (first ?? newest) : Number(asked);
  const [recording, failure] = useRecording(episode);
  return (
    <>
      <div class="stage-area">
        {recording ? (
          <EpisodePlayer key={recording.trace.episode} recording={recording} theme={theme} />
        ) : (
          <div class="stage empty">
            <p>{failure || (numbers.length === 0 ? "Waiting for the first episode to be recorded." : "Loading …")}</p>
          </div>
        )}
      </div>
      <EpisodeList traces={traces} current={episode} />
      <Timeline current={episode} />
    </>
  );
}

/** Traces of the recorded episodes, oldest first. */
function useTraces(numbers: readonly number[]): readonly EpisodeTrace[] {
  const [traces, setTraces] = useState<readonly EpisodeTrace[]>([]);
  const key = `${numbers.length} ${numbers.at(-1)}`;
  useEffect(() => {
    const loading = new AbortController();
    fetch("recordings", { signal: loading.signal })
      .then(async (response) => setTraces((await response.json()) as EpisodeTrace[]))
      .catch(() => {}); // the banner shows the connection's state
    return () => loading.abort();
  }, [key]);
  return traces;
}

function useRecording(episode: number | undefined): [EpisodeRecording | undefined, string] {
  const [recording, setRecording] = useState<EpisodeRecording>();
  const [failure, setFailure] = useState("");
  useEffect(() => {
    if (episode === undefined) return;
    const loading = new AbortController();
    fetch(`recordings/${episode}`, { signal: loading.signal })
      .then(async (response) => {
        if (!response.ok) throw new Error(`Episode ${episode} is no longer recorded.`);
        setRecording(decodeRecording(await response.arrayBuffer()));
        setFailure("");
      })
      .catch((error: Error) => {
        if (loading.signal.aborted) return;
        setRecording(undefined);
        setFailure(error.message);
      });
    return () => loading.abort();
  }, [episode]);
  return [recording, failure];
}
