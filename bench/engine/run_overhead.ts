/** The cost of `run()` itself: checks, results and carried state, with a session that does nothing. */
import { type Backend, compile, nn, Random, State, spec, type Tensor } from "../../src/tensor/index.ts";
import { measure, type Row } from "../measure.ts";

const RUNS = 1000;
const SIZE = 21;

const idle: Backend = {
  name: "idle",
  devices: async () => ["cpu"],
  compile: async () => ({ run: async () => {}, release: async () => {} }),
};

export async function runOverheadRow(seconds: number): Promise<Row> {
  const random = new Random(0);
  const layer = nn.linear(SIZE, SIZE);
  const program = compile(
    ({ inputs: { observation }, state }) => ({ outputs: { action: layer.apply(state, observation) } }),
    { state: new State(layer.init(random)), inputs: { observation: spec(["batch", SIZE]) } },
    { backend: idle },
  );
  const inputs: { observation: Tensor } = { observation: nn.init.normal(1)(random, [1, SIZE]) };
  const timing = await measure(
    async () => {
      for (let i = 0; i < RUNS; i++) await program.run(inputs);
    },
    { seconds },
  );
  await program.dispose();
  return {
    name: "run() without a backend",
    value: (timing.medianMs / RUNS) * 1e3,
    unit: "µs",
    target: "≤ 1.5",
    detail: "one input with a named dimension, one buffer of state, one output",
  };
}
