/** Overrides of a training config on the command line, and the errors for mistyped options and keys. */
import type { Command } from "commander";
import { pathsWithKey } from "../../config/schema/schema_walk.ts";
import { TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import { nearest } from "../../utils/text/nearest.ts";
import { printableLine } from "../../utils/text/printable.ts";

/** @param example completes "values of the config such as", for example `--seed=3`. */
export function addConfigOverrides(command: Command, example: string): Command {
  answerMistypedRequired(command);
  return command
    .argument("[overrides...]", `values of the config such as ${example}`)
    .allowUnknownOption()
    .hook("preAction", (_, action) => {
      const overrides = action.processedArgs.at(-1) as string[];
      // commander keeps a `--` that follows an override.
      const dashes = overrides.indexOf("--");
      if (dashes >= 0) overrides.splice(dashes, 1);
      // An override ahead of the other arguments would be parsed as one of them. File names do not start with a dash.
      const misplaced = action.processedArgs.slice(0, -1).find((value) => /^--?[a-z]/i.test(String(value ?? "")));
      if (misplaced !== undefined) {
        refuseMistyped(action, [misplaced]);
        const names = action.registeredArguments.slice(0, -1).map((argument) => `<${argument.name()}>`);
        action.error(`error: ${names.join(" ")} comes first, then values such as ${quoted(misplaced)}`);
      }
      refuseMistyped(action, overrides);
    });
}

/** Suggests the intended option when a mistyped one leaves a required option missing. */
function answerMistypedRequired(command: Command): void {
  const error = command.error.bind(command);
  command.error = (message, options) => {
    if (options?.code === "commander.missingMandatoryOptionValue") {
      refuseMistyped(
        command,
        command.args.filter((argument) => argument.startsWith("-")),
      );
    }
    return error(message, options);
  };
}

/** Gives commands without config overrides, and their subcommands, the same errors for mistyped options. */
export function answerMistypedOptions(command: Command): void {
  for (const below of command.commands) answerMistypedOptions(below);
  const error = command.error.bind(command);
  command.error = (message, options) => {
    const name =
      options?.code === "commander.unknownOption" ? /'(.*)'/s.exec(message)?.[1]?.split("=", 1)[0] : undefined;
    if (name === undefined) return error(message, options);
    return error(
      `error: unknown option ${quoted(name)}.${optionAdvice(command, name) ?? pointToHelp(command)}`,
      options,
    );
  };
}

const KEYS = Object.keys(TrainRLServerPipelineConfigSchema.shape);

/** commander passes unknown options on as overrides: this rejects those that name no key of the config. */
function refuseMistyped(command: Command, overrides: readonly string[]): void {
  for (let i = 0; i < overrides.length; i++) {
    const argument = overrides[i]!;
    const name = argument.split("=", 1)[0]!;
    if (!argument.startsWith("-")) {
      command.error(`error: ${quoted(argument)} is neither an option nor a value such as --seed=3`);
    }
    const key = /^--([^.[]*)/.exec(name)?.[1];
    if (key === undefined || !KEYS.includes(key)) {
      command.error(`error: unknown option ${quoted(name)}.${advice(command, name)}`);
    }
    // The next argument may be the value.
    const next = overrides[i + 1];
    if (name === argument && next !== undefined && !next.startsWith("--")) i += 1;
  }
}

function optionAdvice(command: Command, name: string): string | undefined {
  const text = name.replace(/^-+/, "");
  const options = command.options.flatMap(({ long }) => (long ? [long.slice(2)] : []));
  const lastPart = (known: string) => known.split(/[.-]/).at(-1)!;
  const compound = options.filter((known) => lastPart(known) !== known);
  const endingIn = (part?: string) => compound.filter((known) => lastPart(known) === part);
  let meant = endingIn(text);
  if (meant.length === 0)
    meant = [nearest(text, [...options, "help"]) ?? endingIn(nearest(text, compound.map(lastPart)))].flat();
  return meant.length === 0 ? undefined : ` Did you mean ${meant.map((known) => `--${known}`).join(" or ")}?`;
}

function pointToHelp(command: Command): string {
  return ` ${fullName(command)} --help lists the options`;
}

function advice(command: Command, name: string): string {
  const option = optionAdvice(command, name);
  if (option !== undefined) return option;
  const text = name.replace(/^-+/, "");
  const key = /^[^.[]*/.exec(text)![0];
  const known = nearest(key, KEYS);
  if (known !== undefined) return ` Did you mean --${known}${text.slice(key.length, 200)}?`;
  const places = pathsWithKey(TrainRLServerPipelineConfigSchema, {}, key).slice(0, 3);
  if (places.length > 0) return ` Did you mean ${places.map((place) => `--${place}`).join(" or ")}?`;
  return `${pointToHelp(command)}; keys of the config are in docs/reference/train_config.md`;
}

function fullName(command: Command): string {
  return command.parent === null ? command.name() : `${fullName(command.parent)} ${command.name()}`;
}

function quoted(text: string): string {
  return printableLine(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}

/** Refuses blank options and arguments: they usually come from an unset shell variable. */
export function refuseBlank(command: Command): void {
  const isBlank = (value: unknown): boolean =>
    typeof value === "string" ? value.trim() === "" : Array.isArray(value) && value.some(isBlank);
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === "cli" && isBlank(command.getOptionValue(name))) {
      command.error(`error: option '${option.flags}' has an empty value. Leave the option out for its default`);
    }
  }
  for (const [index, argument] of command.registeredArguments.entries()) {
    if (argument.name() !== "overrides" && isBlank(command.processedArgs[index])) {
      command.error(`error: the argument <${argument.name()}> is empty`);
    }
  }
}
