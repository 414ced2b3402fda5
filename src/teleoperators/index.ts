/** People in the loop: what a teleoperator can do, the environment it takes over in, and a scripted stand-in. */
export {
  makeTeleoperator,
  registerTeleoperator,
  type TeleoperatorConfig,
  type TeleoperatorContext,
  type TeleoperatorType,
  teleoperatorConfigs,
} from "./registry.ts";
export type { ScriptedOperatorInput, ScriptedOperatorOptions } from "./scripted/options.ts";
export { ScriptedOperator } from "./scripted/scripted_operator.ts";
export {
  type ActionSource,
  type EventSource,
  mergeEvents,
  NO_EVENTS,
  type TeleopEvents,
  type Teleoperator,
  type Verdict,
  verdictOf,
} from "./teleoperator.ts";
export { type GroupReading, TeleoperatorGroup } from "./teleoperator_group.ts";
