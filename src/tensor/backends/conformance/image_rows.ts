/** Rows for convolution and pooling. */
import { grad } from "../../autodiff/grad.ts";
import type { Conv2dOptions } from "../../ops/index.ts";
import * as ops from "../../ops/index.ts";
import type { Shape } from "../../shape.ts";
import { average, build, item, type NdArray, total } from "./ndarray.ts";
import { type Draw, float, type Row, type Rows } from "./row.ts";

interface Geometry {
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** top, left, bottom, right */
  readonly padding: readonly [number, number, number, number];
}

const PLAIN: Geometry = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0] };

function windowsAlong(size: number, kernel: number, axis: 0 | 1, { stride, dilation, padding }: Geometry): number {
  const padded = size + padding[axis] + padding[axis === 0 ? 2 : 3];
  let count = 0;
  while (count * stride[axis] + (kernel - 1) * dilation[axis] < padded) count++;
  return count;
}

/** The positions inside the image that one window reads, with their place in the kernel. */
function* windowPositions(image: Shape, kernel: readonly [number, number], at: readonly number[], geometry: Geometry) {
  const { stride, dilation, padding } = geometry;
  for (let i = 0; i < kernel[0]; i++) {
    for (let j = 0; j < kernel[1]; j++) {
      const row = at[0]! * stride[0] + i * dilation[0] - padding[0];
      const column = at[1]! * stride[1] + j * dilation[1] - padding[1];
      if (row >= 0 && row < image[2]! && column >= 0 && column < image[3]!) yield { i, j, row, column };
    }
  }
}

function conv2d(x: NdArray, weight: NdArray, bias: NdArray | undefined, groups: number, geometry: Geometry): NdArray {
  const [out, inPerGroup, ...kernel] = weight.shape as [number, number, number, number];
  const [height, width] = ([0, 1] as const).map((a) => windowsAlong(x.shape[2 + a]!, kernel[a], a, geometry));
  return build([x.shape[0]!, out, height!, width!], (index) => {
    const [image, channel, ...at] = index as [number, number, number, number];
    const firstInput = Math.floor(channel / (out / groups)) * inPerGroup;
    let sum = bias === undefined ? 0 : item(bias, [channel]);
    for (const { i, j, row, column } of windowPositions(x.shape, kernel, at, geometry)) {
      for (let c = 0; c < inPerGroup; c++) {
        sum += item(weight, [channel, c, i, j]) * item(x, [image, firstInput + c, row, column]);
      }
    }
    return sum;
  });
}

interface ConvCase {
  readonly title: string;
  readonly image: Shape;
  readonly weight: Shape;
  readonly options?: Conv2dOptions;
  readonly geometry?: Partial<Geometry>;
}

const CONVOLUTIONS: readonly ConvCase[] = [
  { title: "3×3", image: [2, 2, 5, 4], weight: [3, 2, 3, 3] },
  { title: "1×1", image: [2, 3, 2, 2], weight: [2, 3, 1, 1] },
  {
    title: "a stride that leaves rows over",
    image: [2, 2, 6, 7],
    weight: [2, 2, 3, 3],
    options: { stride: 2 },
    geometry: { stride: [2, 2] },
  },
  {
    title: "strides, dilations and paddings that differ by axis",
    image: [1, 2, 7, 8],
    weight: [2, 2, 2, 3],
    options: { stride: [3, 2], dilation: [2, 1], padding: [1, 2] },
    geometry: { stride: [3, 2], dilation: [2, 1], padding: [1, 2, 1, 2] },
  },
  {
    title: "a stride larger than the kernel",
    image: [1, 1, 8, 7],
    weight: [1, 1, 2, 2],
    options: { stride: 3, padding: [0, 1, 1, 0] },
    geometry: { stride: [3, 3], padding: [0, 1, 1, 0] },
  },
  {
    title: "groups and dilation",
    image: [2, 4, 5, 5],
    weight: [6, 2, 2, 2],
    options: { groups: 2, dilation: 2, padding: 1 },
    geometry: { dilation: [2, 2], padding: [1, 1, 1, 1] },
  },
  { title: "depthwise", image: [2, 3, 4, 4], weight: [3, 1, 3, 3], options: { groups: 3 } },
  { title: "an empty batch", image: [0, 2, 4, 4], weight: [3, 2, 3, 3] },
];

function convRows(draw: Draw): Row[] {
  return CONVOLUTIONS.flatMap(({ title, image, weight, options = {}, geometry }): Row[] => {
    const reference = (x: NdArray, w: NdArray, bias?: NdArray) =>
      conv2d(x, w, bias, options.groups ?? 1, { ...PLAIN, ...geometry });
    return [
      {
        title,
        inputs: [draw.normal(image), draw.normal(weight)],
        apply: (x, w) => ops.conv2d(x, w, undefined, options),
        reference: (x, w) => reference(x, w),
      },
      {
        title: `${title}, with a bias`,
        inputs: [draw.normal(image), draw.normal(weight), draw.normal([weight[0]!])],
        apply: (x, w, bias) => ops.conv2d(x, w, bias, options),
        reference,
      },
    ];
  });
}

