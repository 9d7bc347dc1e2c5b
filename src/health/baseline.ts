import fs from "node:fs/promises";
import * as z from "zod";
import type { Probe } from "../config/schema.ts";
import { CliError, messageOf } from "../errors.ts";
import type { HealthResult } from "./check.ts";
import type { RunFigures } from "./statistics/compare.ts";
import { evidenceOf, slowAmong } from "./evidence.ts";
import type { HealthPlan } from "./plan.ts";
import type { Samples } from "./samples.ts";
import { quantile } from "./statistics/statistics.ts";

const shapeSchema = z.strictObject({
  /** Everything about the requests and their pace that changes what is measured. */
  pace: z.union([
    z.strictObject({ kind: z.literal("open"), ratePerSecond: z.number(), rampMs: z.number() }),
    z.strictObject({ kind: z.literal("closed"), concurrency: z.number() }),
  ]),
  probes: z.array(
    z.strictObject({
      name: z.string(),
      path: z.string(),
      method: z.string(),
      body: z.json().optional(),
      weight: z.number(),
    }),
  ),
});

const baselineSchema = z.strictObject({
  version: z.literal(1),
  url: z.string(),
  buildId: z.string().nullable(),
  verdict: z.enum(["pass", "fail", "inconclusive"]),
  sentMs: z.number(),
  shape: shapeSchema,
  errors: z.number().int().min(0),
  slowBurst: z.number().min(1),
  errorBurst: z.number().min(1),
  /** Of good answers, ascending, to a hundredth of a ms. */
  latencyMs: z.array(z.number()),
});

/** A run that later ones are compared with. */
export type Baseline = z.infer<typeof baselineSchema>;
type LoadShape = z.infer<typeof shapeSchema>;

/** What two runs must have in common to be compared. */
function shapeOf({ load, probes }: Pick<HealthPlan, "load" | "probes">): LoadShape {
  return { pace: load.pace, probes: probes.map(shapeOfProbe) };
}

function shapeOfProbe({ name, path, method, body, weight }: Probe): LoadShape["probes"][number] {
  return { name, path, method, ...(body !== undefined && { body }), weight };
}

/** The latencies and errors of a run. */
export function figuresOf(samples: Samples): RunFigures {
  const { latencyMs, ascending, n, good } = evidenceOf(samples, null, {
    ratePerSecond: null,
    sentMs: 0,
    coldStartMs: null,
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
    shape: shapeOf(plan),
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
  const [was, is] = [baseline.shape, shapeOf(plan)].map((shape) => JSON.stringify(shape));
  if (was === is) return;
  throw new CliError("USAGE", `the baseline ${name} was measured with another load: ${was}, and this one is ${is}`, {
    hint: "use the same probes, --rate, --ramp and --concurrency, or make the baseline anew with --save",
  });
}

function refusal(file: string, why: string, cause?: unknown): CliError {
  return new CliError("USAGE", `${file} is no baseline: ${why}`, {
    hint: "make one: edge-ai healthcheck <url> --save <file>",
    cause,
  });
}
