/** `dataset validate`, the doctor and training agree on a dataset: what one accepts, all accept. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { Dataset } from "../../src/datasets/dataset.ts";
import {
  type EpisodeRow,
  episodeColumns,
  episodesSchema,
  readEpisodeStatistics,
  readEpisodes,
} from "../../src/datasets/meta/episodes.ts";
import { encodeParquet } from "../../src/datasets/parquet/parquet_appender.ts";
import { ParquetFile } from "../../src/datasets/parquet/parquet_reader.ts";
import {
  dataSchema,
  fileSchema,
  int64Column,
  storedKeys,
  stringColumn,
} from "../../src/datasets/parquet/parquet_schema.ts";
import type { FrameTable } from "../../src/datasets/schema/columns.ts";
import { dataColumns } from "../../src/datasets/schema/data_columns.ts";
import { validateDataset } from "../../src/datasets/validation/validate.ts";
import { checkDemonstrations } from "../../src/learning/demonstrations/check_demonstrations.ts";
import { loadDemonstrations } from "../../src/learning/demonstrations/load_demonstrations.ts";
import { ReplayBuffer } from "../../src/replay/replay_buffer.ts";
import { dataRangesCheck } from "../../src/runs/doctor/checks/data_ranges.ts";
import { datasetCheck } from "../../src/runs/doctor/checks/dataset.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { replayFeaturesOf } from "../../src/settings/replay_features.ts";
import { diagnose, recordPickCube, STATE_PRESET } from "./support.ts";

const DATA = "data/chunk-000/file-000.parquet";
const EPISODES = "meta/episodes/chunk-000/file-000.parquet";
const POINTER = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 187716\n`;

let folder: string;
let original: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-agreement-"));
  original = join(folder, "original");
  await recordPickCube(original);
});
afterAll(() => rm(folder, { recursive: true }));

type Damage = (root: string) => Promise<void>;

/** Changes a JSON file of the dataset. */
const edit =
  (path: string, change: (json: never) => void): Damage =>
  async (root) => {
    const json = JSON.parse(await readFile(join(root, path), "utf8"));
    change(json as never);
    await writeFile(join(root, path), JSON.stringify(json));
  };

const put =
  (path: string, content: string): Damage =>
  async (root) => {
    await mkdir(join(root, path, ".."), { recursive: true });
    await writeFile(join(root, path), content);
  };

const remove =
  (path: string): Damage =>
  (root) =>
    rm(join(root, path), { recursive: true });

/** Writes the list of episodes again, changed. */
const editEpisodes =
  (change: (row: EpisodeRow) => Partial<EpisodeRow>): Damage =>
  async (root) => {
    const { features } = await Dataset.open(root);
    const records = await readEpisodes(root, []);
    const statistics = await readEpisodeStatistics(root, features);
    const rows = records.map((record, i): EpisodeRow => {
      const row = { ...record, statistics: statistics[i]!, meta: { chunk: 0, file: 0 } };
      return { ...row, ...change(row) };
    });
    const bytes = encodeParquet({ schema: episodesSchema(features, []) }, episodeColumns(rows, features, []));
    await writeFile(join(root, EPISODES), bytes);
  };

/** Writes the rows again, changed. */
const editRows =
  (change: (column: Float32Array, table: FrameTable) => void, key: string): Damage =>
  async (root) => {
    const { features } = await Dataset.open(root);
    const file = await ParquetFile.open(root, DATA);
    const table = await file.readTable(features, storedKeys(features));
    await file.close();
    change((table.columns[key] as { data: Float32Array }).data, table);
    await writeFile(join(root, DATA), encodeParquet({ schema: dataSchema(features) }, dataColumns(table, features)));
  };

