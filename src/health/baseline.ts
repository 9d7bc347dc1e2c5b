import { createHash } from "node:crypto";
import fs from "node:fs/promises";
import * as z from "zod";
import type { Probe } from "../config/schema.ts";
import { CliError, messageOf } from "../errors.ts";
import type { HealthResult } from "./check.ts";
import type { RunFigures } from "./statistics/compare.ts";
import { evidenceOf, slowAmong } from "./evidence.ts";
import { figure } from "./figures.ts";
import type { Pace } from "./load.ts";
import type { HealthPlan } from "./plan.ts";
import type { Samples } from "./samples.ts";
import { quantile } from "./statistics/statistics.ts";

const paceSchema = z.union([
  z.strictObject({ kind: z.literal("open"), ratePerSecond: z.number(), rampMs: z.number() }),
  z.strictObject({ kind: z.literal("closed"), concurrency: z.number() }),
]);

const baselineSchema = z.strictObject({
  version: z.literal(1),
  url: z.string(),
  buildId: z.string().nullable(),
  verdict: z.enum(["pass", "fail", "inconclusive"]),
  sentMs: z.number(),
  pace: paceSchema,
  /** SHA-256 of the probes: what they send may be secret. */
  probes: z.string(),
  errors: z.number().int().min(0),
  slowBurst: z.number().min(1),
  errorBurst: z.number().min(1),
  /** Of good answers, ascending, to a hundredth of a ms. */
  latencyMs: z.array(z.number()),
});

/** A run that later ones are compared with. */
export type Baseline = z.infer<typeof baselineSchema>;
/** Everything about the requests that changes what is measured. */
function fingerprint(probes: readonly Probe[]): string {
  const sent = probes.map(({ name, path, method, body, weight }) => [name, path, method, body ?? null, weight]);
  return createHash("sha256").update(JSON.stringify(sent)).digest("hex");
}

/** The latencies and errors of a run. */
export function figuresOf(samples: Samples): RunFigures {
  const { latencyMs, ascending, n, good } = evidenceOf(samples, null, {
    ratePerSecond: null,
    rampMs: 0,
    sentMs: 0,
    coldStartsMs: [],
  });
  const sorted = ascending.latencyMs;
  const { burst: slowBurst } = slowAmong(latencyMs, quantile(sorted, 0.95));
  const { burst: errorBurst } = slowAmong(latencyMs, Infinity);
  return { latencyMs: sorted, errors: n - good, n, slowBurst, errorBurst };
}

/** A run as it is kept for later ones. */
export function baselineOf({ document, samples }: HealthResult, plan: HealthPlan): Baseline {
  const { url, buildId, verdict, load } = document;
  const { latencyMs, errors, slowBurst = 1, errorBurst = 1 } = figuresOf(samples);
  const finite = Array.from(latencyMs).filter(Number.isFinite);
  return {
    version: 1,
    url,
    buildId,
    verdict,
    sentMs: load?.sentMs ?? 0,
    pace: plan.load.pace,
    probes: fingerprint(plan.probes),
    errors,
    slowBurst,
    errorBurst,
    latencyMs: finite.map((ms) => Math.round(ms * 100) / 100),
  };
}

/** The figures of a kept run. */
export function baselineFigures({ latencyMs, errors, slowBurst, errorBurst }: Baseline): RunFigures {
  const n = latencyMs.length + errors;
  const all = new Float64Array(n).fill(Infinity);
  all.set(latencyMs);
  return { latencyMs: all, errors, n, slowBurst, errorBurst };
}

/**
 * Reads a file that `healthcheck --save` wrote.
 * @throws CliError BAD_INPUT when it is not one
 */
export async function readBaseline(file: string): Promise<Baseline> {
  const text = await fs.readFile(file, "utf8").catch((error: unknown) => {
    throw refusal(file, messageOf(error), error);
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw refusal(file, "it is not JSON", error);
  }
  const parsed = baselineSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refusal(file, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "not a baseline"}`);
}

/**
 * Refuses to compare what cannot be compared.
 * @throws CliError USAGE for a baseline that did not pass itself, or was sent in another way
 */
export function refuseUnlike(baseline: Baseline, plan: HealthPlan, name: string): void {
  if (baseline.verdict !== "pass") {
    throw new CliError("USAGE", `the baseline ${name} did not pass itself (${baseline.verdict})`, {
      hint: "compare with a run that passed: edge-ai healthcheck <url> --save <file>",
    });
  }
  const paces = [baseline.pace, plan.load.pace].map(written);
  const isPaced = paces[0] === paces[1];
  if (isPaced && baseline.probes === fingerprint(plan.probes)) return;
  const what = isPaced ? "its probes were others" : `${paces[0]}, and this one is ${paces[1]}`;
  throw new CliError("USAGE", `the baseline ${name} was measured with another load: ${what}`, {
    hint: "use the same probes, --rate, --ramp and --concurrency, or make the baseline anew with --save",
  });
}

function written(pace: Pace): string {
  if (pace.kind === "closed") return `${pace.concurrency} connections`;
  return `${figure(pace.ratePerSecond, "1/s")}${pace.rampMs > 0 ? ` after a ramp of ${pace.rampMs} ms` : ""}`;
}

function refusal(file: string, why: string, cause?: unknown): CliError {
  return new CliError("USAGE", `${file} is no baseline: ${why}`, {
    hint: "make one: edge-ai healthcheck <url> --save <file>",
    cause,
  });
}
