/**
 * ResNet-10 with group normalisation, the image encoder of SERL ("resnetv1-10", Luo et al. 2024): a 7×7 stem and four
 * stages of one basic block. Used with pretrained, usually frozen weights; parameters are named as in the PyTorch port
 * that LeRobot loads (`lerobot/resnet10`).
 */
import { type Expr, nn, ops } from "../tensor/index.ts";

const STAGE_CHANNELS = [64, 128, 256, 512] as const;
const GROUPS = 4;

/** XLA's "SAME" padding of a 3×3 window with stride 2: one row for an even side, at its end, and two for an odd one. */
function samePadding(x: Expr): ops.Padding {
  const [height, width] = x.shape.slice(-2) as [number, number];
  return [height % 2, width % 2, 1, 1];
}

const conv = (inputs: number, outputs: number, kernel: number, stride: number, padding: ops.Padding) =>
  nn.conv2d(inputs, outputs, kernel, { stride, padding, bias: false });
/** A 3×3 or 1×1 convolution with XLA's padding for the image's size. The port wraps the layer to pad it: `conv`. */
const padded = (inputs: number, outputs: number, kernel: 1 | 3, stride: number): nn.Module => ({
  init: (random) => ({ conv: conv(inputs, outputs, kernel, stride, 0).init(random) }),
  apply: (parameters, x) => {
    const padding = kernel === 1 ? 0 : stride === 1 ? 1 : samePadding(x);
    return conv(inputs, outputs, kernel, stride, padding).apply(parameters.conv as never, x);
  },
});
/** Also wrapped in the port: `group_norm`. */
const norm = (channels: number) =>
  named({ group_norm: nn.groupNorm(GROUPS, channels) }, (run, x) => run("group_norm", x));

/** Modules by name; absent ones have no parameters. */
function named(modules: Readonly<Record<string, nn.AnyModule>>, forward: (run: Run, x: Expr) => Expr): nn.Module {
  return {
    init: (random) => Object.fromEntries(Object.entries(modules).map(([name, module]) => [name, module.init(random)])),
    apply: (parameters, x) => forward((name, value) => modules[name]!.apply(parameters[name] as never, value), x),
  };
}
type Run = (name: string, x: Expr) => Expr;

/** Two 3×3 convolutions with a shortcut, which is a 1×1 convolution if the shape changes. */
function basicBlock(inputs: number, outputs: number, stride: number): nn.Module {
  const projects = stride !== 1 || inputs !== outputs;
  const modules = {
    conv1: padded(inputs, outputs, 3, stride),
    norm1: norm(outputs),
    conv2: padded(outputs, outputs, 3, 1),
    norm2: norm(outputs),
    ...(projects ? { shortcut: nn.sequential([padded(inputs, outputs, 1, stride), norm(outputs)]) } : {}),
  };
  return named(modules, (run, x) => {
    const hidden = ops.relu(run("norm1", run("conv1", x)));
    return ops.relu(run("norm2", run("conv2", hidden)).add(projects ? run("shortcut", x) : x));
  });
}

/** `[batch, 3, height, width]` → `[batch, 512, ⌈height/32⌉, ⌈width/32⌉]`. */
export function resnet10(): nn.Module {
  const embedder = nn.sequential([
    conv(3, 64, 7, 2, 3),
    norm(64),
    ops.relu,
    (x) => ops.maxPool2d(x, 3, { stride: 2, padding: samePadding(x) }),
  ]);
  const stages = STAGE_CHANNELS.map((channels, stage) =>
    basicBlock(STAGE_CHANNELS[stage - 1] ?? 64, channels, stage === 0 ? 1 : 2),
  );
  const encoder = named({ stages: nn.sequential(stages) }, (run, x) => run("stages", x));
  return named({ embedder, encoder }, (run, x) => run("encoder", run("embedder", x)));
}