/** Stores a column of flags as decimals instead. */
const declare =
  (key: string): Damage =>
  async (root) => {
    const { features } = await Dataset.open(root);
    const file = await ParquetFile.open(root, DATA);
    const table = await file.readTable(features, storedKeys(features));
    await file.close();
    const column = table.columns[key] as { data: ArrayLike<number> };
    const columns = { ...table.columns, [key]: { ...table.columns[key], data: Float32Array.from(column.data) } };
    const changed = { ...features, [key]: { ...features[key]!, dtype: "float32" as const } };
    const rows = dataColumns({ ...table, columns } as FrameTable, changed);
    await writeFile(join(root, DATA), encodeParquet({ schema: dataSchema(changed) }, rows));
    await edit("meta/info.json", (info: Info) => {
      info.features[key]!.dtype = "float32";
    })(root);
  };

type Info = { features: Record<string, { dtype: string }> } & Record<string, unknown>;
type Statistics = Record<string, Record<string, unknown>>;

const REFUSED: [string, Damage, RegExp][] = [
  [
    "totals that differ",
    edit("meta/info.json", (info: Info) => {
      info.total_frames = 7;
    }),
    /"total_frames": is 7/,
  ],
  ["no list of episodes", remove("meta/episodes"), /lists no episode/],
  [
    "an episode without a frame",
    editEpisodes(({ episodeIndex, length }) => ({ length: episodeIndex ? length : 0 })),
    /row 0/,
  ],
  [
    "an episode that is too long",
    editEpisodes(({ episodeIndex, length }) => ({ length: length + episodeIndex })),
    /rows/,
  ],
  [
    "scrambled ranges",
    editEpisodes(({ fromIndex, toIndex }) => ({ fromIndex: toIndex, toIndex: fromIndex })),
    /expected 0/,
  ],
  ["a stale file index", editEpisodes(({ episodeIndex }) => ({ data: { chunk: 0, file: episodeIndex } })), /file-001/],
  [
    "rows of another episode",
    editRows((data) => data.fill(1), "episode_index"),
    /row 0.*expected 0, found 1 \(episode 0\)/,
  ],
  ["rows in another order", editRows((data) => data.subarray(0, 9).reverse(), "frame_index"), /expected 0, found 8/],
  [
    "numbers that are none",
    editRows((data) => {
      data[5] = Number.NaN;
    }, "action"),
    /row 1, field "action": is NaN/,
  ],
  [
    "an intervention that is neither true nor false",
    editRows((data) => {
      data[3] = 0.5;
    }, "complementary_info.is_intervention"),
    /row 3, field "complementary_info.is_intervention": is 0.5; it is 0 or 1/,
  ],
  [
    "an end of the task that is neither true nor false",
    async (root) => {
      await declare("next.done")(root);
      await editRows((data) => {
        data[2] = 0.5;
      }, "next.done")(root);
    },
    /row 2, field "next.done": is 0.5; it is 0 or 1/,
  ],
  [
    "decimals declared as whole numbers",
    edit("meta/info.json", (info: Info) => {
      info.features["observation.state"]!.dtype = "int32";
    }),
    /row 0, field "observation.state": .* is not a int32/,
  ],
  [
    "negative numbers declared as unsigned",
    edit("meta/info.json", (info: Info) => {
      info.features.action!.dtype = "uint8";
    }),
    /field "action": .* is not a uint8/,
  ],
  [
    "numbers declared as text",
    edit("meta/info.json", (info: Info) => {
      info.features.action!.dtype = "string";
    }),
    /row 0, field "action": is a number, not text/,
  ],
  [
    "NaN in its info",
    put("meta/info.json", '{\n"fps": NaN}'),
    /info.json: not valid JSON: line 2.*NaN is not a JSON number/,
  ],
  [
    "a version that is yet to come",
    edit("meta/info.json", (info: Info) => {
      info.codebase_version = "v4.0";
    }),
    /this is a v4.0 dataset and only v3 is read; use a newer Handrail/,
  ],
  ["an empty file of rows", put(DATA, ""), /file-000.parquet: not a complete parquet file \(an empty file\)/],
  [
    "undeclared index features",
    edit("meta/info.json", (info: Info) => {
      for (const key of ["timestamp", "index"]) delete info.features[key];
    }),
    /features.timestamp/,
  ],
  [
    "no features",
    edit("meta/info.json", (info: Info) => {
      info.features = {};
    }),
    /features.timestamp/,
  ],
  [
    "rows outside the folder",
    edit("meta/info.json", (info: Info) => {
      info.data_path = "../x.parquet";
    }),
    /leads out/,
  ],
  ["a pointer for its rows", put(DATA, POINTER), /file-000.parquet: is a Git LFS pointer.*git lfs pull/],
  ["a pointer for its episodes", put(EPISODES, POINTER), /file-000.parquet: is a Git LFS pointer/],
  ["a pointer for its tasks", put("meta/tasks.parquet", POINTER), /tasks.parquet: is a Git LFS pointer/],
  ["a pointer for its info", put("meta/info.json", POINTER), /info.json: is a Git LFS pointer/],
];

