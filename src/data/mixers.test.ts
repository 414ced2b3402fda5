import { expect, it } from "vitest";
import { parseConfig } from "../config/parse.ts";
import { ReplayBuffer } from "../replay/replay_buffer.ts";
import { isMixer, MixerNameSchema, type MixerOptions, makeMixer, registerMixer } from "./mixers.ts";
import { OnlineOfflineMixer } from "./sources/online_offline_mixer.ts";

const features = { observation: { state: { dtype: "float32", shape: [1] } }, action: { shape: [1] } } as const;
const buffer = () => new ReplayBuffer({ features, capacity: 4, seed: 0 });
const options = (): MixerOptions => ({
  online: buffer(),
  offline: buffer(),
  batchSize: 2,
  onlineRatio: 0.5,
  dataSpec: {},
  warn: () => {},
});

it("the built-in mixer draws online and offline", () => {
  expect(makeMixer("online_offline", options())).toBeInstanceOf(OnlineOfflineMixer);
});

it("a registered mixer is found by its name, and the name is taken", () => {
  expect(() => makeMixer("only_online", options())).toThrow('unknown mixer "only_online"');
  registerMixer("only_online", ({ online, batchSize }) => new OnlineOfflineMixer({ online, batchSize }));
  expect(isMixer("only_online")).toBe(true);
  expect(parseConfig(MixerNameSchema, "only_online")).toBe("only_online");
  expect(makeMixer("only_online", options()).name).toBe("the replay buffers");
  expect(() => registerMixer("only_online", () => new OnlineOfflineMixer(options()))).toThrow(
    'the mixer "only_online" is already registered',
  );
  expect(() => parseConfig(MixerNameSchema, "only-onlin")).toThrow('Did you mean "only_online"?');
});
