import { Command } from "commander";
import { expect, test } from "vitest";
import { actorCommand } from "../commands/actor.ts";
import { configCommand } from "../commands/config.ts";
import { dashboardCommand } from "../commands/dashboard.ts";
import { doctorCommand } from "../commands/doctor.ts";
import { evalCommand } from "../commands/eval.ts";
import { learnerCommand } from "../commands/learner.ts";
import { plotCommand } from "../commands/plot.ts";
import { recordCommand } from "../commands/record.ts";
import { trainCommand } from "../commands/train.ts";
import { answerMistypedOptions, refuseBlank } from "./config_overrides.ts";

/** The error of a command that refuses its arguments; "" if it accepts them. */
async function answer(command: Command, args: readonly string[]): Promise<string> {
  let written = "";
  command
    .exitOverride()
    .configureOutput({ writeErr: (text) => (written += text) })
    .hook("preAction", (_, action) => refuseBlank(action))
    .action(() => {});
  await command.parseAsync([...args], { from: "user" }).catch(() => {});
  return written;
}

const train = (...args: string[]) => answer(trainCommand(), ["--config", "pick_cube", ...args]);

test.each([
  [["--no-dashbord"], "--no-dashbord. Did you mean --no-dashboard?"],
  [["--nodashboard"], "Did you mean --no-dashboard?"],
  [["--dashboard.prot", "8080"], "--dashboard.prot. Did you mean --dashboard.port?"],
  [["--dashbord.port=1"], "Did you mean --dashboard.port?"],
  [["--metrics_port=9100"], "--metrics_port. Did you mean --metrics-port?"],
  [["--plugins", "./x.js"], "Did you mean --plugin?"],
  [["--seeed=3"], "Did you mean --seed?"],
  [["--polcy.latent_dim=3"], "--polcy.latent_dim. Did you mean --policy.latent_dim?"],
  [["--discount=0.9"], "Did you mean --algorithm.discount?"],
  [["--port=8080"], "--port. Did you mean --metrics-port or --dashboard.port?"],
  [["--verbose"], "train --help lists the options"],
  [["-v"], "unknown option -v."],
  [["--seed=3", "--no-dashbord"], "--no-dashbord. Did you mean"],
  [["seed=3"], "neither an option nor a value such as --seed=3"],
  [[`--${"x".repeat(100_000)}=1`], "unknown option --xxx"],
  [["--\u001b[2Jx=1"], "unknown option --\\u001b"],
])("%j is answered with the option that was meant, in short", async (args, expected) => {
  const written = await train(...args);
  expect(written).toMatch(/^error: /);
  expect(written).toContain(expected);
  expect(written.length).toBeLessThan(400);
});

test("a mistyped option is named also where it leaves another without its value", async () => {
  expect(await answer(trainCommand(), ["--confg", "pick_cube"])).toContain("--confg. Did you mean --config?");
  expect(await answer(evalCommand(), ["--polcy=pick_cube"])).toContain("--polcy. Did you mean --policy?");
  expect(await answer(trainCommand(), ["--seed=3"])).toContain("required option '--config <file>' not specified");
  const before = ["--epsodes", "1", "demos", "--task", "x"];
  expect(await answer(recordCommand(), before)).toContain("--epsodes. Did you mean --episodes?");
  expect(await answer(configCommand(), ["--migrat", "pick_cube"])).toContain("--migrat. Did you mean --migrate?");
});

test("commands without a config, and those below a command, answer a mistyped option, too", async () => {
  const mistyped = (command: Command, ...args: string[]) => {
    answerMistypedOptions(command);
    return answer(command, args);
  };
  expect(await mistyped(dashboardCommand(), "--prot", "1")).toBe(
    "error: unknown option --prot. Did you mean --dashboard.port?\n",
  );
  expect(await mistyped(plotCommand(), "run", "--windw=5")).toBe(
    "error: unknown option --windw. Did you mean --window?\n",
  );
  const parent = new Command("handrail").addCommand(plotCommand());
  answerMistypedOptions(parent);
  expect(await answer(parent.commands[0]!, ["run", "--deep"])).toContain(
    "--deep. handrail plot --help lists the options\n",
  );
});

test("what has to come before values is named", async () => {
  expect(await answer(configCommand(), ["--seed=3", "pick_cube"])).toBe(
    "error: <file> comes first, then values such as --seed=3\n",
  );
});

test("keys of the config pass, with their values in one argument or two", async () => {
  expect(await train("--seed", "-5", "--policy.latent_dim=64", "--env.fps", "20", '--rename_map={"a": "b"}')).toBe("");
  expect(await train("--no-dashboard", "--dashboard.port=0", "--metrics-port", "0", "--seed=3")).toBe("");
});

test("every command that reads a config takes its keys and knows its own options", async () => {
  const config = ["--config", "pick_cube"];
  const commands: [Command, string[], string, string][] = [
    [evalCommand(), ["--policy", "pick_cube"], "--episode", "--episodes"],
    [recordCommand(), ["demos", "--task", "x"], "--episode", "--episodes"],
    [learnerCommand(), config, "--token-fil", "--token-file"],
    [actorCommand(), config, "--nam", "--name"],
    [doctorCommand(), config, "--jsn", "--json"],
    [configCommand(), ["pick_cube"], "--migrat", "--migrate"],
  ];
  for (const [command, args, typo, option] of commands) {
    expect(await answer(command, [...args, typo, "5"])).toContain(`unknown option ${typo}. Did you mean ${option}?`);
  }
  expect(await answer(configCommand(), ["pick_cube", "--seed=3", "--", "--batch_size=8"])).toBe("");
});

test.each(["--config=", "--config= ", "--dashboard.host="])("%s has no value, and is refused", async (argument) => {
  expect(await train(argument)).toContain("has an empty value");
});

test("an empty argument is refused, and so is an empty secret's file", async () => {
  expect(await answer(recordCommand(), ["", "--task", "x"])).toContain("the argument <folder> is empty");
  expect(await answer(learnerCommand(), ["--config", "pick_cube", "--token-file="])).toContain("--token-file");
});

test.each(["--dashboard.port", "--metrics-port"])("%s takes ports only", async (option) => {
  for (const port of ["99999", "65536", "-1", "80.5", "1e3", "0x50", "http", " "]) {
    expect(await train(`${option}=${port}`)).toMatch(
      port.trim() === "" ? /option '--/ : /it must be a port from 1 to 65535, or 0 for any free one/,
    );
  }
});

test("an actor's name is 1 to 64 printable characters", async () => {
  const actor = (name: string) => answer(actorCommand(), ["--config", "pick_cube", `--name=${name}`]);
  for (const name of ["arm 1", "..", "a/b", "con", "机械臂"]) expect(await actor(name)).toBe("");
  for (const name of ["", "  ", "x".repeat(65), "a\u001b[2J", "a\nb"]) expect(await actor(name)).toContain("--name");
});
