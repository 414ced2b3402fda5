/** Metric names are an interface: the code must emit the names in docs/metrics.md. */
import { readFile } from "node:fs/promises";
import { beforeAll, expect, it } from "vitest";
import {
  prometheusRegistry,
  type RunEvent,
  RunEventSchema,
  RunEvents,
  RunHistory,
  runPlots,
  successShares,
} from "../../src/metrics/index.ts";
import { scalarsOf } from "../../src/metrics/tensorboard/scalars.ts";
import { actor, checkpoint, episode, evaluation, learner, training } from "./events.ts";

/** Cells of a section's table rows, by section. */
let tables: ReadonlyMap<string, readonly (readonly string[])[]>;
beforeAll(async () => {
  const page = await readFile(new URL("../../docs/metrics.md", import.meta.url), "utf8");
  const sections = page.split(/^## /m).slice(1);
  tables = new Map(
    sections.map((section) => {
      const rows = [...section.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) =>
        row!.split("|").map((cell) => cell.trim()),
      );
      return [section.slice(0, section.indexOf("\n")), rows];
    }),
  );
});
const column = (section: string, index = 0) => tables.get(section)!.map((row) => row[index]!.replace(/^`|`$/g, ""));
const EVENTS: readonly RunEvent[] = [
  episode(),
  episode({ intervention_steps: 1 }),
  actor({ actor: "<name>" }),
  training({ metrics: { "<metric>": 1 } }),
  learner(),
  evaluation(),
  checkpoint(),
];

it("every TensorBoard tag is documented, and no other", () => {
  const shares = successShares([episode(), episode({ intervention_steps: 1 })]);
  const tags = EVENTS.flatMap((event) => scalarsOf(event, shares).map(({ tag }) => tag));
  expect(column("TensorBoard").sort()).toEqual([...new Set(tags)].sort());
});

it("every Prometheus metric is documented with its labels, and no other", async () => {
  const registry = prometheusRegistry(new RunEvents(), { processMetrics: false });
  const emitted = registry.getMetricsAsArray().map((metric) => {
    const { name, labelNames } = metric as unknown as { name: string; labelNames: string[] };
    return `${name} ${labelNames.map((label) => `\`${label}\``).join(", ")}`.trim();
  });
  const documented = tables.get("Prometheus")!.map(([name, labels]) => `${name!.replaceAll("`", "")} ${labels}`.trim());
  expect(documented.sort()).toEqual(emitted.sort());
});

it("every event of the run log is documented with its fields, and no other", () => {
  const COMMON = ["type", "time_s", "interaction_step"];
  const documented = new Map(tables.get("Run log")!.map(([type, , fields]) => [type!.replaceAll("`", ""), fields!]));
  expect([...documented.keys()]).toEqual(RunEventSchema.options.map(({ shape }) => shape.type.value));
  for (const { shape } of RunEventSchema.options) {
    // A field's values are in brackets behind it, and a link's text is not a field.
    const fields = documented.get(shape.type.value)!.replaceAll(/\([^)]*\)/g, "");
    const names = [...fields.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
    expect(names).toEqual(Object.keys(shape).filter((name) => !COMMON.includes(name)));
  }
});

it("every plot of a run is documented, and no other", () => {
  const metrics = { loss_critic: 1, temperature: 1, q_mean: 1 };
  expect(column("Plots")).toEqual([...runPlots(RunHistory.of([episode(), training({ metrics })])).keys()]);
});
