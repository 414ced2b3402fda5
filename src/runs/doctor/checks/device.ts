/** Checks that the networks can be computed where the config says. */
import { assertDeviceStarts } from "../../../tensor/backends/assert_device.ts";
import { type Check, error, ok } from "../check.ts";

export const deviceCheck: Check = {
  name: "device",
  async run({ config }) {
    const { device } = config.handrail;
    if (device === "cpu") return [];
    try {
      await assertDeviceStarts(device);
      return [ok(`${device} computes`)];
    } catch (cause) {
      return [error((cause as Error).message, { todo: 'Install what it needs, or write handrail.device "cpu".' })];
    }
  },
};
