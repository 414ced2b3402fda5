/** The backend that generates C, compiles it for this machine's processor and calls it in this thread. */
import { type Backend, deviceError } from "../../backend.ts";
import { defaultThreads } from "../threads.ts";
import { CompiledSession } from "./session.ts";
import { type Generate, loadStep } from "./toolchain/load_step.ts";

/** @param generate the code generator; its errors name the operations that it does not know. */
export function makeCompiledBackend(generate: Generate): Backend {
  return {
    name: "c",

    devices: async () => ["cpu"],

    /** @throws CompilerUnavailable, besides what the contract names, where this machine cannot compile. */
    async compile(program, options) {
      const { device = "cpu", threads = defaultThreads(), onCompiled } = options;
      if (device !== "cpu") throw await deviceError(this, device);
      const step = await loadStep(program, generate);
      const session = new CompiledSession(step, program, threads);
      onCompiled?.(`compiled by ${step.compiler}, ${threads} ${threads === 1 ? "thread" : "threads"}`);
      return session;
    },
  };
}
