import { describe, expect, it } from "vitest";
import { describeReplayStore } from "./conformance.ts";
import { ReplayBuffer } from "./replay_buffer.ts";
import type { ReplayStore } from "./replay_source.ts";
import type { Transition } from "./transition.ts";

const saveAndRestore = async (store: ReplayStore) => ReplayBuffer.restore((store as ReplayBuffer).snapshot());

describeReplayStore(
  "ReplayBuffer",
  { create: (options) => new ReplayBuffer(options), saveAndRestore },
  { describe, it },
);
describeReplayStore(
  "ReplayBuffer with a block per row",
  { create: (options) => new ReplayBuffer({ ...options, blockBytes: 1 }), saveAndRestore },
  { describe, it },
);

/** The tests of the suite that an implementation fails. */
async function failures(Broken: typeof ReplayBuffer): Promise<string[]> {
  const failed: string[] = [];
  const runs: Promise<void>[] = [];
  const record = (name: string, body: () => void | Promise<void>) => {
    runs.push((async () => body())().catch(() => void failed.push(name)));
  };
  const subject = {
    create: (options: ConstructorParameters<typeof ReplayBuffer>[0]) => new Broken(options),
    saveAndRestore,
  };
  describeReplayStore("broken", subject, { describe: (_, body) => body(), it: record });
  await Promise.all(runs);
  return failed;
}

/** Takes the next stored observation for this transition's, like a ring of observations without segments. */
class NextByIndex extends ReplayBuffer {
  #previous: Transition | undefined;
  override add(transition: Transition): number {
    const { size } = this;
    if (this.#previous) super.add({ ...this.#previous, nextObservation: transition.observation });
    this.#previous = transition;
    return size;
  }
}

class TruncationIsDone extends ReplayBuffer {
  override add(transition: Transition): number {
    return super.add({ ...transition, terminated: transition.terminated || transition.truncated });
  }
}

class SmallBatches extends ReplayBuffer {
  override sample(batchSize: number) {
    return super.sample(Math.min(batchSize, this.size));
  }
}

describe("the replay conformance suite", () => {
  it.each([
    { Broken: NextByIndex, test: "returns every transition unchanged" },
    { Broken: TruncationIsDone, test: "returns every transition unchanged" },
    { Broken: SmallBatches, test: "gives the requested batch size" },
  ])("catches $Broken.name", async ({ Broken, test }) => {
    expect(await failures(Broken)).toContainEqual(expect.stringContaining(test));
  });

  it("passes the library's buffer", async () => {
    expect(await failures(ReplayBuffer)).toEqual([]);
  });
});
