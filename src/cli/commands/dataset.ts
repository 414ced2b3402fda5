/** `handrail dataset …`: inspects, checks, converts and shares datasets. */
import { Command, Option } from "commander";
import { Dataset } from "../../datasets/dataset.ts";
import { describeLocation } from "../../datasets/errors.ts";
import { pullDataset, pushDataset } from "../../datasets/hub.ts";
import { datasetFolder } from "../../datasets/location.ts";
import { describeDataset } from "../../datasets/meta/summary.ts";
import { validateDataset } from "../../datasets/validation/validate.ts";
import { CODECS } from "../../datasets/video/backend.ts";
import { rewriteDataset } from "../../datasets/writing/rewrite_dataset.ts";
import { type ExportReplayOptions, exportReplay } from "../../runs/export_replay/export_replay.ts";
import { integerList, positiveNumber } from "../options/arguments.ts";
import { showProgress } from "../show_progress.ts";
import { terminal } from "../terminal/terminal.ts";

export function datasetCommand(): Command {
  const dataset = new Command("dataset").description("Inspect, check, convert and share datasets.");

  dataset
    .command("info <folder>")
    .description("print a summary of a dataset")
    .action(async (folder: string) => {
      const opened = await Dataset.open(folder);
      terminal.result(describeDataset(opened));
      await opened.close();
    });

  dataset
    .command("validate <folder>")
    .description("check a dataset against the format; exits with 1 if nothing can be trained on it")
    .option("--decode-all", "decode every video frame, not just the first and last of each episode")
    .action(async (folder: string, options: { decodeAll?: boolean }) => {
      const progress = showProgress("checked", "episodes");
      const report = await validateDataset(folder, { ...options, onProgress: progress });
      terminal.end();
      for (const { message, level, ...location } of report.problems) {
        terminal.result(`${level === "warning" ? "warning: " : ""}${describeLocation(location)}: ${message}`);
      }
      const { length } = report.problems;
      const errors = report.problems.filter(({ level }) => level === "error").length;
      const verdict = errors > 0 ? `${errors} problems` : "valid";
      const warnings = length > errors ? `, ${length - errors} warnings` : "";
      terminal.result(`${report.episodes} episodes, ${report.frames} frames: ${verdict}${warnings}`);
      if (errors > 0) process.exitCode = 1;
    });

  dataset
    .command("stats <folder>")
    .description("print the statistics of every feature as JSON")
    .action(async (folder: string) => {
      const opened = await Dataset.open(folder);
      terminal.result(JSON.stringify((await opened.statistics()) ?? {}, null, 2));
      await opened.close();
    });

  dataset
    .command("convert <source> <target>")
    .description("rewrite a dataset in another form")
    .addOption(new Option("--cameras <kind>", "how camera frames are stored").choices(["image", "video"]))
    .addOption(new Option("--video-codec <codec>", "encoding of videos").choices(CODECS))
    .option("--episodes <list>", 'only these episodes, such as "0,2,5-7"', integerList)
    .option("--data-file-size-limit-mib <mib>", "size after which a new data file begins", positiveNumber)
    .option("--video-file-size-limit-mib <mib>", "size after which a new video file begins", positiveNumber)
    .action(async (source: string, target: string, options: object) => {
      const progress = showProgress("converted", "episodes");
      await rewriteDataset(source, { ...options, root: target, onEpisode: progress });
      terminal.end();
    });

  dataset
    .command("from-run <run> <target>")
    .description("write a run's replay buffer as a dataset; <run> is its folder or that of one of its checkpoints")
    .option("--buffer <name>", "online: the actors' experience; offline: demonstrations and interventions", "online")
    .addOption(new Option("--cameras <kind>", "how camera frames are stored").choices(["image", "video"]))
    .addOption(new Option("--video-codec <codec>", "encoding of videos").choices(CODECS))
    .option("--task <text>", "what is being done, in words; the environment's task by default")
    .action(async (run: string, target: string, options: Omit<ExportReplayOptions, "root">) => {
      const progress = showProgress("written", "transitions");
      const exported = await exportReplay(run, { ...options, root: target, onProgress: progress });
      terminal.end();
      const { transitions, episodes, checkpoint, cutShort } = exported;
      terminal.result(`${transitions} transitions in ${episodes} episodes, from ${checkpoint}`);
      if (cutShort > 0) {
        terminal.result(
          `${cutShort} episodes are cut short: their last step has no next observation, so training skips it`,
        );
      }
    });

  dataset
    .command("push <folder> <id>")
    .description('upload a dataset to the Hub as "owner/name", tagged with its format version (needs HF_TOKEN)')
    .option("--private", "make a new repository private")
    .option("--license <name>", "license named on the dataset's card", "apache-2.0")
    .action(async (folder: string, id: string, options: { private?: boolean; license: string }) => {
      const visibility = options.private ? { isPrivate: true } : {};
      const { url } = await pushDataset(folder, id, { ...visibility, license: options.license });
      terminal.result(url);
    });

  dataset
    .command("pull <id>")
    .description("download a dataset from the Hub")
    .option("--root <folder>", "where to put it; LeRobot's folder for the id by default")
    .option("--revision <name>", "branch, tag or commit; the tag of the format version by default")
    .action(async (id: string, options: { root?: string; revision?: string }) => {
      const root = datasetFolder({ repoId: id, root: options.root });
      const progress = showProgress("downloaded", "files");
      const onFile = (_: string, done: number, total: number) => progress(done, total);
      await pullDataset(id, root, { ...(options.revision ? { revision: options.revision } : {}), onFile });
      terminal.end();
      terminal.result(root);
    });

  return dataset;
}
