/**
 * Convolutions and their gradients. Images are laid out in planes, in which a tap of the window is a constant offset; see
 * `runtime/convolutions.h`.
 */
import type { Window } from "../../../ops/images/conv.ts";
import { sizeOf } from "../../../shape.ts";
import type { Builder, Value } from "../codegen/ir.ts";
import { broadcastView, sliceView, transposeView } from "../codegen/views.ts";
import { type Axes, imageAxes, LONGEST_VECTOR, phasesAlong, positionsOf, tapsOf } from "./convolution_planes.ts";
import type { CLowerings } from "./table.ts";

/** Batches of fewer images are divided further. */
const FEW_IMAGES = 16;
/** Larger weights, in floats, are read once for all images of a task instead of once for each. */
const CACHED_WEIGHTS = 65_536;

export const convolutions = {
  conv2d({ attributes, shape }, [x, weight, bias], builder) {
    const { window, groups } = attributes;
    const axes = imageAxes(shape, window);
    const [outputs, channels, height, width] = weight!.shape as Shape4;
    const taps = height * width;
    return correlate(
      builder,
      layOut(x!, window, axes, positionsOf(axes, shape), builder),
      axes,
      [weight!, ...(bias === undefined ? [] : [bias])],
      {
        groups,
        channels,
        outputs: outputs / groups,
        size: [shape[2]!, shape[3]!],
        weights: { channel: taps, output: channels * taps },
        kernelWidth: width,
      },
    );
  },

  /** One convolution of the padded gradient for each phase of the image. */
  convTranspose({ attributes, shape }, [g, weight], builder) {
    const { window, groups } = attributes;
    const [batch, channels] = shape as Shape4;
    const [vertical, horizontal] = ([0, 1] as const).map((axis) => phasesAlong(g!.shape, shape, window, axis));
    const padded: Axes = [vertical!.axis, horizontal!.axis];
    const padding = [vertical!.padding, horizontal!.padding, 0, 0] as const;
    const planes = layOut(g!, { stride: [1, 1], padding }, padded, 0, builder);
    const taps = window.kernel[0] * window.kernel[1];
    const phases = vertical!.phases.flatMap((rows) =>
      horizontal!.phases.map((columns) => {
        if (rows.taps.length * columns.taps.length * rows.size * columns.size === 0) return undefined;
        const axes: Axes = [
          { ...padded[0], taps: rows.taps },
          { ...padded[1], taps: columns.taps },
        ];
        return correlate(builder, planes, axes, [weight!], {
          groups,
          channels: g!.shape[1]! / groups,
          outputs: channels / groups,
          size: [rows.size, columns.size],
          weights: { channel: (channels / groups) * taps, output: taps },
          kernelWidth: window.kernel[1],
        });
      }),
    );
    const inputs = phases.filter((phase) => phase !== undefined);
    if (inputs.length === 0) return broadcastView(builder.number(0), shape);
    if (phases.length === 1) return inputs[0]!;
    const pointers = phases.map((phase) => (phase === undefined ? "0" : `in${inputs.indexOf(phase)}`));
    const units = unitsOf(batch, channels);
    const geometry = structure("phases", {
      channels: (batch * channels) / units,
      height: shape[2]!,
      width: shape[3]!,
      stride_y: window.stride[0],
      stride_x: window.stride[1],
    });
    return builder.routine(
      {
        label: "join phases",
        units,
        cost: sizeOf(shape) / units,
        reads: inputs.map(() => "unit"),
        writes: "unit",
        body: `${geometry}const float *const phases[] = {${pointers}};\njoin_phases(&s, lo, hi, phases, out);`,
      },
      inputs,
      shape,
    );
  },

  /** The gradients, with channels last, are multiplied with the images that the convolution multiplied with weights. */
  convWeightGradient({ attributes, shape }, [g, x], builder) {
    const { window, groups } = attributes;
    const [batch, all, height, width] = g!.shape as Shape4;
    const [, channels, ...kernel] = shape as Shape4;
    const axes = imageAxes(g!.shape, window);
    const planes = layOut(x!, window, axes, positionsOf(axes, g!.shape), builder);
    const outputs = all / groups;
    const padded = Math.ceil(outputs / LONGEST_VECTOR) * LONGEST_VECTOR;
    const gradient = builder.routine(
      {
        label: "channels last",
        units: batch,
        cost: (sizeOf(g!.shape) / batch) * 2,
        reads: ["unit"],
        writes: "unit",
        body: `channels_last(${outputs}, ${height * width}, ${padded}, lo * ${groups}, hi * ${groups}, in0, out);`,
      },
      [g!],
      [batch, groups, height * width, padded],
    );
    const taps = kernel[0]! * kernel[1]!;
    const isFlat = axes[1].length === width;
    const sums = builder.routine(
      {
        label: "weight gradient",
        units: batch,
        cost: groups * channels * taps * padded * height * width,
        reads: ["unit", "unit"],
        writes: "sum",
        body: `${integers(
          "x_taps",
          tapsOf(axes, kernel[1]!).map(({ offset }) => offset),
        )}${structure("weight_sums", {
          groups,
          channels,
          outputs: padded,
          taps,
          x_taps: "x_taps",
          x_pitch: planes.shape.at(-1)!,
          height: isFlat ? 1 : height,
          width: isFlat ? height * width : width,
          columns: axes[1].length,
        })}add_weight_sums(&s, lo, hi, in0, in1, out);`,
      },
      [planes, gradient],
      [groups, channels * taps, padded],
    );
    return builder.reshape(transposeView(sliceView(sums, 2, 0, outputs), [0, 2, 1]), shape);
  },
} satisfies Partial<CLowerings>;

