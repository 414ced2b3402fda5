/** Prints the digests of the pick task's images: run in a process of its own by the determinism test. */
import { pandaDigests } from "../panda_digests.ts";

console.log(JSON.stringify([await pandaDigests(1), await pandaDigests(2)]));
