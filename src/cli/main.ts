#!/usr/bin/env node
/** `handrail <command>`. Nothing that an older Node cannot read is loaded before its version is known. */
import { unsupportedNode } from "./supported_node.ts";

const problem = unsupportedNode(process.versions.node);
if (problem === undefined) import("./program.ts").then(({ run }) => run());
else {
  console.error(problem);
  process.exitCode = 1;
}
