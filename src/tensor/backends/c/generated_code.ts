/** What the code generator makes of a traced program. */
export interface GeneratedCode {
  /**
   * C translation units, which are compiled side by side: the runtime's headers, the functions of the step and, in the last
   * one, `handrail_step`, which calls them.
   */
  readonly sources: readonly string[];
  /** The pointers that a run passes, in order. */
  readonly slots: readonly Slot[];
  /** Bytes of working memory, aligned to 64 and zeroed once. Its contents need not survive a run. */
  readonly arenaBytes: number;
}

export type Slot =
  | { readonly kind: "feed" | "fetch"; readonly name: string; readonly bytes: number }
  /** A `tensorConstant`, by its index in the program's nodes. */
  | { readonly kind: "constant"; readonly node: number };
