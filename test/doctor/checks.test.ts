/** Each check on a setup that fails it and on one that passes: real configs, environments, files, ports. */
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CheckpointStore } from "../../src/learning/checkpoints/checkpoint_store.ts";
import { actionsCheck } from "../../src/runs/doctor/checks/actions.ts";
import { dataRangesCheck } from "../../src/runs/doctor/checks/data_ranges.ts";
import { datasetCheck } from "../../src/runs/doctor/checks/dataset.ts";
import { environmentCheck } from "../../src/runs/doctor/checks/environment.ts";
import { memoryCheck } from "../../src/runs/doctor/checks/memory.ts";
import { networkCheck } from "../../src/runs/doctor/checks/network.ts";
import { normalizationCheck } from "../../src/runs/doctor/checks/normalization.ts";
import { outputFolderCheck } from "../../src/runs/doctor/checks/output_folder.ts";
import { installed, packagesCheck } from "../../src/runs/doctor/checks/packages.ts";
import { settingsCheck } from "../../src/runs/doctor/checks/settings.ts";
import { simulatedRangesCheck } from "../../src/runs/doctor/checks/simulated_ranges.ts";
import { unusedKeysCheck } from "../../src/runs/doctor/checks/unused_keys.ts";
import { loadTrainingConfig } from "../../src/settings/load_training_config.ts";
import { dispose, smallRun } from "../learning/small_run.ts";
import { freePort } from "../transport/free_port.ts";
import { diagnose, PIXEL_PRESET, recordPickCube, STATE_PRESET } from "./support.ts";

const REAL = ["--env.name=real_robot", "--env.robot.type=so101_follower", "--handrail.demonstrations.episodes=0"];
const REAL_TIME = ["--handrail.pacing=real_time", "--handrail.updates_per_step.min=null"];
const STATE_STATS = '--policy.dataset_stats["observation.state"]';
const ACTION_STATS = "--policy.dataset_stats.action";

let root: string;
let demonstrations: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "handrail-doctor-"));
  demonstrations = join(root, "demonstrations");
  await recordPickCube(demonstrations);
});
afterAll(() => rm(root, { recursive: true }));
const withDemonstrations = (...others: string[]) => [
  "--dataset.repo_id=demonstrations",
  `--dataset.root=${demonstrations}`,
  ...others,
];

describe("the presets pass", () => {
  it.each([
    unusedKeysCheck,
    settingsCheck,
    packagesCheck,
    environmentCheck,
    actionsCheck,
    normalizationCheck,
    simulatedRangesCheck,
    memoryCheck,
    outputFolderCheck,
  ])("the check of $name", async (check) => {
    expect(await diagnose(check)).toMatchObject([{ level: "ok" }]);
  });

  it("the simulation's and the actions' from pixels", async () => {
    for (const check of [environmentCheck, simulatedRangesCheck, actionsCheck]) {
      expect(await diagnose(check, [], PIXEL_PRESET)).toMatchObject([{ level: "ok" }]);
    }
  });

  it("the dataset's with recorded demonstrations", async () => {
    for (const check of [datasetCheck, dataRangesCheck, packagesCheck]) {
      expect(await diagnose(check, withDemonstrations())).toMatchObject([{ level: "ok" }]);
    }
    expect(await diagnose(datasetCheck)).toEqual([]);
  });
});

it("keys without an effect are named, but not those at their default", async () => {
  const [finding, ...others] = await diagnose(unusedKeysCheck, ["--policy.device=cuda", "--wandb.enable=false"]);
  expect(finding).toMatchObject({ level: "warning", what: "no effect: policy.device" });
  expect(others).toEqual([]);
});

const CAMERA = '--policy.input_features={"observation.images.front":{"type":"VISUAL","shape":[3,128,128]}}';

/** The preset without its operator, and with a learner that is only kept up with. */
const ALONE_AT_ANY_PACE = [
  "--handrail.operator.type=none",
  "--handrail.updates_per_step.min=1",
  "--handrail.updates_per_step.max=null",
];

