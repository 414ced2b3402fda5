/** The page: top bar and the selected view. */
import { useEffect, useState } from "preact/hooks";
import type { View } from "../protocol.ts";
import { useRun } from "./app_context.ts";
import { EpisodesView } from "./components/episodes/episodes_view.tsx";
import { LearningView } from "./components/learning_view.tsx";
import { Notices } from "./components/notices.tsx";
import { RunView } from "./components/run_view.tsx";
import { StopBanner } from "./components/steering/stop_banner.tsx";
import { TopBar } from "./components/top_bar.tsx";
import { LiveView } from "./components/view/live_view.tsx";
import { useTheme } from "./theme.ts";

/** The view of a hash such as `#/episodes/84`. Default: the run's first view. */
function viewOf(hash: string, views: readonly View[]): View {
  return views.find((view) => hash === `#/${view}` || hash.startsWith(`#/${view}/`)) ?? views[0]!;
}

export function App() {
  const run = useRun();
  const [theme, setTheme] = useTheme();
  const [hash, setHash] = useState(location.hash);
  useEffect(() => {
    const follow = () => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  if (run.facts === undefined) return <Connecting />;
  const { views } = run.facts;
  const view = viewOf(hash, views);
  return (
    <>
      <TopBar view={view} views={views} theme={theme} onTheme={setTheme} />
      {view !== "live" && <StopBanner />}
      <main class={`view view-${view}`} id="main">
        {view === "live" && <LiveView theme={theme} />}
        {view === "learning" && <LearningView theme={theme} />}
        {view === "episodes" && <EpisodesView theme={theme} hash={hash} />}
        {view === "run" && <RunView />}
      </main>
      <Notices />
    </>
  );
}

function Connecting() {
  const run = useRun();
  return (
    <main class="connecting">
      <h1>Handrail</h1>
      <p role="status">{run.connection === "closed" ? "The run does not respond. Reconnecting …" : "Connecting …"}</p>
    </main>
  );
}