const ACCEPTED: [string, Damage][] = [
  ["nothing wrong", async () => {}],
  [
    "flags as the extremes of flags",
    edit("meta/stats.json", (stats: Statistics) => Object.assign(stats["next.done"]!, { min: [false], max: [true] })),
  ],
  [
    "one odd statistic",
    edit("meta/stats.json", (stats: Statistics) => {
      stats.action!.mean = "odd";
    }),
  ],
  ["statistics that are not JSON", put("meta/stats.json", "{")],
  ["Python's words for no number", put("meta/stats.json", '{"action": {"mean": [NaN, -Infinity]}}')],
  ["no statistics", remove("meta/stats.json")],
  ["a pointer for its statistics", put("meta/stats.json", POINTER)],
  [
    "a folder instead of statistics",
    async (root) => {
      await rm(join(root, "meta/stats.json"));
      await mkdir(join(root, "meta/stats.json"));
    },
  ],
  [
    "byte-order marks",
    async (root) => {
      for (const file of ["info.json", "stats.json"]) {
        const path = join(root, "meta", file);
        await writeFile(path, `\ufeff${await readFile(path, "utf8")}`);
      }
    },
  ],
  [
    "numbers in rows and columns",
    edit("meta/info.json", (info: { features: Record<string, { shape: number[]; names: unknown }> }) => {
      Object.assign(info.features.action!, { shape: [2, 2], names: null });
    }),
  ],
  ["what a file manager left", put("data/chunk-000/._file-000.parquet", "Mac OS X")],
  ["what another left", put("meta/episodes/.DS_Store", "x")],
  ["thumbnails", put("data/Thumbs.db", "x")],
  ["settings of a desktop", put("data/chunk-000/desktop.ini", "x")],
  ["what a notebook left", put("meta/episodes/.ipynb_checkpoints/file-000-checkpoint.parquet", "x")],
  ["a foreign journal", put(".recording/commit.json", '["../../x"]')],
  [
    "tasks that only Python cannot look up",
    async (root) => {
      const schema = fileSchema([int64Column("task_index"), stringColumn("task")]);
      const columns = [
        { name: "task_index", data: [0n] },
        { name: "task", data: ["lift"] },
      ];
      await writeFile(join(root, "meta/tasks.parquet"), encodeParquet({ schema }, columns));
    },
  ],
];

/** What each of the three says: its errors, none where it accepts. */
async function judge(root: string, dataset: object = {}) {
  const { problems } = await validateDataset(root);
  const validate = problems.filter(({ level }) => level === "error").map((it) => JSON.stringify(it));
  const overrides = ["--dataset.repo_id=x", `--dataset.root=${root}`];
  const chosen = Object.entries(dataset).map(([key, value]) => `--dataset.${key}=${JSON.stringify(value)}`);
  const findings = await diagnose(datasetCheck, [...overrides, ...chosen]);
  findings.push(...(await diagnose(dataRangesCheck, [...overrides, ...chosen])));
  const doctor = findings.filter(({ level }) => level === "error").map(({ what }) => what);
  const config = await loadTrainingConfig(STATE_PRESET, { overrides: [...overrides, ...chosen] });
  const buffer = new ReplayBuffer({ features: replayFeaturesOf(config), capacity: 500, seed: 1 });
  const load = loadDemonstrations({ dataset: config.dataset!, renameMap: {}, buffer, warn: () => {} });
  const train = await load.then(
    () => [],
    (error: Error) => [error.message],
  );
  return { validate, doctor, train };
}

