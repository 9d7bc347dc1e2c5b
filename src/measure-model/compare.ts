import type { Measured, Plan, Predicted } from "../plan/types.ts";

export interface Compared {
  name: string;
  unit: "ms" | "1/s" | "bytes";
  predicted: number;
  measured: number;
  /** How far the prediction was off, of the measured value: 20 is a fifth too much, −50 is half. */
  errorPercent: number;
}

const rows = {
  p95Ms: { name: "p95", unit: "ms" },
  firstTokenMs: { name: "first token", unit: "ms" },
  tokensPerSecond: { name: "tokens per second", unit: "1/s" },
  cpuMs: { name: "processor time", unit: "ms" },
  coldStartMs: { name: "cold start", unit: "ms" },
  memoryBytes: { name: "memory", unit: "bytes" },
  bundleBytes: { name: "bundle", unit: "bytes" },
} as const satisfies Partial<Record<keyof Predicted & keyof Measured, Pick<Compared, "name" | "unit">>>;

/** What was predicted beside what was measured, without the numbers that only one of them has. Percent to a tenth. */
export function predictedAgainstMeasured(predicted: Predicted, measured: Measured): Compared[] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the table's own keys
  return (Object.keys(rows) as (keyof typeof rows)[]).flatMap((key) => {
    const [guess, truth] = [predicted[key], measured[key]];
    if (guess === null || truth === null || truth === 0) return [];
    const errorPercent = Math.round((guess / truth - 1) * 1_000) / 10;
    return [{ ...rows[key], predicted: guess, measured: truth, errorPercent }];
  });
}

/** What a plan predicts of the model inside the function, which is what is measured, whatever mode was chosen. */
export function predictedInFunction({ mode, predicted, alternatives }: Plan): Predicted | null {
  return mode === "local" ? predicted : (alternatives.find((other) => other.mode === "local")?.predicted ?? null);
}
