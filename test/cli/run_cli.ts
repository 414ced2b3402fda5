/** Runs a script of this project in a process, as a user does; returns its exit code and output. */
import { execFile } from "node:child_process";
import { builtEnvironment, HANDRAIL } from "../build.ts";

export interface Outcome {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export const runScript = (script: string, ...args: string[]): Promise<Outcome> =>
  run(process.env, "--import", "tsx", script, ...args);

/** `handrail <args>` */
export const handrail = (...args: string[]): Promise<Outcome> => handrailWith({}, ...args);

/** The same with these environment variables. */
export const handrailWith = (variables: NodeJS.ProcessEnv, ...args: string[]): Promise<Outcome> =>
  run({ ...builtEnvironment(), ...variables }, HANDRAIL, ...args);

function run(env: NodeJS.ProcessEnv, ...args: string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}
