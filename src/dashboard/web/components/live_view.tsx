/** What the robot does now, and everything needed to take over. */
import { useRun } from "../app_context.ts";
import type { Theme } from "../theme.ts";
import { Cameras } from "./cameras.tsx";
import { ControlPanel } from "./control_panel.tsx";
import { EpisodePanel } from "./episode_panel.tsx";
import { Stage } from "./stage.tsx";
import { StatusPanel } from "./status_panel.tsx";
import { SteerBadge } from "./steer_badge.tsx";
import { SteerPanel } from "./steer_panel.tsx";
import { Timeline } from "./timeline.tsx";

export function LiveView({ theme }: { readonly theme: Theme }) {
  const run = useRun();
  const canDrive = run.can("drive");
  return (
    <>
      <div class="stage-area">
        <Stage theme={theme}>
          <SteerBadge />
          <Cameras />
        </Stage>
      </div>
      <div class="side">
        {canDrive && <ControlPanel />}
        {canDrive && <SteerPanel />}
        {canDrive && <EpisodePanel />}
        <StatusPanel />
      </div>
      <Timeline />
    </>
  );
}
