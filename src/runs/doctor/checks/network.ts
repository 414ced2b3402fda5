/** Checks that actors can reach the learner and that the learner can listen. */
import { runTransport } from "../../run_transport.ts";
import type { Check } from "../check.ts";

export const networkCheck: Check = {
  name: "network",
  run: ({ config }) => runTransport(config).inspect(),
};
