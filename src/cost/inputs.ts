import type { Fact } from "../data/fact.ts";
import type { Quantity } from "./types.ts";

/** A number out of src/data as an input. */
export function factInput(name: string, { value, source, checkedAt }: Fact, unit: string): Quantity {
  return { name, value, unit, source, checkedAt };
}

/** A number that follows from others or was asked for; `source` says how. */
export function derived(name: string, value: number, unit: string, source: string): Quantity {
  return { name, value, unit, source, checkedAt: null };
}
