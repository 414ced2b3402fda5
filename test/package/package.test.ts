/** The installed package: entry points load, load little and have types, and worker threads have their files. */
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { publint } from "publint";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { InstalledPackage } from "./installed_package.ts";
import { allSnippets, isExcerpt } from "./snippets.ts";

let installed: InstalledPackage;
beforeAll(() => {
  installed = new InstalledPackage();
});
afterAll(() => installed?.dispose());

/** Native code, big libraries and servers: loaded when something needs them, never by an import alone. */
const NATIVE = ["onnxruntime", "@mujoco", "sharp", "node-av", "fs-native-extensions"];
const SERVERS = ["@grpc", "nice-grpc", "@hono", "hono", "ws", "prom-client"];
const BIG = ["@huggingface", "hyparquet", "yaml", "commander", "log-update", "vitest"];
const HEAVY = [...NATIVE, ...SERVERS, ...BIG];

function heavyModules(specifier: string): string[] {
  const modules = installed.modulesLoadedBy(specifier);
  expect(modules.some((url) => url.includes("/handrail/dist/"))).toBe(true);
  return modules.filter((url) => HEAVY.some((name) => url.includes(`/node_modules/${name}`)));
}

describe("with no optional package installed", () => {
  test('import "handrail" works and loads no native code, no downloads and no servers', () => {
    expect(heavyModules("handrail")).toEqual([]);
  });

  test('import "handrail" loads few files of its own: each costs Node more than what is in it', () => {
    const modules = installed.modulesLoadedBy("handrail");
    expect(modules.filter((url) => url.includes("/handrail/dist/")).length).toBeLessThanOrEqual(6);
  });

  test('import "handrail/metrics" loads neither native code nor servers', () => {
    expect(heavyModules("handrail/metrics")).toEqual([]);
  });

  test('import "handrail/tensor" loads nothing but the engine', () => {
    expect(heavyModules("handrail/tensor")).toEqual([]);
    const others = installed.modulesLoadedBy("handrail/tensor").filter((url) => url.includes("/node_modules/zod"));
    expect(others).toEqual([]);
  });

  test("a compiled program runs", () => {
    const printed = installed.run(`
      import { compile, spec, Tensor } from "handrail/tensor";
      const program = compile(({ inputs: { x } }) => ({ outputs: x.mul(2) }), { inputs: { x: spec([2]) } });
      console.log(...(await program.run({ x: Tensor.of([2], [1, 2]) })).data);
    `);
    expect(printed).toBe("2 4\n");
  });

  test("the example of docs/engine.md learns what it says", () => {
    const page = readFileSync(new URL("../../docs/engine.md", import.meta.url), "utf8");
    const example = /```ts\n(.*?)```/s.exec(page)![1]!;
    const printed = installed.run(example);
    const losses = [...printed.matchAll(/loss (.*)/g)].map(([, loss]) => Number(loss));
    expect(losses).toHaveLength(5);
    expect(losses.at(-1)).toBeLessThan(0.02);
    const [, atPositive, atNegative] = /≈ (.*), .* ≈ (.*)/.exec(printed)!.map(Number);
    expect(Math.abs(atPositive! - Math.sin(1.5))).toBeLessThan(0.1);
    expect(Math.abs(atNegative! - Math.sin(-3))).toBeLessThan(0.1);
  });

  test("a tensor of one entry point is a tensor of the other", () => {
    const printed = installed.run(`
      import * as root from "handrail";
      import { Tensor } from "handrail/tensor";
      console.log(root.Tensor === Tensor);
    `);
    expect(printed).toBe("true\n");
  });

  test("the gRPC library is there when a learner listens", () => {
    const printed = installed.run(`
      import { GrpcTransport } from "handrail";
      const learner = await new GrpcTransport({ host: "127.0.0.1", port: 0 }).createLearner({ onTransitions() {} });
      await learner.close();
      console.log("closed");
    `);
    expect(printed).toBe("closed\n");
  });

  test("what needs an optional package says which one to install", () => {
    const printed = installed.run(`
      import { makeEnv } from "handrail";
      await makeEnv("PandaPickCube-v0").catch((error) => console.log(error.message));
    `);
    expect(printed).toContain("npm install @mujoco/mujoco");
  });

  describe("a plug-in in TypeScript", () => {
    const few = ["--policy.online_steps=120", "--save_freq=100", "--eval.n_episodes=4", "--seed=1"];
    const training = ["train", "--config", "slider.json", "--plugin", "./slider.ts", "--no-dashboard", ...few];
    beforeAll(() => {
      const examples = join(import.meta.dirname, "../../examples");
      for (const file of ["slider.ts", "slider.json"]) cpSync(join(examples, file), join(installed.project, file));
    });

    test.skipIf("typescript" in process.features && process.features.typescript)(
      "is refused by a Node that cannot import it, with what to install",
      () => {
        const { code, output } = installed.handrail(...training);
        expect(output).toMatch(/could not load the plug-in ".\/slider.ts": TypeScript .*npm install tsx/);
        expect(code).toBe(1);
      },
    );

    test("works in every thread once tsx is installed", () => {
      const trained = installed.with("tsx", () => installed.handrail(...training));
      expect(trained).toMatchObject({ code: 0, output: expect.stringContaining("of 4 episodes") });
    });
  });

  test("the engine says how to install its native library where npm had to leave it out", () => {
    const printed = installed.without("onnxruntime-node", () =>
      installed.run(`
        import { compile, spec, Tensor } from "handrail/tensor";
        const program = compile(({ inputs: { x } }) => ({ outputs: x.mul(2) }), { inputs: { x: spec([2]) } });
        await program.run({ x: Tensor.of([2], [1, 2]) }).catch(({ message }) => console.log(message));
      `),
    );
    expect(printed).toMatch(/The numeric engine needs .*npm install onnxruntime-node\..*ONNXRUNTIME_NODE_INSTALL=skip/);
  });
});