type Shape4 = readonly [number, number, number, number];

/** `[batch, channels, floats of a channel]`: the image's planes, or the image itself where these are the same. */
function layOut(
  x: Value,
  window: Pick<Window, "stride" | "padding">,
  axes: Axes,
  positions: number,
  builder: Builder,
): Value {
  const [batch, channels, height, width] = x.shape as Shape4;
  const { stride, padding } = window;
  const [vertical, horizontal] = axes;
  const [rows, columns] = [vertical.length, horizontal.length];
  const size = vertical.first.length * horizontal.first.length * rows * columns;
  // Vectors of a short result reach past its last position.
  const pitch = positions < LONGEST_VECTOR ? size + LONGEST_VECTOR : size;
  const isImage =
    size === height * width && rows === height && stride[0] * stride[1] === 1 && !padding[0] && !padding[1];
  if (isImage && pitch === size) return builder.contiguous(builder.reshape(x, [batch, channels, size]));
  const units = unitsOf(batch, channels);
  const geometry = structure("planes", {
    channels: (batch * channels) / units,
    height,
    width,
    top: padding[0],
    left: padding[1],
    stride_y: stride[0],
    stride_x: stride[1],
    count_y: vertical.first.length,
    count_x: horizontal.first.length,
    first_y: "first_y",
    first_x: "first_x",
    rows,
    columns,
    pitch,
  });
  return builder.routine(
    {
      label: "planes",
      units,
      cost: (batch * channels * pitch) / units,
      reads: ["unit"],
      writes: "unit",
      body: `${integers("first_y", vertical.first)}${integers("first_x", horizontal.first)}${geometry}make_planes(&s, lo, hi, in0, out);`,
    },
    [x],
    [batch, channels, pitch],
  );
}

interface Correlation {
  readonly groups: number;
  /** Of a group, as `outputs`. */
  readonly channels: number;
  readonly outputs: number;
  /** Height and width of the result. */
  readonly size: readonly [number, number];
  /** Floats from channel to channel and from output to output. */
  readonly weights: { readonly channel: number; readonly output: number };
  readonly kernelWidth: number;
}

function correlate(
  builder: Builder,
  planes: Value,
  axes: Axes,
  [weight, ...bias]: readonly [Value, ...Value[]],
  { groups, channels, outputs, size, weights, kernelWidth }: Correlation,
): Value {
  const batch = planes.shape[0]!;
  const parts = batch >= FEW_IMAGES ? 1 : groups > 1 ? groups : partsOf(outputs);
  const taps = tapsOf(axes, kernelWidth);
  const shape = [batch, groups * outputs, ...size];
  const geometry = structure("correlation", {
    groups,
    channels,
    outputs,
    taps: taps.length,
    x_taps: "x_taps",
    w_taps: "w_taps",
    x_pitch: planes.shape.at(-1)!,
    w_pitch: weights.channel,
    w_row: weights.output,
    w_group: sizeOf(weight.shape) / groups,
    height: size[0],
    width: size[1],
    columns: axes[1].length,
    parts,
    outputs_first: sizeOf(weight.shape) > CACHED_WEIGHTS ? 1 : 0,
  });
  const offsets = [
    integers(
      "x_taps",
      taps.map(({ offset }) => offset),
    ),
    integers(
      "w_taps",
      taps.map(({ factor }) => factor),
    ),
  ];
  return builder.routine(
    {
      label: "convolution",
      units: batch * parts,
      cost: (sizeOf(shape) * channels * taps.length) / (batch * parts),
      reads: [parts === 1 ? "unit" : "all", "all", ...bias.map(() => "all" as const)],
      writes: "unit",
      body: `${offsets.join("")}${geometry}correlate(&s, lo, hi, in0, in1, ${bias.length > 0 ? "in2" : "0"}, out);`,
    },
    [planes, weight, ...bias],
    shape,
  );
}

function unitsOf(batch: number, channels: number): number {
  return batch >= FEW_IMAGES ? batch : batch * channels;
}

/** The most equal parts of at least a tile's outputs. */
function partsOf(outputs: number): number {
  const shares = Array.from({ length: outputs }, (_, at) => at + 1);
  return outputs / (shares.find((share) => outputs % share === 0 && share >= 8) ?? outputs);
}

function integers(name: string, values: readonly number[]): string {
  return `static const int ${name}[] = {${values.join(", ")}};\n`;
}

function structure(name: string, fields: Readonly<Record<string, number | string>>): string {
  const values = Object.entries(fields).map(([field, value]) => `.${field} = ${value}`);
  return `static const struct ${name} s = {${values.join(", ")}};\n`;
}
