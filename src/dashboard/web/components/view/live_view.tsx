/** The live view: 3-D view, cameras, steering, score and timeline. */
import { useRun } from "../../app_context.ts";
import type { Theme } from "../../theme.ts";
import { Timeline } from "../charts/timeline.tsx";
import { EpisodePanel } from "../episodes/episode_panel.tsx";
import { FinishedPanel } from "../panels/finished_panel.tsx";
import { HintPanel } from "../panels/hint_panel.tsx";
import { MachinePanel } from "../panels/machine_panel.tsx";
import { ScorePanel } from "../panels/score_panel.tsx";
import { ControlPanel } from "../steering/control_panel.tsx";
import { SteerBadge } from "../steering/steer_badge.tsx";
import { SteerPanel } from "../steering/steer_panel.tsx";
import { StopBanner } from "../steering/stop_banner.tsx";
import { SummaryBar } from "../summary_bar.tsx";
import { Cameras } from "./cameras.tsx";
import { Stage } from "./stage.tsx";

export function LiveView({ theme }: { readonly theme: Theme }) {
  const run = useRun();
  const canDrive = run.can("drive");
  const isOver = run.facts?.finished != null;
  const isRecording = run.facts?.recording_session != null;
  return (
    <>
      <SummaryBar />
      <div class="stage-area">
        <Stage theme={theme}>
          <SteerBadge />
          <Cameras />
          <StopBanner />
          <FinishedPanel />
        </Stage>
      </div>
      <div class="side">
        {canDrive && !isOver && (
          <div class={`pad ${run.inControl ? "mine" : ""}`}>
            <ControlPanel />
            <SteerPanel />
            {run.inControl && <EpisodePanel />}
          </div>
        )}
        {!isRecording && <ScorePanel />}
        {!isRecording && !isOver && !run.inControl && <HintPanel />}
        {!isOver && <MachinePanel />}
      </div>
      <Timeline />
    </>
  );
}
