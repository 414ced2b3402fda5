/** Whether learning goes well: hints in words, then the curves they come from. */
import { useRun } from "../app_context.ts";
import { hintsFor } from "../model/hints.ts";
import { pictureOf } from "../model/picture.ts";
import type { Theme } from "../theme.ts";
import { Chart } from "./chart.tsx";
import { EvaluationPanel } from "./evaluation_panel.tsx";

export function LearningView({ theme }: { readonly theme: Theme }) {
  const { curves, evaluations } = useRun();
  const metric = (name: string) => curves.training.get(name);
  const common = { theme, version: curves.version };
  return (
    <>
      <Hints />
      <div class="charts">
        <Chart
          title="Success"
          share
          lines={[
            { name: "solved alone, of all", series: curves.solvedAlone, color: "success" },
            { name: "of those helped", series: curves.assistedSuccess, color: "intervention", dashed: true },
          ]}
          {...common}
        />
        <Chart
          title="Steps steered by somebody else"
          share
          lines={[{ name: "intervention rate", series: curves.interventionRate, color: "intervention" }]}
          {...common}
        />
        <Chart
          title="Return"
          lines={[{ name: "per episode", series: curves.episodicReturn, color: "accent" }]}
          {...common}
        />
        <Chart
          title="Episode length"
          lines={[{ name: "steps", series: curves.episodeLength, color: "accent" }]}
          {...common}
        />
        <Chart
          title="Losses of the critics"
          lines={[
            { name: "critic", series: metric("loss_critic"), color: "accent" },
            { name: "gripper critic", series: metric("loss_discrete_critic"), color: "other", dashed: true },
          ]}
          {...common}
        />
        <Chart
          title="Loss of the actor"
          lines={[{ name: "actor", series: metric("loss_actor"), color: "accent" }]}
          {...common}
        />
        <Chart title="Q values" lines={[{ name: "mean", series: metric("q_mean"), color: "accent" }]} {...common} />
        <Chart title="Entropy" lines={[{ name: "nats", series: metric("entropy"), color: "accent" }]} {...common} />
        <Chart
          title="Temperature"
          lines={[{ name: "α", series: metric("temperature"), color: "accent" }]}
          {...common}
        />
        <Chart
          title="Updates per environment step"
          lines={[{ name: "since the start", series: curves.updatesPerStep, color: "accent" }]}
          {...common}
        />
        {evaluations.length > 0 && <EvaluationPanel />}
      </div>
    </>
  );
}

function Hints() {
  const hints = hintsFor(pictureOf(useRun()));
  return (
    <section class="hints" aria-label="Hints" aria-live="polite">
      {hints.map(({ level, text, reason }) => (
        <article key={text} class={`hint-card ${level}`}>
          <p>
            <strong>{text}</strong>
          </p>
          <p>{reason}</p>
        </article>
      ))}
      {hints.length === 0 && (
        <article class="hint-card info">
          <p>
            <strong>Nothing stands out.</strong>
          </p>
          <p>Hints appear when a curve does something that is worth a remark.</p>
        </article>
      )}
    </section>
  );
}
