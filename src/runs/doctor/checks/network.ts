/** Whether actors can find the learner, and the learner can listen. */
import { runTransport } from "../../run_transport.ts";
import type { Check } from "../check.ts";

export const networkCheck: Check = {
  name: "network",
  run: ({ config }) => runTransport(config).inspect(),
};
