/** Prints the outcome of loading a program in the WebAssembly runtime. */
import "../../../src/index.ts";
import { compile, onnxruntimeWeb, ops } from "../../../src/tensor/index.ts";

const program = compile(() => ({ outputs: ops.constant(1) }), { inputs: {} }, { backend: onnxruntimeWeb });
try {
  await program.load();
  console.log("loaded");
  await program.dispose();
} catch (error) {
  console.log((error as Error).message);
}
