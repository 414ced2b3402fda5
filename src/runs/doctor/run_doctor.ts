/** Runs every check on a config before anything moves. */
import { ConfigError } from "../../config/error.ts";
import { readConfigFile } from "../../config/load.ts";
import { applyOverrides, parseOverrides } from "../../config/overrides/overrides.ts";
import { TrainRLServerPipelineConfigSchema } from "../../settings/config.ts";
import {
  findConfigFile,
  type LoadTrainingConfigOptions,
  loadTrainingConfig,
} from "../../settings/load_training_config.ts";
import { describeSystemError } from "../../utils/files/system_error.ts";
import { type Check, error, type Finding, ok } from "./check.ts";
import { actionsCheck } from "./checks/actions.ts";
import { dataRangesCheck } from "./checks/data_ranges.ts";
import { datasetCheck } from "./checks/dataset.ts";
import { deviceCheck } from "./checks/device.ts";
import { environmentCheck } from "./checks/environment.ts";
import { memoryCheck } from "./checks/memory.ts";
import { networkCheck } from "./checks/network.ts";
import { normalizationCheck } from "./checks/normalization.ts";
import { batchesCheck } from "./checks/offline/batches.ts";
import { outputFolderCheck } from "./checks/output_folder.ts";
import { packagesCheck } from "./checks/packages.ts";
import { settingsCheck } from "./checks/settings.ts";
import { simulatedRangesCheck } from "./checks/simulated_ranges.ts";
import { teleoperatorCheck } from "./checks/teleoperator.ts";
import { unusedKeysCheck } from "./checks/unused_keys.ts";
import { SetupContext } from "./setup_context.ts";

/** In the order of the report. */
export const CHECKS: readonly Check[] = [
  unusedKeysCheck,
  settingsCheck,
  packagesCheck,
  deviceCheck,
  environmentCheck,
  teleoperatorCheck,
  actionsCheck,
  normalizationCheck,
  datasetCheck,
  dataRangesCheck,
  simulatedRangesCheck,
  memoryCheck,
  networkCheck,
  outputFolderCheck,
];

/** The checks for a run without actors. */
const OFFLINE_CHECKS: readonly Check[] = [
  unusedKeysCheck,
  settingsCheck,
  packagesCheck,
  deviceCheck,
  environmentCheck,
  actionsCheck,
  normalizationCheck,
  datasetCheck,
  batchesCheck,
  dataRangesCheck,
  simulatedRangesCheck,
  memoryCheck,
  outputFolderCheck,
];

export interface RunDoctorOptions extends LoadTrainingConfigOptions {
  /** Check the config for `handrail learn`, which trains on a dataset without actors. Default: false. */
  readonly offline?: boolean;
}

export interface DoctorReport {
  readonly findings: readonly (Finding & { readonly check: string })[];
  readonly errors: number;
  readonly warnings: number;
}

/**
 * Reads a training config and runs the checks on it. If it cannot be read, that is the only finding. Simulations run for a
 * moment. Robots do not move; teleoperators and the Hub are not contacted.
 *
 * @param path of a JSON or YAML file.
 * @param checks Default: all checks for `options.offline`.
 */
export async function runDoctor(
  path: string,
  { offline = false, ...options }: RunDoctorOptions = {},
  checks: readonly Check[] = offline ? OFFLINE_CHECKS : CHECKS,
): Promise<DoctorReport> {
  let setup: SetupContext;
  try {
    // Plug-ins that only the file names do not run.
    const config = await loadTrainingConfig(path, { namedPlugins: "skip", ...options });
    const written = applyOverrides(
      await readConfigFile(findConfigFile(path)),
      parseOverrides(options.overrides ?? []),
      TrainRLServerPipelineConfigSchema,
    );
    setup = new SetupContext(config, written, { offline });
  } catch (cause) {
    return conclude(unreadable(path, cause).map((finding) => ({ check: "config", ...finding })));
  }
  const findings: DoctorReport["findings"][number][] = [{ check: "config", ...ok(`${path} can be read`) }];
  try {
    for (const check of checks) {
      const found = await runCheck(check, setup);
      findings.push(...found.map((finding) => ({ check: check.name, ...finding })));
    }
  } finally {
    await setup.close();
  }
  return conclude(findings);
}

async function runCheck(check: Check, setup: SetupContext): Promise<readonly Finding[]> {
  try {
    return await check.run(setup);
  } catch (cause) {
    return [error(`could not be checked: ${describeSystemError(cause as Error)}`)];
  }
}

/** One finding per problem, with its path. */
function unreadable(file: string, cause: unknown): Finding[] {
  if (!(cause instanceof ConfigError)) return [error((cause as Error).message)];
  return cause.problems.map(({ path, message }) => error(`${path === "" ? file : path}: ${message}`));
}

function conclude(findings: DoctorReport["findings"]): DoctorReport {
  const count = (level: Finding["level"]) => findings.filter((finding) => finding.level === level).length;
  return { findings, errors: count("error"), warnings: count("warning") };
}
