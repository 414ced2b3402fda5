/** Checks the config of `env.teleop`, without connecting to the device. */
import { requireTeleoperator, teleopOf } from "../../make_teleoperator.ts";
import { type Check, error, ok } from "../check.ts";

export const teleoperatorCheck: Check = {
  name: "teleoperator",
  run({ config }) {
    const teleop = teleopOf(config);
    if (teleop === undefined) return [];
    try {
      requireTeleoperator(config);
      return [ok(`env.teleop is "${teleop.type}"`)];
    } catch (cause) {
      return [error((cause as Error).message)];
    }
  },
};
