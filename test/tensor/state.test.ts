/** Carried state: shared by programs, advanced only by successful runs, one run at a time. */
import { afterAll, describe, expect, test } from "vitest";
import { compile, type Expr, ops, Random, State, spec, Tensor } from "../../src/tensor/index.ts";

function counter() {
  return new State({ count: Tensor.scalar(0), table: { a: Tensor.of([2], [1, 2]), i: Tensor.zeros([1], "int64") } });
}

type Counter = ReturnType<typeof counter>;

const created: { dispose(): Promise<void> }[] = [];
afterAll(async () => {
  for (const program of created) await program.dispose();
});

function addTo(state: Counter, by: number) {
  const program = compile(
    ({ inputs: { indices }, state: { count, table } }) => ({
      outputs: { before: count, picked: ops.gather(table.a, indices) },
      state: { count: count.add(by) },
    }),
    { inputs: { indices: spec([1], "int64") }, state },
  );
  created.push(program);
  return program;
}

const index = (value: bigint) => ({ indices: new Tensor("int64", [1], BigInt64Array.of(value)) });

describe("a state", () => {
  test("advances with every run, and several programs share it", async () => {
    const state = counter();
    const [one, ten] = [addTo(state, 1), addTo(state, 10)];
    expect((await one.run(index(0n))).before.item()).toBe(0);
    expect((await ten.run(index(0n))).before.item()).toBe(1);
    expect((await one.run(index(1n))).before.item()).toBe(11);
    expect(state.read().count.item()).toBe(12);
    expect([...state.read().table.a.data]).toEqual([1, 2]);
  });

  test("is unchanged after a failed run", async () => {
    const state = counter();
    const program = addTo(state, 1);
    await program.run(index(0n));
    await expect(program.run(index(7n))).rejects.toThrow(/idx=7|index/i);
    expect(state.read().count.item()).toBe(1);
    await program.run(index(0n));
    expect(state.read().count.item()).toBe(2);
  });

  test("refuses a second run, and a write, while one is under way", async () => {
    const state = counter();
    const program = await addTo(state, 1).load();
    const running = program.run(index(0n));
    const second = program.run(index(0n));
    await expect(second).rejects.toThrow(/the state is in use by another run; await that run first/);
    await running;
    expect(state.read().count.item()).toBe(1);

    const third = program.run(index(0n));
    await Promise.resolve();
    expect(() => state.write(counter().read())).toThrow(/the state is in use/);
    await third;
    state.write(counter().read());
    expect(state.read().count.item()).toBe(0);
  });

  test("can exchange its tensors in one run", async () => {
    const state = new State({ a: Tensor.scalar(1), b: Tensor.scalar(2) });
    const program = compile(({ state: { a, b } }) => ({ outputs: {}, state: { a: b, b: a } }), { inputs: {}, state });
    created.push(program);
    await program.run({});
    expect([state.read().a.item(), state.read().b.item()]).toEqual([2, 1]);
    await program.run({});
    expect([state.read().a.item(), state.read().b.item()]).toEqual([1, 2]);
  });

  test("holds large tensors in separate buffers, with equal results", async () => {
    const large = Tensor.of([200, 100], new Random(3).fillNormal(new Float32Array(20_000)));
    const state = new State({ net: { large, small: Tensor.of([2], [1, 2]), other: Tensor.scalar(3) } });
    const step = ({ state: { net } }: { state: { net: Record<"large" | "small" | "other", Expr> } }) => ({
      outputs: {},
      state: { net: { large: net.large.mul(2), small: net.small.add(net.other) } },
    });
    const program = compile(step, { inputs: {}, state });
    created.push(program);
    await program.run({});
    await program.run({});
    const { net } = state.read();
    expect(net.large.data).toEqual(large.data.map((value) => value * 4));
    expect([...net.small.data, net.other.item()]).toEqual([7, 8, 3]);
  });

  test("copies the tensors it is created from and those it returns", () => {
    const count = Tensor.scalar(1);
    const state = new State({ count });
    count.data[0] = 5;
    const read = state.read();
    read.count.data[0] = 7;
    expect(state.read().count.item()).toBe(1);
  });

  test("may be empty", async () => {
    const program = compile(() => ({ outputs: { one: ops.constant(1) } }), { inputs: {}, state: new State({}) });
    created.push(program);
    expect((await program.run({})).one.item()).toBe(1);
  });

  test("names a misfit when it is created or written, and stays unchanged", () => {
    expect(() => new State({ a: { b: 3 } } as never)).toThrow(/state\.a\.b must be a Tensor/);
    const state = new State({ a: Tensor.scalar(1), b: Tensor.zeros([2]) });
    const write = (tree: unknown) => () => state.write(tree as never);
    expect(write({ a: Tensor.scalar(2) })).toThrow(/state does not have the expected names \(missing: b\)/);
    expect(write({ a: Tensor.scalar(2), b: Tensor.zeros([3]) })).toThrow(
      /state\.b is float32 \[3\], expected float32 \[2\]/,
    );
    expect(write({ a: Tensor.scalar(2), b: Tensor.zeros([2], "float64") })).toThrow(/state\.b is float64/);
    expect(state.read().a.item()).toBe(1);
  });

  test("refuses a new value of another name, shape or type while tracing", () => {
    const trace = (next: (x: Expr) => Record<string, unknown>) => () =>
      compile(({ state }) => ({ outputs: {}, state: next(state.a) as Record<string, Expr> }), {
        inputs: {},
        state: new State({ a: Tensor.zeros([2]) }),
      });
    expect(trace((a) => ({ b: a }))).toThrow(/state\.b does not exist; the state has a/);
    expect(trace((a) => ({ a: a.sum() }))).toThrow(/state\.a is float32 \[2\], its new value float32 \[\]/);
    expect(trace((a) => ({ a: a.cast("float64") }))).toThrow(/its new value float64 \[2\]/);
    expect(trace(() => ({ a: 3 }))).toThrow(/state\.a is not an expression/);
  });
});