describe("settings", () => {
  it.each([
    ["LeRobot's batch size", ["--batch_size=8"], "warning", "batch_size is 8"],
    ["a high temperature", ["--algorithm.temperature_init=1"], "warning", "algorithm.temperature_init is 1"],
    [
      "a pretrained encoder that sees other images than it was trained on",
      ["--policy.vision_encoder_name=lerobot/resnet10", "--policy.normalization_mapping.VISUAL=IDENTITY", CAMERA],
      "warning",
      "policy.normalization_mapping.VISUAL is IDENTITY, and the image encoder is pretrained",
    ],
    ["a wide policy", ["--policy.policy_kwargs.std_max=10"], "warning", "policy.policy_kwargs.std_max is 10"],
    [
      "a short horizon",
      ["--algorithm.discount=0.8"],
      "warning",
      "0.8, and a success may well take 33 of the 100 steps",
    ],
    ["nothing to begin with", ["--handrail.demonstrations.episodes=0"], "warning", "there are no demonstrations"],
    ["demonstrations never drawn", ["--online_ratio=1"], "warning", "online_ratio is 1"],
    ["experience never drawn", ["--online_ratio=0"], "warning", "online_ratio is 0"],
    ["a waiting robot", [...REAL_TIME, "--handrail.updates_per_step.min=2"], "warning", "updates_per_step.min is 2"],
    [
      "a waiting learner",
      ["--handrail.updates_per_step.min=0.05", "--handrail.updates_per_step.max=0.05", "--save_freq=100"],
      "warning",
      "updates_per_step.max is 0.05",
    ],
    [
      "a simulation that outruns its learner",
      ["--handrail.updates_per_step.min=null"],
      "warning",
      'handrail.pacing is "as_fast_as_possible"',
    ],
    ["no update at all", ["--policy.online_step_before_learning=10000"], "error", "policy.online_steps 10000"],
    ["a buffer that holds no batch", ["--policy.online_buffer_capacity=1"], "error", "online_buffer_capacity is 1"],
    ["no checkpoints", ["--save_checkpoint=false"], "warning", "save_checkpoint is false"],
    ["a robot in a hurry", [...REAL, "--dataset.repo_id=x/y"], "error", 'handrail.pacing is "as_fast_as_possible"'],
    [
      "a scripted operator beside a robot",
      [...REAL, ...REAL_TIME, "--handrail.operator.type=scripted", "--save_freq=2000"],
      "error",
      'handrail.operator.type is "scripted"',
    ],
    [
      "rare checkpoints of a robot's work",
      [...REAL, ...REAL_TIME, "--dataset.repo_id=x/y", "--save_freq=20000"],
      "warning",
      "save_freq is 20000 updates",
    ],
    [
      "scripted demonstrations on a robot",
      [...REAL, ...REAL_TIME, "--handrail.demonstrations.episodes=20"],
      "error",
      "demonstrations.episodes is 20 on a real robot",
    ],
  ])("report %s", async (_, overrides, level, what) => {
    const findings = await diagnose(settingsCheck, [...ALONE_AT_ANY_PACE, ...overrides]);
    expect(findings).toMatchObject([{ level, what: expect.stringContaining(what), why: expect.any(String) }]);
  });

  it("judge the horizon by how long demonstrations take, where there are some", async () => {
    const findings = await diagnose(settingsCheck, withDemonstrations("--algorithm.discount=0.5"));
    expect(findings).toMatchObject([
      { what: expect.stringMatching(/discount is 0.5, and demonstrations take \d+ steps/) },
    ]);
  });

  it("report an untrained frozen encoder", async () => {
    const findings = await diagnose(settingsCheck, ["--policy.freeze_vision_encoder=true"], PIXEL_PRESET);
    expect(findings).toMatchObject([{ level: "error", what: expect.stringContaining("freeze_vision_encoder") }]);
  });
});

describe("packages", () => {
  it("that are missing are named with how to get them", async () => {
    expect(await installed("@handrail-example/not-published", "This test")).toEqual({
      level: "error",
      what: expect.stringContaining("npm install @handrail-example/not-published"),
    });
  });
});