describe("the compiler", () => {
  const snippets = allSnippets().filter(({ from }) => from === undefined);
  const source = (method: string) => `
    import { ReplayBuffer } from "handrail";
    import { compile, type Expr, spec } from "handrail/tensor";
    const loss = (x: Expr): Expr => x.mul(2).${method}().mean();
    export const program = compile(({ inputs: { x } }) => ({ outputs: loss(x) }), { inputs: { x: spec([2]) } });
    export const capacity = (buffer: ReplayBuffer): number => buffer.capacity;
  `;
  const isOfMethod = (error: string) => error.startsWith("method_");
  let errors: string[];
  beforeAll(() => {
    const files = snippets.map(({ place, code, given }) => [
      `${place.replaceAll(/[^a-z0-9]+/gi, "_")}.ts`,
      `${given}\n${code}\nexport {};\n`,
    ]);
    const methods = { "method_square.ts": source("square"), "method_squared.ts": source("squared") };
    // All at once: it spends most of its time on the declarations of libraries.
    errors = installed
      .typeErrors({ ...Object.fromEntries(files), ...methods })
      .split("\n")
      .filter(Boolean);
  });

  test("knows the types, methods of expressions included", () => {
    expect(errors.filter(isOfMethod)).toEqual([
      expect.stringMatching(/^method_squared\.ts.* Property 'squared' does not exist on type 'Expr'/),
    ]);
  });

  test("takes every snippet of README and docs as it stands, with every check that it has on", () => {
    expect(snippets.length).toBeGreaterThan(30);
    expect(errors.filter((error) => !isOfMethod(error))).toEqual([]);
  });
});

test("every excerpt of an example stands in the example", () => {
  const excerpts = allSnippets().filter(({ from }) => from !== undefined);
  expect(excerpts.length).toBeGreaterThan(4);
  expect(excerpts.filter((excerpt) => !isExcerpt(excerpt)).map(({ place }) => place)).toEqual([]);
});

test("every entry point loads", () => {
  const { exports } = JSON.parse(readFileSync(join(installed.folder, "package.json"), "utf8")) as { exports: object };
  const entries = Object.entries(exports).filter(
    ([name, target]) => name !== "./conformance" && typeof target !== "string",
  );
  const specifiers = entries.map(([name]) => `handrail${name.slice(1)}`);
  expect(specifiers.length).toBeGreaterThan(15);
  const source = specifiers.map((specifier) => `console.log(Object.keys(await import("${specifier}")).length > 0);`);
  expect(installed.run(source.join("\n"))).toBe("true\n".repeat(specifiers.length));
});

test("every worker thread that is started by name has its file in the package", () => {
  const folder = new URL("../../src/", import.meta.url);
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const names = files.flatMap((file) => [
    ...readFileSync(new URL(file, folder), "utf8").matchAll(/startWorker\("([^"]+)"/g),
  ]);
  expect(names.length).toBeGreaterThan(0);
  for (const [, name] of names) expect(existsSync(join(installed.folder, "dist", `${name}.js`)), name).toBe(true);
});

test("the page that picks regions of interest is in the package as it is", () => {
  const page = new URL("../../src/dashboard/server/region_picker/page/", import.meta.url);
  for (const file of readdirSync(page)) {
    const packed = readFileSync(join(installed.folder, "dist", "region_picker", file), "utf8");
    expect(packed, file).toBe(readFileSync(new URL(file, page), "utf8"));
  }
});

test("the C headers of compiled programs are in the package as they are", () => {
  const headers = new URL("../../src/tensor/backends/c/runtime/", import.meta.url);
  const names = readdirSync(headers).filter((file) => file.endsWith(".h"));
  expect(names).toContain("threads.h");
  for (const file of names) {
    const packed = readFileSync(join(installed.folder, "dist", "c_runtime", file), "utf8");
    expect(packed, file).toBe(readFileSync(new URL(file, headers), "utf8"));
  }
});

test("the command line starts", () => {
  expect(installed.run('process.argv[2] = "--help"; await import("./node_modules/handrail/dist/cli.js");')).toContain(
    "Usage: handrail",
  );
});

test("publint finds nothing wrong", async () => {
  const { messages } = await publint({ pkgDir: installed.folder, pack: false });
  expect(messages).toEqual([]);
});
