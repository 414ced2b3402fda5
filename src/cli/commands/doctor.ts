/** `handrail doctor`: checks a setup before anything moves. */
import { Command } from "commander";
import type { FindingLevel } from "../../runs/doctor/check.ts";
import { type DoctorReport, runDoctor } from "../../runs/doctor/run_doctor.ts";
import { addConfigOverrides } from "../options/config_overrides.ts";
import { terminal } from "../terminal/terminal.ts";

interface DoctorOptions {
  readonly config: string;
  readonly plugin: readonly string[];
  readonly json?: boolean;
  readonly offline?: boolean;
}

export function doctorCommand(): Command {
  return addConfigOverrides(new Command("doctor"), "--algorithm.discount=0.97")
    .description("check a training config, what it names, and this machine; exits with 1 on errors")
    .requiredOption("--config <file>", "JSON or YAML, or the name of one that comes with Handrail, such as pick_cube")
    .option("--plugin <module...>", "modules that register further types: paths or packages", [])
    .option("--offline", "check it for `handrail learn`: a dataset, and no actors")
    .option("--json", "print the findings as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  handrail doctor --config configs/pick_cube.json --batch_size=128" +
        "\n  handrail doctor --offline --config examples/behavior_cloning.json --plugin ./examples/behavior_cloning.ts",
    )
    .action(async (overrides: string[], { config, plugin, json, offline = false }: DoctorOptions) => {
      const report = await runDoctor(config, { overrides, plugins: plugin, namedPlugins: "skip", offline });
      terminal.result(json ? JSON.stringify(report, null, 2) : renderReport(report));
      if (report.errors > 0) process.exitCode = 1;
    });
}

const MARKS: Readonly<Record<FindingLevel, string>> = { ok: "✓", warning: "!", error: "✗" };
const COLORS: Readonly<Record<FindingLevel, number>> = { ok: 32, warning: 33, error: 31 };
const LABEL_WIDTH = 21;

function renderReport({ findings, errors, warnings }: DoctorReport): string {
  const indent = " ".repeat(LABEL_WIDTH + 2);
  const lines = findings.flatMap(({ check, level, what, why, todo }) => [
    `${mark(level)} ${check.padEnd(LABEL_WIDTH)}${what.replaceAll("\n", `\n${indent}`)}`,
    ...(why === undefined ? [] : [`${indent}${why}`]),
    ...(todo === undefined ? [] : [`${indent}→ ${todo}`]),
  ]);
  const total =
    errors + warnings === 0 ? "no problems found" : `${count(errors, "error")}, ${count(warnings, "warning")}`;
  return [...lines, "", total].join("\n");
}

function mark(level: FindingLevel): string {
  const colored = process.stdout.isTTY && process.env.NO_COLOR === undefined;
  return colored ? `\u001b[${COLORS[level]}m${MARKS[level]}\u001b[0m` : MARKS[level];
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
