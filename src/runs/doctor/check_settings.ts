/** Runs the doctor's checks of a config's settings, for the training commands. */
import type { TrainRLServerPipelineConfig } from "../../settings/config.ts";
import type { Finding } from "./check.ts";
import { settingFindings } from "./checks/settings.ts";
import { SetupContext } from "./setup_context.ts";

export interface SettingMessages {
  /** One line each: training fails or learns nothing. */
  readonly errors: readonly string[];
  /** One line each: probably a mistake. */
  readonly warnings: readonly string[];
}

export interface CheckSettingsOptions {
  /** For `handrail learn`. Default: false. */
  readonly offline?: boolean;
}

export function checkSettings(
  config: TrainRLServerPipelineConfig,
  options: CheckSettingsOptions = {},
): SettingMessages {
  const findings = settingFindings(new SetupContext(config, config, options));
  const of = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).map(oneLine);
  return { errors: of("error"), warnings: of("warning") };
}

/** @throws Error listing the settings that make learning impossible. */
export function requireSoundSettings(
  config: TrainRLServerPipelineConfig,
  options: CheckSettingsOptions = {},
): SettingMessages {
  const messages = checkSettings(config, options);
  if (messages.errors.length === 0) return messages;
  const [first] = messages.errors;
  if (messages.errors.length === 1) throw new Error(first);
  throw new Error(`nothing can be learned with these settings:\n  - ${messages.errors.join("\n  - ")}`);
}

function oneLine({ what, why, todo }: Finding): string {
  return [`${what}.`, why, todo].filter((sentence) => sentence !== undefined).join(" ");
}