/** ∂Σy²/∂x and ∂Σy²/∂w for y = conv2d(x, w). */
function squaredConvGradients(x: NdArray, w: NdArray, groups: number, geometry: Geometry): [NdArray, NdArray] {
  const y = conv2d(x, w, undefined, groups, geometry);
  const [dx, dw] = [build(x.shape, () => 0), build(w.shape, () => 0)];
  const [out, inPerGroup, ...kernel] = w.shape as [number, number, number, number];
  build(y.shape, (index) => {
    const [image, channel, ...at] = index as [number, number, number, number];
    const firstInput = Math.floor(channel / (out / groups)) * inPerGroup;
    const gradient = 2 * item(y, index);
    for (const { i, j, row, column } of windowPositions(x.shape, kernel, at, geometry)) {
      for (let c = 0; c < inPerGroup; c++) {
        const [from, factor] = [
          [image, firstInput + c, row, column],
          [channel, c, i, j],
        ];
        increase(dx, from, gradient * item(w, factor));
        increase(dw, factor, gradient * item(x, from));
      }
    }
    return 0;
  });
  return [dx, dw];
}

function increase({ shape, data }: NdArray, index: readonly number[], by: number): void {
  data[index.reduce((flat, at, axis) => flat * shape[axis]! + at, 0)]! += by;
}

/** The gradients of convolutions, whose own gradients are second derivatives. */
export function convGradientRows(draw: Draw): Row[] {
  return CONVOLUTIONS.map(({ title, image, weight, options = {}, geometry }) => ({
    title,
    inputs: [draw.uniform(image, -0.5, 0.5), draw.uniform(weight, -0.5, 0.5)],
    apply: (x, w) => grad(ops.sum(ops.square(ops.conv2d(x, w, undefined, options))), [x, w]),
    reference: (x, w) => squaredConvGradients(x, w, options.groups ?? 1, { ...PLAIN, ...geometry }),
  }));
}

type Window = { readonly kernel: readonly [number, number]; readonly geometry: Geometry };

/** Pools every window with `f`, which gets the values inside the image. */
function pool(x: NdArray, { kernel, geometry }: Window, f: (values: number[]) => number): NdArray {
  const [height, width] = ([0, 1] as const).map((a) => windowsAlong(x.shape[2 + a]!, kernel[a], a, geometry));
  return build([x.shape[0]!, x.shape[1]!, height!, width!], ([image, channel, ...at]) => {
    const positions = [...windowPositions(x.shape, kernel, at, geometry)];
    return f(positions.map(({ row, column }) => item(x, [image!, channel!, row, column])));
  });
}

const POOLS = [
  { title: "2×2", image: [2, 2, 4, 6], kernel: 2, options: {}, window: windowOf([2, 2], { stride: [2, 2] }) },
  {
    title: "overlapping, padded, not dividing the image",
    image: [1, 2, 6, 5],
    kernel: 3,
    options: { stride: 2, padding: 1 },
    window: windowOf([3, 3], { stride: [2, 2], padding: [1, 1, 1, 1] }),
  },
  {
    title: "kernel, stride and padding that differ by axis",
    image: [2, 1, 7, 5],
    kernel: [3, 2],
    options: { stride: [2, 3], padding: [1, 0, 0, 1] },
    window: windowOf([3, 2], { stride: [2, 3], padding: [1, 0, 0, 1] }),
  },
  {
    title: "gaps between windows",
    image: [1, 1, 7, 7],
    kernel: 2,
    options: { stride: 3 },
    window: windowOf([2, 2], { stride: [3, 3] }),
  },
  {
    title: "an empty batch",
    image: [0, 2, 4, 4],
    kernel: 2,
    options: {},
    window: windowOf([2, 2], { stride: [2, 2] }),
  },
] as const;

function windowOf(kernel: readonly [number, number], geometry: Partial<Geometry>): Window {
  return { kernel, geometry: { ...PLAIN, ...geometry } };
}

export const imageRows: Rows = {
  conv2d: convRows,
  maxPool2d: (draw) => [
    ...POOLS.map(
      ({ title, image, kernel, options, window }): Row => ({
        title,
        inputs: [draw.normal(image)],
        apply: (x) => ops.maxPool2d(x, kernel, options),
        reference: (x) => pool(x, window, (values) => Math.max(...values)),
      }),
    ),
    {
      title: "the first of equal elements takes the gradient",
      inputs: [float([1, 1, 2, 2], [1, 4, 4, 4])],
      apply: (x) => ops.maxPool2d(x, 2),
      reference: (x) => pool(x, windowOf([2, 2], {}), (values) => Math.max(...values)),
      gradient: ([w]) => [build([1, 1, 2, 2], ([, , row, column]) => (row === 0 && column === 1 ? w!.data[0]! : 0))],
    },
  ],
  averagePool2d: (draw) =>
    POOLS.flatMap(({ title, image, kernel, options, window }): Row[] => [
      {
        title: `${title}, padding counted`,
        inputs: [draw.normal(image)],
        apply: (x) => ops.averagePool2d(x, kernel, options),
        reference: (x) => pool(x, window, (values) => total(values) / (window.kernel[0] * window.kernel[1])),
      },
      {
        title: `${title}, padding left out`,
        inputs: [draw.normal(image)],
        apply: (x) => ops.averagePool2d(x, kernel, { ...options, countPadding: false }),
        reference: (x) => pool(x, window, average),
      },
    ]),
};
