/** Where the taps of a convolution's window are in the planes of an image, along both axes. */
import type { Window } from "../../../ops/images/conv.ts";
import type { Shape } from "../../../shape.ts";

/** Vectors have at most that many floats. */
export const LONGEST_VECTOR = 16;

/** A tap of the window along one axis: it reads plane `plane`, from `shift` on. */
interface Tap {
  /** Its place in the kernel. */
  readonly at: number;
  readonly plane: number;
  readonly shift: number;
}

/** The planes along one axis. */
export interface Axis {
  /** The coordinate in the padded image with which each plane begins. */
  readonly first: readonly number[];
  readonly length: number;
  readonly taps: readonly Tap[];
}

export type Axes = readonly [Axis, Axis];

export function imageAxes(result: Shape, { kernel, stride, dilation }: Window): Axes {
  const [rows, columns] = [result[2]!, result[3]!];
  const reads = ([0, 1] as const).map((axis) => Array.from({ length: kernel[axis] }, (_, at) => at * dilation[axis]));
  const [vertical, horizontal] = [phaseAxis(reads[0]!, stride[0], rows), phaseAxis(reads[1]!, stride[1], columns)];
  const wide = vectorsOf((rows - 1) * horizontal.length + columns);
  // Where much would be computed between the rows of a narrow result, every horizontal tap gets planes of its own.
  if (vectorsOf(rows * columns) >= FEWER * wide) return [vertical, horizontal];
  const taps = reads[1]!.map((_, at) => ({ at, plane: at, shift: 0 }));
  return [vertical, { first: reads[1]!, length: columns, taps }];
}

const FEWER = 0.85;

function vectorsOf(positions: number): number {
  return Math.ceil(positions / LONGEST_VECTOR);
}

/** Planes of the phases of the stride that have taps. */
function phaseAxis(positions: readonly number[], stride: number, result: number): Axis {
  const first = [...new Set(positions.map((position) => position % stride))];
  const taps = positions.map((position, at) => ({
    at,
    plane: first.indexOf(position % stride),
    shift: Math.floor(position / stride),
  }));
  return { first, length: result + Math.max(...taps.map(({ shift }) => shift)), taps };
}

interface Phases {
  /** Zeros before the gradient. */
  readonly padding: number;
  /** Without taps. */
  readonly axis: Axis;
  /** By the remainder of the image's coordinate. */
  readonly phases: readonly { readonly size: number; readonly taps: readonly Tap[] }[];
}

/** Element q of phase f is at q·stride + f in the image; tap k adds element q + first − k′ of the gradient to it. */
export function phasesAlong(gradient: Shape, image: Shape, window: Window, axis: 0 | 1): Phases {
  const [kernel, stride, dilation] = [window.kernel[axis], window.stride[axis], window.dilation[axis]];
  const before = window.padding[axis];
  const plain = Array.from({ length: stride }, (_, remainder) => {
    const size = Math.max(0, Math.ceil((image[2 + axis]! - remainder) / stride));
    const first = Math.floor((remainder + before) / stride);
    const taps = Array.from({ length: kernel }, (_, at) => at)
      .filter((at) => (at * dilation) % stride === (remainder + before) % stride)
      .map((at) => ({ at, plane: 0, shift: first - Math.floor((at * dilation) / stride) }));
    return { size, taps };
  });
  const padding = Math.max(0, ...plain.flatMap(({ taps }) => taps.map(({ shift }) => -shift)));
  const phases = plain.map(({ size, taps }) => ({
    size,
    taps: taps.map((tap) => ({ ...tap, shift: tap.shift + padding })),
  }));
  const length = Math.max(
    gradient[2 + axis]! + padding,
    ...phases.flatMap(({ size, taps }) => taps.map(({ shift }) => size + shift)),
  );
  return { padding, axis: { first: [0], length, taps: [] }, phases };
}

/** Offsets of the window's taps in a channel's planes and in its weights. */
export function tapsOf([vertical, horizontal]: Axes, kernelWidth: number): { offset: number; factor: number }[] {
  const plane = vertical.length * horizontal.length;
  return vertical.taps.flatMap((row) =>
    horizontal.taps.map((column) => ({
      offset:
        (row.plane * horizontal.first.length + column.plane) * plane + row.shift * horizontal.length + column.shift,
      factor: row.at * kernelWidth + column.at,
    })),
  );
}

/** From the first to the last element of a result whose rows are as long as the planes'. */
export function positionsOf(axes: Axes, result: Shape): number {
  return (result[2]! - 1) * axes[1].length + result[3]!;
}
