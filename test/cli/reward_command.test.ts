/** `handrail reward`: from a dataset to a classifier that judges another one. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CAMERA, PRESSED, writeSquares } from "../rewards/square_dataset.ts";
import { handrail } from "./run_cli.ts";

let folder: string;
const at = (name: string) => join(folder, name);
let trained: Awaited<ReturnType<typeof handrail>>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "handrail-reward-command-"));
  await writeSquares(at("demos"), 10, 1);
  await writeSquares(at("others"), 4, 2);
  await writeFile(
    at("small.json"),
    JSON.stringify({
      ...{ steps: 60, batch_size: 16, seed: 3 },
      reward_model: {
        ...{ type: "reward_classifier", model_name: null, learning_rate: 3e-3 },
        ...{ latent_dim: 16, hidden_dim: 16, image_encoder_hidden_dim: 8 },
      },
    }),
  );
  trained = await handrail("reward", "train", at("demos"), at("classifier"), "--config", at("small.json"));
}, 60_000);
afterAll(() => rm(folder, { recursive: true }));

describe("handrail reward", () => {
  it("trains a classifier with the settings of LeRobot's training config, and reports on held-out episodes", async () => {
    expect({ code: trained.code, errors: trained.code === 0 ? "" : trained.errors }).toEqual({ code: 0, errors: "" });
    expect(trained.output).toContain("trained on 8 episodes; on the 2 held out:");
    expect(trained.output).toContain("recall 100.0 %, precision 100.0 %, 0 false alarms");
    const decision = JSON.parse(await readFile(at("classifier/handrail_decision.json"), "utf8"));
    expect(decision).toMatchObject({ debounce: 1, held_out: { episode_recall: 1 }, seed: 3 });
    const config = JSON.parse(await readFile(at("classifier/config.json"), "utf8"));
    expect(config).toMatchObject({ latent_dim: 16, num_cameras: 1 });
  });

  it("measures a classifier on another dataset, with its own decision or another", async () => {
    const own = await handrail("reward", "eval", at("classifier"), at("others"), "--json", at("report.json"));
    expect(own.code).toBe(0);
    const report = JSON.parse(await readFile(at("report.json"), "utf8"));
    expect(report).toMatchObject({ episodes: 4, successful_episodes: 2, episode_recall: 1, false_alarms: 0 });
    const always = await handrail("reward", "eval", at("classifier"), at("others"), "--threshold=0", "--debounce=2");
    expect(always.output).toContain("threshold 0, reached 2 times in a row");
    expect(always.output).toContain("4 false alarms");
  });

  it("labels a dataset, from which another classifier can be trained, and takes the labels back", async () => {
    await writeSquares(at("unlabelled"), 8, 5, { pressed: false });
    const training = ["reward", "train", at("unlabelled"), at("second"), "--config", at("small.json"), "--steps=5"];
    const before = await handrail(...training);
    expect(before.errors).toContain("0 of the 8 episodes are successful");
    const labelled = await handrail("reward", "label", at("unlabelled"), at("classifier"));
    expect(labelled.output).toContain("8 episodes labelled, 4 of them successful");
    const labels = JSON.parse(await readFile(at("unlabelled/meta/success_labels.json"), "utf8"));
    expect(labels[0]).toEqual({ success: [[PRESSED + 1, 10]], by: "classifier" });
    expect(labels[1]).toEqual({ success: [], by: "classifier" });
    expect((await handrail("dataset", "validate", at("unlabelled"))).output).toContain("valid");
    expect((await handrail(...training)).code).toBe(0);
    expect((await handrail("reward", "label", at("unlabelled"), "--undo")).code).toBe(0);
    expect((await handrail(...training)).errors).toContain("0 of the 8 episodes are successful");
  }, 60_000);

  it("names what is wrong with its input", async () => {
    const camera = await handrail("reward", "train", at("demos"), at("x"), "--cameras", "observation.images.top");
    expect(camera.errors).toContain(`the dataset has no camera "observation.images.top"; it has ${CAMERA}`);
    const none = await handrail("reward", "eval", at("nothing"), at("others"));
    expect(none.errors).toContain("does not exist");
    expect([camera.code, none.code]).toEqual([1, 1]);
  });
});
