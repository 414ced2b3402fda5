/** The frame of the page: bar on top, one of the views below. */
import { useEffect, useState } from "preact/hooks";
import { useRun } from "./app_context.ts";
import { LearningView } from "./components/learning_view.tsx";
import { LiveView } from "./components/live_view.tsx";
import { Notices } from "./components/notices.tsx";
import { ReviewView } from "./components/review_view.tsx";
import { RunView } from "./components/run_view.tsx";
import { StopBanner } from "./components/stop_banner.tsx";
import { TopBar } from "./components/top_bar.tsx";
import { useTheme } from "./theme.ts";

const VIEWS = ["live", "learning", "episodes", "run"] as const;
export type View = (typeof VIEWS)[number];

function viewOf(hash: string, first: View): View {
  return VIEWS.find((view) => hash === `#/${view}`) ?? first;
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
  const isReview = run.facts?.mode === "review";
  const view = viewOf(hash, isReview ? "learning" : "live");
  const views = VIEWS.filter((candidate) => candidate !== "live" || !isReview);
  if (run.facts === undefined) return <Connecting />;
  return (
    <>
      <TopBar view={view} views={views} theme={theme} onTheme={setTheme} />
      <StopBanner />
      <main class={`view view-${view}`} id="main">
        {view === "live" && <LiveView theme={theme} />}
        {view === "learning" && <LearningView theme={theme} />}
        {view === "episodes" && <ReviewView theme={theme} />}
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
      <p role="status">{run.connection === "closed" ? "The run does not answer. Trying again …" : "Connecting …"}</p>
    </main>
  );
}
