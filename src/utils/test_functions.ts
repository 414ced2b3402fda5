/** The test runner of a conformance suite: `describe` and `it` of Vitest, Jest or node:test, so that the package depends on none. */
export interface TestFunctions {
  readonly describe: (name: string, body: () => void) => void;
  readonly it: (name: string, body: () => void | Promise<void>) => void;
}
