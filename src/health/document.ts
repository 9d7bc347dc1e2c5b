import * as z from "zod";
import { errorCauses } from "./requests/causes.ts";
import { refusalCauses } from "./identity.ts";

/** A number that is not known is null, never 0 and never NaN. */
const known = z.number().nullable();
const verdict = z.enum(["pass", "fail", "inconclusive"]);
const count = z.number().int().min(0);
const quantiles = z.strictObject({ p50: known, p95: known });

/** One limit, judged. */
const checkSchema = z.strictObject({
  name: z.string(),
  probe: z.string().nullable().describe("the probe whose requests it is about; null: all"),
  unit: z.enum(["ms", "fraction", "1/s", "requests", "USD"]),
  limit: z.number(),
  actual: known,
  interval: z
    .tuple([known, known])
    .describe(
      "holds the figure of this run's users with 95 % confidence (of a cost: each end does); null where the run gives no bound",
    ),
  n: count.describe("requests it was judged on"),
  verdict,
  level: z.enum(["error", "warn"]).describe("warn: told, and does not block"),
  more: count
    .nullable()
    .describe("requests that would prove the claim if all of them were good; null when that is not the question"),
  text: z.string(),
});

/** How the run was sent, and why it ended. */
const loadSchema = z.strictObject({
  kind: z
    .enum(["open", "closed"])
    .describe("open: sent by the clock; closed: each connection waits for its answer, which hides freezes"),
  ratePerSecond: known.describe("offered, once the ramp is over; null for a closed loop"),
  concurrency: count.nullable().describe("connections of a closed loop"),
  rampMs: z.number(),
  timeoutMs: z.number(),
  sentMs: z.number().describe("how long requests were sent"),
  ended: z
    .enum(["decided", "max-requests", "duration", "max-bytes", "max-cost", "interrupted"])
    .describe("decided: every check had its verdict before a limit of the run was reached"),
});

/** What streamed answers showed. Times from when the request was due, but for the gaps between pieces. */
const streamSchema = z.strictObject({
  answers: count.describe("answers that came as a stream"),
  headersMs: quantiles,
  firstByteMs: quantiles,
  firstTokenMs: quantiles.describe("first content: a role frame or a comment is none"),
  interTokenMs: quantiles.describe("between two pieces of content"),
  longestStallMs: known.describe("longest gap between two pieces of content"),
  tokensPerSecond: quantiles.describe(
    "completion tokens as the answer counts them, else pieces of content, after the first",
  ),
  faked: count.describe("answers whose content came all at once at the end"),
});

/** What the answers cost, from their own usage figures and dated prices. */
const costSchema = z.strictObject({
  requests: count.describe("answers whose cost is known"),
  totalUsd: z.number(),
  meanUsd: known,
  highestMeanUsd: known.describe("the mean per request is below this with 95 % confidence"),
  monthlyUsd: known.describe("highestMeanUsd × --monthly-requests"),
  prices: z.array(z.string()).describe("model, price, source and date"),
});

/** What the measured requests showed. Cold start and warm-up are not among them. Times in ms, from when each was due. */
const measurementSchema = z.strictObject({
  requests: count,
  errors: count,
  errorRate: known.describe("a fraction"),
  throughputPerSecond: known.describe("good answers a second"),
  offeredPerSecond: known,
  goodput: known.describe("share of the requests that kept every limit on a request's time"),
  latencyMs: z
    .strictObject({ p50: known, p95: known, p99: known, max: known })
    .describe("errors rank last: a percentile that falls among them is null; max is the longest wait of all"),
  firstTokenMs: quantiles,
  coldStartMs: known.describe("the first request to the probe's route after the app answered, alone"),
  cacheHits: count.describe("answers that a cache on the way gave"),
  bytes: count,
  sendLagMs: z.strictObject({ p99: z.number() }).describe("how late requests left this machine"),
  eventLoopDelayMs: z.strictObject({ p99: z.number() }),
  stream: streamSchema.nullable(),
  cost: costSchema.nullable().describe("null: no answer said what it used"),
  errorsByCause: z.partialRecord(
    z.enum(errorCauses),
    z.strictObject({ count, first: z.string(), requestId: z.string().nullable() }),
  ),
});

const comparisonSchema = z.strictObject({
  baseline: z.string().describe("the file or URL"),
  tolerance: z.number().describe("fraction by which a figure may get worse"),
  checks: z.array(
    z.strictObject({
      name: z.enum(["latency", "p95", "error rate"]),
      baseline: known,
      actual: known,
      unit: z.enum(["ms", "fraction"]),
      change: known.describe("fraction: 0.12 is 12 % worse; of the error rate the difference"),
      interval: z.tuple([known, known]).describe("of the change, 95 %"),
      pValue: z.number().describe("Holm-corrected, one-sided"),
      verdict,
      text: z.string(),
    }),
  ),
});

const remedySchema = z.strictObject({ text: z.string(), command: z.string().nullable() });

export const healthDocumentSchema = z.strictObject({
  version: z.literal(1),
  url: z.string(),
  verdict,
  cause: z
    .enum([...refusalCauses, "unfit-runner", "max-cost", "interrupted"])
    .optional()
    .describe("why the checks did not make the verdict; absent when they did"),
  message: z.string().optional(),
  hint: z.string().optional(),
  buildId: z.string().nullable(),
  modelId: z.string().nullable(),
  probes: z.array(z.strictObject({ name: z.string(), method: z.string(), path: z.string() })),
  load: loadSchema.nullable().describe("null: nothing was measured"),
  measurement: measurementSchema,
  checks: z.array(checkSchema),
  comparison: comparisonSchema.optional(),
  remedies: z.array(remedySchema).describe("what to do about it, by cause"),
  warnings: z.array(z.string()),
});

/** What `healthcheck --json` prints. Its JSON schema is published as schema/health-document.json. */
export type HealthDocument = z.infer<typeof healthDocumentSchema>;
export type Measurement = z.infer<typeof measurementSchema>;
export type Check = z.infer<typeof checkSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type Remedy = z.infer<typeof remedySchema>;
export type LoadFigures = z.infer<typeof loadSchema>;
export type StreamFigures = z.infer<typeof streamSchema>;
export type CostFigures = z.infer<typeof costSchema>;
