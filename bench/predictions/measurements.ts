import type { Built } from "./bundles.ts";
import type { MeasuredShape } from "./run.ts";

/** What one run of bench/predictions.ts measured; measured.json keeps the one that the costs in src/data/engines.ts come from. */
export interface Measurements {
  machine: string;
  measuredAt: string;
  rounds: number;
  shapes: MeasuredShape[];
  builds: Built[];
}
