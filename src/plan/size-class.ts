import type { Mode } from "../config/words.ts";
import type { SizeClass } from "./types.ts";

/** The table that starts everything. `mode` is the default of the class; `maxParams` belongs to the class. */
export const sizeClasses = {
  small: { mode: "local", text: "under 1B", maxParams: 1e9, maxIncluded: false },
  medium: { mode: "hybrid", text: "1B to 7B", maxParams: 7e9, maxIncluded: true },
  large: { mode: "external", text: "over 7B", maxParams: Infinity, maxIncluded: true },
} as const satisfies Record<SizeClass, { mode: Mode; text: string; maxParams: number; maxIncluded: boolean }>;

const order = ["small", "medium", "large"] as const;

/**
 * The class of a model. The family label decides when there is one ("Mistral-7B" is 7.25B parameters and medium);
 * otherwise the number, exactly. A mixture of experts counts with all its parameters.
 * @param labelParams the size in the model's name, as a count of parameters
 */
export function classOf(params: number, labelParams: number | null): SizeClass {
  const size = labelParams ?? params;
  const fitting = order.find((name) => {
    const { maxParams, maxIncluded } = sizeClasses[name];
    return size < maxParams || (maxIncluded && size === maxParams);
  });
  return fitting ?? "large";
}

/** True when `mode` may run a model of this class: a model can move to the right of its row, never to the left. */
export function modeTakes(mode: Mode, size: SizeClass): boolean {
  const row = order.findIndex((name) => sizeClasses[name].mode === mode);
  return order.indexOf(size) <= row;
}

/** The class whose row of the table is `mode`. */
export function classOfMode(mode: Mode): SizeClass {
  return order.find((name) => sizeClasses[name].mode === mode) ?? "large";
}
