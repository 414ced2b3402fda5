import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type Check, ok } from "../../src/runs/doctor/check.ts";
import { runDoctor } from "../../src/runs/doctor/run_doctor.ts";
import { handrail } from "../cli/run_cli.ts";
import { temporaryFolder } from "../datasets/support.ts";
import { ANY_PORT, PIXEL_PRESET, STATE_PRESET } from "./support.ts";

describe("the doctor", () => {
  it.each([STATE_PRESET, PIXEL_PRESET])("has nothing to say against %s", async (path) => {
    const report = await runDoctor(path, { overrides: [ANY_PORT] });
    expect(report.findings.filter(({ level }) => level !== "ok")).toEqual([]);
    expect(report).toMatchObject({ errors: 0, warnings: 0 });
    const checks = new Set(report.findings.map(({ check }) => check));
    for (const name of ["config", "environment", "actions", "memory", "network"]) expect(checks).toContain(name);
  });

  it("lists every problem of a config that cannot be read, each with its path, and looks no further", async () => {
    const overrides = ["--env.fps=-10", "--policy.latent_dmi=64"];
    const { findings, errors } = await runDoctor(STATE_PRESET, { overrides });
    expect(findings.map(({ check }) => check)).toEqual(["config", "config"]);
    expect(findings.map(({ what }) => what).sort()).toEqual([
      "env.fps: must be more than 0, got -10",
      'policy.latent_dmi: unknown key. Did you mean "latent_dim"?',
    ]);
    expect(errors).toBe(2);
  });

  it("reports a missing file or a plug-in that cannot be loaded", async () => {
    const missing = await runDoctor("configs/none.json");
    expect(missing.findings).toMatchObject([
      { level: "error", what: expect.stringContaining("configs/none.json: no such file") },
    ]);
    const path = join(await temporaryFolder(), "config.json");
    await writeFile(path, JSON.stringify({ policy: {} }));
    expect((await runDoctor(path, { plugins: ["./gone.mjs"] })).findings).toMatchObject([
      { level: "error", what: expect.stringContaining("gone.mjs") },
    ]);
  });

  it("continues with the other checks when one fails", async () => {
    const failing: Check = {
      name: "first",
      run: () => {
        throw new Error("the disk caught fire");
      },
    };
    const fine: Check = { name: "second", run: () => [ok("all is well")] };
    const { findings, errors } = await runDoctor(STATE_PRESET, {}, [failing, fine]);
    expect(findings.slice(1)).toEqual([
      { check: "first", level: "error", what: "could not be checked: the disk caught fire" },
      { check: "second", level: "ok", what: "all is well" },
    ]);
    expect(errors).toBe(1);
  });

  it("sees one problem at its root: an environment that cannot be made does not bring errors of other checks", async () => {
    const overrides = [ANY_PORT, '--policy.input_features["observation.state"].shape=[7]'];
    const { findings } = await runDoctor(STATE_PRESET, { overrides });
    const errors = findings.filter(({ level }) => level === "error").map(({ check }) => check);
    // Statistics of 18 numbers do not fit a state of 7 either.
    expect(errors).toEqual(["environment", "normalisation"]);
  });
});

describe("handrail doctor", () => {
  it("prints what it found and exits with 0 for a preset", async () => {
    const run = await handrail("doctor", "--config", STATE_PRESET, ANY_PORT);
    expect(run).toMatchObject({ code: 0, errors: "" });
    expect(run.output).toMatch(/^✓ config +configs\/pick_cube\.json can be read\n/);
    expect(run.output).toMatch(/\nno problems found\n$/);
  });

  it("exits with 0 on warnings and with 1 on errors, with what to do", async () => {
    const warned = await handrail("doctor", "--config", STATE_PRESET, ANY_PORT, "--batch_size=8");
    expect(warned.code).toBe(0);
    expect(warned.output).toMatch(/! settings +batch_size is 8\n.*\n +→ Write 256, or 128 with images\.\n/);
    expect(warned.output).toMatch(/\n0 errors, 1 warning\n$/);
    const failed = await handrail("doctor", "--config", STATE_PRESET, "--json", ANY_PORT, "--resume=true");
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.output)).toMatchObject({ errors: 1, warnings: 0 });
  });
});