describe("the environment", () => {
  it.each([
    [["--env=null"], "env is null"],
    [["--env.task=PandaPickCub-v0"], "Did you mean"],
    [
      ['--policy.input_features["observation.state"].shape=[7]'],
      '"observation.state" has shape [18], the policy takes',
    ],
    [["--policy.num_discrete_actions=null"], "actions have 4 elements, the policy chooses 3"],
    [["--handrail.environment.random_blok=true"], "random_blok"],
  ])("with %j is refused", async (overrides, what) => {
    expect(await diagnose(environmentCheck, overrides)).toMatchObject([
      { level: "error", what: expect.stringContaining(what) },
    ]);
  });

  it("that shows more than the policy uses is mentioned", async () => {
    const blind = '--policy.input_features={"observation.environment_state": {"type": "ENV", "shape": [3]}}';
    expect(await diagnose(environmentCheck, [blind])).toMatchObject([
      { level: "ok" },
      { level: "warning", what: "the policy does not use observation.state" },
    ]);
  });

  it("that is a robot cannot be driven, and what is set for it has no effect", async () => {
    expect(await diagnose(environmentCheck, REAL)).toMatchObject([
      { level: "error", what: expect.stringContaining("cannot drive yet"), todo: expect.stringContaining("gym_hil") },
    ]);
    const bounds = "--env.processor.inverse_kinematics.end_effector_bounds={min: [0, 0, 0], max: [1, 1, 1]}";
    expect(await diagnose(unusedKeysCheck, [...REAL, bounds])).toMatchObject([
      { level: "warning", what: "no effect: env.robot, env.processor.inverse_kinematics.end_effector_bounds" },
    ]);
  });
});

describe("actions", () => {
  it.each([
    [
      [`${ACTION_STATS}={min: [-0.5, -1, -1], max: [0.5, 1, 1]}`],
      "warning",
      "action[0]: the policy chooses -0.5 to 0.5",
    ],
    [[`${ACTION_STATS}={min: [-1, -1, -2], max: [1, 1, 2]}`], "warning", "action[2]: the policy chooses -2 to 2"],
    [["--env.processor.gripper.use_gripper=false"], "error", "use_gripper is false"],
    [["--env.processor.gripper.gripper_penalty=0"], "warning", "gripper_penalty is 0"],
    [["--env.processor.gripper.gripper_penalty=-1"], "warning", "gripper_penalty is -1"],
    [["--policy.num_discrete_actions=2"], "error", "the environment's gripper takes 3 commands"],
  ])("with %j do not fit", async (overrides, level, what) => {
    expect(await diagnose(actionsCheck, overrides)).toMatchObject([{ level, what: expect.stringContaining(what) }]);
  });
});

describe("normalisation", () => {
  it("without statistics is an error", async () => {
    const findings = await diagnose(normalizationCheck, ["--policy.dataset_stats=null"]);
    expect(findings).toMatchObject([{ level: "error", what: expect.stringContaining("has no statistics") }]);
  });

  it("by a range without a spread names the element", async () => {
    const findings = await diagnose(normalizationCheck, [`${STATE_STATS}.min[3]=-0.0698`]);
    expect(findings).toMatchObject([{ level: "warning", what: expect.stringMatching(/: observation\.state\[3\]$/) }]);
  });

  it("points to the dataset's statistics where there are none", async () => {
    const findings = await diagnose(normalizationCheck, withDemonstrations("--policy.dataset_stats=null"));
    const todo = expect.stringContaining(`handrail dataset stats ${demonstrations}`);
    expect(findings).toMatchObject([{ level: "error", todo }]);
  });

  it("is compared with the demonstrations", async () => {
    const narrow = [`${STATE_STATS}.min[3]=-2.1`, `${STATE_STATS}.max[3]=-2.05`];
    expect(await diagnose(dataRangesCheck, withDemonstrations(...narrow))).toMatchObject([
      { level: expect.stringMatching(/warning|error/), what: expect.stringContaining("observation.state[3]") },
    ]);
  });

  it("is compared with the simulation", async () => {
    const narrow = [`${STATE_STATS}.min[15]=0.3`, `${STATE_STATS}.max[15]=0.305`];
    expect(await diagnose(simulatedRangesCheck, narrow)).toMatchObject([
      { level: "error", what: expect.stringContaining("observation.state[15]") },
    ]);
    const constant = [`${STATE_STATS}.min[15]=0.4`, `${STATE_STATS}.max[15]=0.4`];
    expect(await diagnose(simulatedRangesCheck, constant)).toMatchObject([
      { level: "warning", what: expect.stringContaining("has no spread") },
    ]);
  });
});

