/** The conformance suite of transports as Vitest tests, for any implementation. */
import { describe } from "vitest";
import { deliveryTests } from "./delivery.ts";
import type { MakeTransport } from "./harness.ts";
import { recoveryTests } from "./recovery.ts";
import { weightsTests } from "./weights.ts";

/**
 * Declares the tests.
 *
 * @param name Name of the transport, for the test names.
 * @param make Creates an isolated transport with default settings; learner and actors of a test share it, and a test may
 *   close its learner and create another.
 */
export function describeTransport(name: string, make: MakeTransport): void {
  describe(`${name}: delivery`, () => deliveryTests(make));
  describe(`${name}: recovery`, () => recoveryTests(make));
  describe(`${name}: weights`, () => weightsTests(make));
}
