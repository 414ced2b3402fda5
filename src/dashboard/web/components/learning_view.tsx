/** The learning view: hints, charts and evaluations. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useRun } from "../app_context.ts";
import type { BoundedSeries } from "../model/bounded_series.ts";
import { curvesCsv } from "../model/csv.ts";
import { hintInputsOf } from "../model/hint_inputs.ts";
import { hintsFor } from "../model/hints.ts";
import type { Theme } from "../theme.ts";
import { Chart, type ChartProps, type StepRange } from "./charts/chart.tsx";
import { ChartGroup } from "./charts/chart_group.tsx";
import { MetricCharts } from "./charts/metric_charts.tsx";
import { Icon } from "./icons.tsx";
import { EvaluationPanel } from "./panels/evaluation_panel.tsx";
import { FinishedPanel } from "./panels/finished_panel.tsx";
import { ProcessesPanel } from "./panels/processes_panel.tsx";
import { SummaryBar } from "./summary_bar.tsx";

/** Minimum interval between redraws of the charts. */
const REDRAW_MS = 500;
const SMOOTHINGS = [
  ["off", 0],
  ["light", 3],
  ["strong", 15],
] as const;
const WIDE_CHART_PX = 268;

export function LearningView({ theme }: { readonly theme: Theme }) {
  const run = useRun();
  const { curves, facts } = run;
  const [zoom, setZoom] = useState<StepRange>();
  const [smoothing, setSmoothing] = useState(0);
  const version = useThrottled(curves.version);
  const common = {
    theme,
    version,
    smoothing,
    onZoom: setZoom,
    unit: curves.unit,
    range: zoom ?? ([0, Math.max(1, run.progress)] as const),
  };
  const goal = facts?.plan?.goal?.success_rate;
  const evaluations = facts?.evaluations ?? [];
  const marks = evaluations.map((evaluation) => {
    const { successes, episodes, interval } = evaluation;
    return { x: curves.placeOf(evaluation), y: successes / episodes, low: interval[0], high: interval[1] };
  });
  const success = {
    title: "Success",
    share: true,
    height: WIDE_CHART_PX,
    marks,
    ...(goal !== undefined && { reference: { name: `goal ${Math.round(100 * goal)} %`, y: goal } }),
  };
  const isLiveLearner = facts?.mode === "live" && !run.hasRobot;
  return (
    <>
      <SummaryBar />
      {isLiveLearner && <FinishedPanel />}
      {isLiveLearner && <ProcessesPanel />}
      <Hints />
      <div class="chart-tools">
        <span class="hint">Point at a chart to read values; drag to zoom all charts.</span>
        <fieldset class="choice" aria-label="Smoothing">
          {SMOOTHINGS.map(([name, reach]) => (
            <button key={name} type="button" aria-pressed={smoothing === reach} onClick={() => setSmoothing(reach)}>
              {reach === 0 ? "not smoothed" : name}
            </button>
          ))}
        </fieldset>
        {zoom !== undefined && (
          <button type="button" onClick={() => setZoom(undefined)}>
            <Icon name="reset" size={15} /> Reset zoom
          </button>
        )}
        <button
          type="button"
          onClick={() => download(`${facts?.run_name ?? "run"}.csv`, curvesCsv(curves, evaluations))}
        >
          <Icon name="download" size={15} /> CSV
        </button>
      </div>
      {run.isOffline ? (
        <OfflineCharts common={common} success={success} />
      ) : (
        <RobotCharts common={common} success={success} />
      )}
    </>
  );
}

interface ChartsProps {
  readonly common: Pick<ChartProps, "theme" | "version" | "smoothing" | "onZoom" | "range" | "unit">;
  readonly success: Pick<ChartProps, "title" | "share" | "height" | "marks" | "reference">;
}

