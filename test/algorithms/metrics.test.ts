/** Metric names are an interface: SAC must emit what its page documents. */
import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { RandomBatches } from "../../src/algorithms/conformance.ts";
import { smallPolicyConfig, smallSac } from "./small.ts";

const PAGE = new URL("../../docs/algorithms/sac.md", import.meta.url);

it("SAC emits exactly the documented metrics, those of the gripper only with a gripper", async () => {
  const section = /## Metrics\n(.*?)\n## /s.exec(await readFile(PAGE, "utf8"))![1]!;
  const documented = [...section.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name!);
  const emitted = async (policy: Readonly<Record<string, unknown>>) => {
    const sac = smallSac({ policy });
    const stats = await sac.update(new RandomBatches(smallPolicyConfig(policy), 1));
    await sac.dispose();
    return Object.keys(stats.toLogDict()).sort();
  };
  expect(await emitted({ num_discrete_actions: 3 })).toEqual([...documented].sort());
  expect(await emitted({})).toEqual(documented.filter((name) => !name.includes("discrete")).sort());
});
