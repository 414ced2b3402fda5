/** Runs a conformance suite outside the test runner: a suite has to fail for a broken implementation. */
import type { TestFunctions } from "../src/utils/test_functions.ts";

/** @returns the names of the suite's tests that fail, in order. */
export async function failedTests(describeSuite: (runner: TestFunctions) => void): Promise<string[]> {
  const tests: [name: string, body: () => void | Promise<void>][] = [];
  describeSuite({ describe: (_, body) => body(), it: (name, body) => tests.push([name, body]) });
  const failed: string[] = [];
  for (const [name, body] of tests) {
    try {
      await body();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}
