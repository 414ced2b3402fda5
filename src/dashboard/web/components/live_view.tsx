/** What the robot does now, and everything needed to take over. */
import { useRun } from "../app_context.ts";
import type { Theme } from "../theme.ts";
import { Cameras } from "./cameras.tsx";
import { ControlPanel } from "./control_panel.tsx";
import { EpisodePanel } from "./episode_panel.tsx";
import { FinishedPanel } from "./finished_panel.tsx";
import { HintPanel } from "./hint_panel.tsx";
import { MachinePanel } from "./machine_panel.tsx";
import { ScorePanel } from "./score_panel.tsx";
import { Stage } from "./stage.tsx";
import { SteerBadge } from "./steer_badge.tsx";
import { SteerPanel } from "./steer_panel.tsx";
import { StopBanner } from "./stop_banner.tsx";
import { StoryBar } from "./story_bar.tsx";
import { Timeline } from "./timeline.tsx";

export function LiveView({ theme }: { readonly theme: Theme }) {
  const run = useRun();
  const canDrive = run.can("drive");
  const isOver = run.facts?.finished != null;
  const isRecording = run.facts?.recording_session != null;
  return (
    <>
      <StoryBar />
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
