/** Registration of the in-process transport. */
import { z } from "zod";
import { sessionConfigFields, settingsOfConfig } from "../settings.ts";
import type { TransportType } from "../transport_type.ts";
import { InProcessTransport } from "./in_process_transport.ts";

const schema = z.strictObject({
  type: z.literal("in_process").describe("Memory, for a learner and an actor in one process."),
  ...sessionConfigFields,
});

export const inProcessType: TransportType<z.output<typeof schema>> = {
  schema,
  create: (config) => new InProcessTransport(settingsOfConfig(config)),
  address: () => "this process",
  withinOneProcess: true,
  async inspect() {
    const what = 'handrail.transport.type is "in_process"';
    const why = "`handrail train` can use it; `handrail learner` and `handrail actor` refuse it.";
    return [{ level: "ok", what, why }];
  },
};