async function damaged(damage: Damage): Promise<string> {
  const root = await mkdtemp(join(folder, "damaged-"));
  await cp(original, root, { recursive: true });
  await damage(root);
  return root;
}

it.each(REFUSED)("all refuse a dataset with %s, and say where it is", async (_, damage, problem) => {
  const { validate, doctor, train } = await judge(await damaged(damage));
  expect(validate.length).toBeGreaterThan(0);
  expect(doctor.join("\n")).toMatch(problem);
  expect(train).toHaveLength(1);
  expect(doctor.some((what) => train[0]!.includes(what.replace(/^the dataset cannot be read: /, "")))).toBe(true);
});

it.each(ACCEPTED)("all accept a dataset with %s", async (_, damage) => {
  expect(await judge(await damaged(damage))).toEqual({ validate: [], doctor: [], train: [] });
});

it.each([
  ["that are not JSON", "{", /not JSON/],
  ["that are a pointer", POINTER, /Git LFS pointer.*git lfs pull/],
])("all warn of statistics %s", async (_, content, problem) => {
  const root = await damaged(put("meta/stats.json", content));
  const { problems } = await validateDataset(root);
  expect(problems.map(({ file, level, message }) => `${level} ${file}: ${message}`)).toContainEqual(
    expect.stringMatching(new RegExp(`^warning meta/stats.json: .*${problem.source}`)),
  );
  const dataset = await Dataset.open(root);
  const { warnings } = await checkDemonstrations(dataset, { episodes: null, exclude_episodes: null });
  await dataset.close();
  expect(warnings).toContainEqual(expect.stringMatching(problem));
});

it.each([
  ["action", 50, "action[1] is 50, outside [-1, 1]"],
  ["observation.state", 1e30, "observation.observation.state[5] is"],
  ["next.reward", -1e30, "reward is"],
])("the doctor and training refuse a value of %s that nothing can learn from", async (key, value, problem) => {
  const root = await damaged(editRows((data) => data.fill(value, 5, 6), key));
  const { validate, doctor, train } = await judge(root);
  expect(validate).toEqual([]);
  expect(doctor).toEqual([expect.stringContaining(problem)]);
  expect(train).toEqual(doctor);
});

it("the doctor and training refuse a choice of episodes that leaves none", async () => {
  for (const choice of [{ episodes: [] }, { exclude_episodes: [0, 1] }]) {
    const { doctor, train } = await judge(original, choice);
    expect(doctor).toEqual([expect.stringContaining("leave no episode: there is nothing to train on")]);
    expect(train).toEqual([expect.stringContaining("leave no episode: there is nothing to train on")]);
  }
});

it("the doctor and training refuse a gripper command, or an action, that the policy cannot choose", async () => {
  const misfits: [number, number, string][] = [
    [4 * 5 + 3, 0.5, "transition 5: transition rejected: action[3] is 0.5, which is not a whole number"],
    [4 * 7 + 1, -3, "transition 7: transition rejected: action[1] is -3, outside [-1, 1]"],
  ];
  for (const [index, value, problem] of misfits) {
    const root = await damaged(
      editRows((data) => {
        data[index] = value;
      }, "action"),
    );
    const { validate, doctor, train } = await judge(root);
    expect(validate, "only a policy says what it can choose").toEqual([]);
    expect(doctor).toEqual([expect.stringContaining(problem)]);
    expect(train).toEqual(doctor);
  }
});
