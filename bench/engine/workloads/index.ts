/** The workloads by name: other processes run them. */
import type { Workload } from "../workload.ts";
import { actorForward } from "./actor_forward.ts";
import { convStep } from "./conv_step.ts";
import { criticStep } from "./critic_step.ts";
import { matmul } from "./matmul.ts";
import { nothing } from "./nothing.ts";
import { presetUpdate } from "./preset_update.ts";
import { resnet10Forward } from "./resnet10_forward.ts";
import { sacStep } from "./sac_step.ts";
import { transformerStep } from "./transformer_step.ts";

export const SGEMM_SIZE = 1024;

export const WORKLOADS = {
  sgemm: matmul(SGEMM_SIZE),
  sacStep: sacStep(256),
  smallSacStep: sacStep(16),
  presetUpdate,
  criticStep,
  convStep,
  transformerStep,
  resnet10Pair: resnet10Forward(2),
  resnet10Batch: resnet10Forward(64),
  actorForward,
  nothing,
} satisfies Readonly<Record<string, Workload>>;

export type WorkloadName = keyof typeof WORKLOADS;
