import type { RunFigures } from "../statistics/compare.ts";
import type { HealthDocument } from "../document.ts";
import type { Samples } from "../samples.ts";
import type { Limit } from "../slo.ts";

/** What every report is made of. `samples` hold nothing when nothing was measured. */
export interface ReportInput {
  document: HealthDocument;
  samples: Samples;
  limits: readonly Limit[];
  /** The run that this one was compared with: its latencies in ms, ascending, an error as Infinity. */
  baseline?: Pick<RunFigures, "latencyMs"> | undefined;
}