describe("random inputs of a step", () => {
  const noisy = (random?: Random, state?: State<{ n: Tensor }>) => {
    const program = compile(
      ({ random, state }) => ({
        outputs: { normal: random.normal([4]), uniform: random.uniform([3]), choice: random.choice(5, 2) },
        ...(state.n === undefined ? {} : { state: { n: state.n.add(1) } }),
      }),
      { inputs: {}, ...(random === undefined ? {} : { random }), ...(state === undefined ? {} : { state }) } as {
        inputs: Record<string, never>;
        random: Random;
        state: State<{ n: Tensor }>;
      },
    );
    created.push(program);
    return program;
  };

  test("are drawn in the order of the calls and repeat with the seed", async () => {
    const { normal, uniform, choice } = await noisy(new Random(7)).run({});
    const random = new Random(7);
    expect(normal.data).toEqual(random.fillNormal(new Float32Array(4)));
    expect(uniform.data).toEqual(random.fillUniform(new Float32Array(3)));
    expect([...choice.data].map(Number)).toEqual([...random.choice(5, 2)]);
  });

  test("differ between runs that overlap", async () => {
    const program = await noisy(new Random(7)).load();
    const [first, second] = await Promise.all([program.run({}), program.run({})]);
    expect(first.normal.data).not.toEqual(second.normal.data);
    expect(first.normal.data).toEqual((await noisy(new Random(7)).run({})).normal.data);
  });

  test("are not used up by a run that the state refuses", async () => {
    const random = new Random(7);
    const program = await noisy(random, new State({ n: Tensor.scalar(0) })).load();
    const [, refused] = await Promise.allSettled([program.run({}), program.run({})]);
    expect(refused?.status).toBe("rejected");
    const expected = new Random(7);
    await noisy(expected).run({});
    expect(random.state).toEqual(expected.state);
  });

  test("need a source", async () => {
    await expect(noisy().run({})).rejects.toThrow(/pass `random` to compile\(\)/);
  });
});
