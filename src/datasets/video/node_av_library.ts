/** node-av as it is handed around once it is loaded: nothing here imports the package itself. */
import type * as Av from "node-av/lib";

export type AvLibrary = typeof Av;