/** Without actors: evaluations, where any are made, and whatever the algorithm reports. */
function OfflineCharts({ common, success }: ChartsProps) {
  const run = useRun();
  const { curves } = run;
  const every = run.facts?.config.log_freq;
  return (
    <>
      {(curves.evaluated.x.length > 0 || run.can("evaluation")) && (
        <div class="lead">
          <Chart
            {...success}
            lines={[{ name: "of an evaluation", series: curves.evaluated, color: "policy" }]}
            empty="The curve begins with the first evaluation."
            {...common}
          />
          <EvaluationPanel />
        </div>
      )}
      <MetricCharts
        common={common}
        metrics={curves.training}
        reportEvery={typeof every === "number" ? every : undefined}
      />
    </>
  );
}

function RobotCharts({ common, success }: ChartsProps) {
  const { curves, facts } = useRun();
  return (
    <>
      <div class="lead">
        <Chart
          {...success}
          lines={[
            { name: "solved alone", series: curves.solvedAlone, color: "policy" },
            { name: "success with help", series: curves.assistedSuccess, color: "helper", dashed: true },
          ]}
          {...common}
        />
        <EvaluationPanel />
      </div>
      <ChartGroup title="Behaviour">
        <Chart
          title="Episode length"
          lines={[{ name: "steps", series: curves.episodeLength, color: "machine", dots: true }]}
          {...common}
        />
        <Chart
          title="Return"
          lines={[{ name: "per episode", series: curves.episodicReturn, color: "machine", dots: true }]}
          {...common}
        />
        <Chart
          title="Intervention rate"
          share
          lines={[{ name: "of the latest episodes", series: curves.interventionRate, color: "helper" }]}
          {...common}
        />
      </ChartGroup>
      {facts?.plan?.learns !== false && (
        <LearnerCharts
          common={common}
          metric={(name) => curves.training.get(name)}
          updatesPerStep={curves.updatesPerStep}
        />
      )}
    </>
  );
}

interface LearnerChartsProps {
  readonly common: ChartsProps["common"];
  readonly metric: (name: string) => BoundedSeries | undefined;
  readonly updatesPerStep: BoundedSeries;
}

/** Metrics of the learner. Hidden without one: empty charts would suggest that it does nothing. */
function LearnerCharts({ common, metric, updatesPerStep }: LearnerChartsProps) {
  return (
    <>
      <ChartGroup title="Critic and policy">
        <Chart
          title="Losses of the critics"
          lines={[
            { name: "critic", series: metric("loss_critic"), color: "machine" },
            { name: "gripper critic", series: metric("loss_discrete_critic"), color: "person", dashed: true },
          ]}
          {...common}
        />
        <Chart title="Q values" lines={[{ name: "mean", series: metric("q_mean"), color: "machine" }]} {...common} />
        <Chart
          title="Loss of the policy"
          lines={[{ name: "actor", series: metric("loss_actor"), color: "machine" }]}
          {...common}
        />
      </ChartGroup>
      <ChartGroup title="Exploration and machine">
        <Chart title="Entropy" lines={[{ name: "nats", series: metric("entropy"), color: "machine" }]} {...common} />
        <Chart
          title="Temperature"
          lines={[{ name: "α", series: metric("temperature"), color: "machine" }]}
          {...common}
        />
        <Chart
          title="Updates per environment step"
          lines={[{ name: "since the start", series: updatesPerStep, color: "machine" }]}
          {...common}
        />
      </ChartGroup>
    </>
  );
}

function Hints() {
  const run = useRun();
  const hints = hintsFor(hintInputsOf(run));
  // Most hints are about episodes, which a run without actors does not have.
  if (run.isOffline && hints.length === 0) return null;
  return (
    <section class="hints" aria-label="Hints" aria-live="polite">
      {hints.map(({ level, text, reason }) => (
        <article key={text} class={`panel hint-card ${level}`}>
          <p>
            <strong>{text}</strong>
          </p>
          <p>{reason}</p>
        </article>
      ))}
      {hints.length === 0 && (
        <article class="panel hint-card info">
          <p>
            <strong>No hints.</strong>
          </p>
          <p>Hints appear when a curve is unusual.</p>
        </article>
      )}
    </section>
  );
}

/** Limits the rate at which a value changes. */
function useThrottled(value: number): number {
  const [slow, setSlow] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const latest = useRef(value);
  latest.current = value;
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      setSlow(latest.current);
    }, REDRAW_MS);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return slow;
}

function download(name: string, text: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
