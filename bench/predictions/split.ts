import type { MeasuredShape } from "./run.ts";

/**
 * Which half a shape is in. Fixed: of each dtype, in the order of the files' sizes, the first, third, fifth … are for the fit. So
 * both halves have small and large ones, and nobody chose.
 */
export function isForFit(shape: MeasuredShape, all: readonly MeasuredShape[]): boolean {
  const same = all.filter(({ dtype }) => dtype === shape.dtype).toSorted((a, b) => a.weightsBytes - b.weightsBytes);
  return same.indexOf(shape) % 2 === 0;
}
