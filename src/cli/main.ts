#!/usr/bin/env node
/** `handrail <command>`. Checks Node's version before it loads code that an older Node cannot parse. */
import { describeSystemError } from "../utils/files/system_error.ts";
import { unsupportedNode } from "./supported_node.ts";

const fail = (problem: string) => {
  console.error(problem);
  process.exitCode = 1;
};

const problem = unsupportedNode(process.versions.node);
if (problem !== undefined) fail(problem);
else {
  import("./program.ts")
    .then(({ load }) => load(process.argv[2]))
    .then(
      (run) => run(),
      (error: Error) => fail(`error: Handrail cannot be loaded: ${describeSystemError(error)}`),
    );
}
