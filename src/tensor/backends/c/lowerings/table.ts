/** The type of the C backend's lowerings: each entry gives the value of an operation. */
import type { LoweringTable } from "../../lowering.ts";
import type { Builder, Value } from "../codegen/ir.ts";

export type CLowerings = LoweringTable<[inputs: readonly Value[], builder: Builder], Value>;