describe("the dataset", () => {
  it.each([
    [["--dataset.episodes=[0, 7]"], "error", "dataset.episodes names 7; the dataset has 0 to 1"],
    [['--policy.input_features={"observation.force": {type: ENV, shape: [3]}}'], "error", 'no "observation.force"'],
    [['--policy.input_features["observation.state"].shape=[7]'], "error", "is [18] in the dataset, [7] in the policy"],
    [["--policy.num_discrete_actions=null"], "error", "actions have 4 elements in the dataset, 3 in the policy"],
    [["--env.fps=20"], "warning", "the dataset has 10 frames per second, env.fps is 20"],
  ])("with %j does not fit", async (overrides, level, what) => {
    expect(await diagnose(datasetCheck, withDemonstrations(...overrides))).toMatchObject([
      { level, what: expect.stringContaining(what) },
    ]);
  });

  it("under other names is found through rename_map", async () => {
    const other = '--policy.input_features={"observation.cube": {type: ENV, shape: [3]}}';
    const rename = '--rename_map={"observation.environment_state": "observation.cube"}';
    expect(await diagnose(datasetCheck, withDemonstrations(other))).toMatchObject([{ level: "error" }]);
    expect(await diagnose(datasetCheck, withDemonstrations(other, rename))).toMatchObject([{ level: "ok" }]);
  });

  it("without a success is mentioned", async () => {
    const failures = join(root, "failures");
    await recordPickCube(failures, { onlySuccessful: false });
    const findings = await diagnose(datasetCheck, ["--dataset.repo_id=failures", `--dataset.root=${failures}`]);
    expect(findings).toMatchObject([{ level: "warning", what: "no reward in the dataset is above 0" }]);
  });

  it("that is not here is downloaded if it has a Hub id, and missing otherwise", async () => {
    const absent = `--dataset.root=${join(root, "absent")}`;
    expect(await diagnose(datasetCheck, ["--dataset.repo_id=robots/cubes", absent])).toMatchObject([
      { level: "ok", what: expect.stringContaining("not on this machine yet") },
    ]);
    expect(await diagnose(datasetCheck, ["--dataset.repo_id=cubes", absent])).toMatchObject([{ level: "error" }]);
  });

  it("that is damaged names the file", async () => {
    const damaged = join(root, "damaged");
    await recordPickCube(damaged, { onlySuccessful: false });
    await rm(join(damaged, "meta", "tasks.parquet"));
    const findings = await diagnose(datasetCheck, ["--dataset.repo_id=damaged", `--dataset.root=${damaged}`]);
    expect(findings).toMatchObject([{ level: "error", what: expect.stringContaining("meta/tasks.parquet") }]);
  });
});

describe("memory", () => {
  it("that cannot hold the buffers is an error, one that only just can a warning", async () => {
    const huge = ["--policy.online_buffer_capacity=100000000", "--policy.offline_buffer_capacity=1000000"];
    expect(await diagnose(memoryCheck, huge, PIXEL_PRESET)).toMatchObject([
      { level: "error", what: expect.stringMatching(/take [\d.]+ GiB to [\d.]+ GiB of [\d.]+ GiB/) },
    ]);
  });
});

describe("memory with a frozen encoder", () => {
  const FROZEN = ["--policy.freeze_vision_encoder=true"];
  const GIB = / ([\d.]+) GiB to ([\d.]+) GiB/;
  const lowest = async (...overrides: string[]) => {
    const [finding] = await diagnose(memoryCheck, [...FROZEN, ...overrides], PIXEL_PRESET);
    return Number(GIB.exec(finding!.what)![1]);
  };

  it("counts the features beside the images or instead of them", async () => {
    const images = await lowest("--handrail.image_features.cache=false");
    const both = await lowest();
    const more = await lowest("--handrail.image_features.shifts=6");
    const features = await lowest("--handrail.image_features.keep_images=false");
    expect(both).toBeGreaterThan(images);
    expect(more - images).toBeCloseTo(2 * (both - images), 0);
    expect(features).toBeLessThan(images);
  });

  it("that does not suffice advises to keep no images", async () => {
    const huge = [...FROZEN, "--policy.online_buffer_capacity=100000000"];
    expect(await diagnose(memoryCheck, huge, PIXEL_PRESET)).toMatchObject([
      { level: "error", todo: expect.stringContaining("handrail.image_features.keep_images") },
    ]);
  });
});

