/** Types of the loaded node-av package; nothing here imports the package. */
import type * as Av from "node-av/lib";

export type AvLibrary = typeof Av;
