/** Whether actors can find the learner, and the learner can listen. */
import { lookup } from "node:dns/promises";
import { runSettingsOf } from "../../../settings/run_settings.ts";
import { isLoopback } from "../../../transport/grpc/security.ts";
import { tryPort } from "../../../utils/listen_error.ts";
import { type Check, error, type Finding, ok, warning } from "../check.ts";

export const networkCheck: Check = {
  name: "network",
  async run({ config }) {
    const { host, port } = runSettingsOf(config).learnerAddress;
    const address = await lookup(host).catch(() => undefined);
    if (address === undefined) {
      const todo = "Correct policy.actor_learner_config.learner_host, or write the learner's IP address.";
      return [error(`the learner's host "${host}" cannot be resolved`, { why: "Actors would never find it.", todo })];
    }
    if (port === 0) return [ok(`the learner takes any free port on ${host}`)];
    return [await listen(address.address, host, port)];
  },
};

/** Tries the port for a moment. A host that is not this machine is the learner's machine elsewhere. */
async function listen(address: string, host: string, port: number): Promise<Finding> {
  const failure = await tryPort(address, port);
  if (failure === undefined) {
    const secret = isLoopback(host) ? "" : "; beyond this machine, learner and actors need a common token";
    return ok(`${host}:${port} is free for the learner${secret}`);
  }
  if (failure.code === "EADDRNOTAVAIL") return ok(`the learner is on another machine: ${host} (${address})`);
  const why = "If that is the learner of this run, all is well; otherwise a learner cannot start here.";
  const todo = "End the other program, or write another policy.actor_learner_config.learner_port.";
  return warning(`${host}:${port} cannot be listened on (${failure.code})`, { why, todo });
}