describe("the network", () => {
  const at = (host: string, port: number) => [
    `--policy.actor_learner_config.learner_host=${host}`,
    `--policy.actor_learner_config.learner_port=${port}`,
  ];

  it("has a free port, or any", async () => {
    expect(await diagnose(networkCheck, at("127.0.0.1", 0))).toMatchObject([{ level: "ok" }]);
  });

  it("that reaches beyond this machine needs a token, which is mentioned", async () => {
    expect(await diagnose(networkCheck, at("0.0.0.0", await freePort()))).toMatchObject([
      { level: "ok", what: expect.stringContaining("need a common token") },
    ]);
  });

  it("has a port that another program listens on", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    expect(await diagnose(networkCheck, at("127.0.0.1", port))).toMatchObject([
      { level: "warning", what: `127.0.0.1:${port} cannot be listened on (EADDRINUSE)` },
    ]);
    await new Promise((resolve) => server.close(resolve));
    expect(await diagnose(networkCheck, at("127.0.0.1", port))).toMatchObject([{ level: "ok" }]);
  });

  it("has no such host", async () => {
    expect(await diagnose(networkCheck, at("learner.invalid", 50051))).toMatchObject([{ level: "error" }]);
  });

  it("has the learner on another machine", async () => {
    // 192.0.2.0/24 is for documentation: no machine has it.
    expect(await diagnose(networkCheck, at("192.0.2.7", 50051))).toMatchObject([
      { level: "ok", what: expect.stringContaining("another machine") },
    ]);
  });
});

describe("the output folder", () => {
  it("with a run in it is gone on from, or left alone", async () => {
    const output = join(root, "run");
    const fresh = [`--output_dir=${output}`];
    const run = { ...smallRun(), trainConfig: await loadTrainingConfig(STATE_PRESET, { overrides: fresh }) };
    await new CheckpointStore(join(output, "checkpoints"), { onlineSteps: 1000 }).save(run);
    await dispose(run);
    expect(await diagnose(outputFolderCheck, fresh)).toMatchObject([
      { level: "error", what: expect.stringContaining("already holds a run") },
    ]);
    expect(await diagnose(outputFolderCheck, [...fresh, "--resume=true"])).toMatchObject([
      { level: "ok", what: expect.stringContaining("resumes from") },
    ]);
    expect(await diagnose(outputFolderCheck, [...fresh, "--resume=true", "--batch_size=64"])).toMatchObject([
      { level: "ok", what: expect.stringContaining("resumes from") },
      { level: "ok", what: "from here on batch_size is 64; it was 128" },
    ]);
    expect(await diagnose(outputFolderCheck, [...fresh, "--resume=true", "--env.fps=20"])).toMatchObject([
      { level: "error", what: expect.stringContaining("env.fps: 10 in the checkpoint, 20 in the config") },
    ]);
  });

  it("without a run cannot be gone on from", async () => {
    const empty = [`--output_dir=${join(root, "empty")}`, "--resume=true"];
    expect(await diagnose(outputFolderCheck, empty)).toMatchObject([
      { level: "error", what: expect.stringContaining("has no checkpoint") },
    ]);
    expect(await diagnose(outputFolderCheck, ["--resume=true", "--job_name=never begun"])).toMatchObject([
      { level: "error", what: expect.stringContaining('no run of the job "never begun" in outputs has a checkpoint') },
    ]);
  });

  it("may be too small for the checkpoints", async () => {
    const huge = ["--policy.online_buffer_capacity=500000000", `--output_dir=${join(root, "new")}`];
    expect(await diagnose(outputFolderCheck, huge, PIXEL_PRESET)).toMatchObject([
      { level: "warning", what: expect.stringMatching(/has [\d.]+ GiB free; .* take about/) },
    ]);
  });

  it.skipIf(process.platform === "win32" || process.getuid?.() === 0)("may be closed to us", async () => {
    const closed = join(root, "closed");
    await mkdir(closed);
    await chmod(closed, 0o500);
    expect(await diagnose(outputFolderCheck, [`--output_dir=${join(closed, "run")}`])).toMatchObject([
      { level: "error", what: expect.stringContaining("cannot be written (EACCES)") },
    ]);
  });
});
