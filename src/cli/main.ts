#!/usr/bin/env node
/** `handrail <command>`. Nothing that an older Node cannot read is loaded before its version is known. */
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
