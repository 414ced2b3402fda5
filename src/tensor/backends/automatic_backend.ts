/** The default backend: compiled programs on the CPU where this machine can, ONNX Runtime otherwise. */
import type { Backend, BackendOptions, Session } from "../backend.ts";
import type { TracedProgram } from "../ir/traced_program.ts";

const VARIABLE = "HANDRAIL_BACKEND";

/**
 * @param compiled for the CPU; a program that it cannot compile runs on `portable`.
 * @param portable for all other devices and programs, and where a profile of every operation is wanted.
 */
export function makeAutomaticBackend(compiled: Backend, portable: Backend): Backend {
  return {
    name: "automatic",

    async devices() {
      const others = await portable.devices().catch(() => []); // not installed
      return [...new Set([...(await compiled.devices()), ...others])];
    },

    async compile(program, options) {
      const { device = "cpu", profile } = options;
      const chosen = chosenEngine(options.engine);
      if (device !== "cpu" || profile !== undefined || chosen === "onnx")
        return await portable.compile(program, options);
      if (chosen === "c") return await compiled.compile(program, options);
      try {
        return await compiled.compile(program, options);
      } catch (error) {
        return await compileOtherwise(portable, program, options, error as Error);
      }
    },
  };
}

/** Says why in the same line as what runs the program. */
async function compileOtherwise(
  portable: Backend,
  program: TracedProgram,
  options: BackendOptions,
  { message: reason }: Error,
): Promise<Session> {
  const onCompiled = (engine: string) => options.onCompiled?.(`${engine} (not compiled: ${reason})`);
  try {
    return await portable.compile(program, { ...options, onCompiled });
  } catch (cause) {
    throw new Error(`${(cause as Error).message}; nor can the program be compiled: ${reason}`, { cause });
  }
}

type Engine = NonNullable<BackendOptions["engine"]>;
const ENGINES: readonly string[] = ["auto", "c", "onnx"] satisfies Engine[];

/** What the option and the environment variable choose together. @throws Error for an unknown value of the variable. */
export function chosenEngine(option: Engine = "auto"): Engine {
  if (option !== "auto") return option;
  const engine = process.env[VARIABLE] || "auto";
  if (!ENGINES.includes(engine)) throw new Error(`${VARIABLE}=${engine}: it must be auto, c or onnx`);
  return engine as Engine;
}
