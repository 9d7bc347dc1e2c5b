import * as z from "zod";
import { alertMetrics } from "./words.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
/** Of a name that stands in ids and headers. */
const word = z.string().regex(/^[\w-]{1,60}$/, "is a word of letters, digits, - and _");
const envName = z.string().regex(/^[A-Za-z_]\w*$/, "is the name of an environment variable");
const milliseconds = z.number().positive().max(DAY_MS);

const ruleSchema = z
  .strictObject({
    name: word.describe("with the target it says which incident an alert belongs to"),
    metric: z.enum(alertMetrics).describe("its unit is in its name; up: 1 when the app answers, 0 when not"),
    above: z.number().optional().describe("the limit: broken above it"),
    below: z.number().optional().describe("the limit: broken below it"),
    resolve: z
      .number()
      .optional()
      .describe("kept again only up to this value, which is stricter than the limit; default: the limit"),
    overMs: milliseconds.optional().describe("the window its value is taken over; default: monitor.windowMs"),
    forMs: z
      .number()
      .min(0)
      .max(DAY_MS)
      .optional()
      .describe("how long it has to be broken before it fires; default: the window"),
    minSamples: z
      .number()
      .int()
      .min(1)
      .optional()
      .describe("requests (of up: rounds) in the window below which nothing is judged; default: by metric"),
    goodRounds: z.number().int().min(1).max(100).default(3).describe("rounds that keep it before it is resolved"),
    missing: z
      .enum(["tell", "alert"])
      .default("tell")
      .describe("data that cannot be had is told; or it is an alert of its own, named <name>:missing"),
    source: z
      .enum(["probe", "platform", "bill"])
      .optional()
      .describe("own probes, the platform's metrics, or its bill; default: bill for monthlyCostUsd, else probe"),
  })
  .refine(({ above, below }) => (above === undefined) !== (below === undefined), "needs above or below, and not both")
  .refine(
    ({ above, below, resolve }) =>
      resolve === undefined || (above === undefined ? resolve >= (below ?? 0) : resolve <= above),
    "resolve has to be on the good side of the limit",
  );

const notifierSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("stdout") }).describe("a line of JSON for each alert"),
  z.strictObject({
    kind: z.literal("webhook"),
    urlEnv: envName.describe("the variable that holds the URL: it may hold a secret"),
    secretEnv: envName.optional().describe("the variable that holds the key the body is signed with"),
    format: z.enum(["json", "slack"]).default("json"),
  }),
]);

type RuleInput = z.input<typeof ruleSchema>;

/**
 * What a user takes for slow, more errors than a hiccup, a
 * bill that somebody asks about: a choice, not a measurement. An app that does not answer is told sooner.
 */
const defaultRules: RuleInput[] = [
  { name: "up", metric: "up", below: 1, overMs: 5 * MINUTE_MS },
  { name: "p95", metric: "p95Ms", above: 500 },
  { name: "error-rate", metric: "errorRate", above: 0.02 },
  { name: "cost", metric: "monthlyCostUsd", above: 1_000 },
];

/** The section `monitor` of edge-ai.json. Everything has a default. */
export const monitorSchema = z.strictObject({
  windowMs: milliseconds
    .default(15 * MINUTE_MS)
    .describe("what a rule looks back on; its default also for how long it has to be broken"),
  intervalMs: milliseconds.default(MINUTE_MS).describe("from one round to the next"),
  requestsPerRound: z
    .number()
    .int()
    .min(1)
    .max(200)
    .default(20)
    .describe("requests to the probes in a round, where they cost nothing"),
  maxCostUsdPerDay: z
    .number()
    .min(0)
    .default(1)
    .describe("what probes of paid routes may cost in a day, spread evenly; 0: they are not sent"),
  rules: z
    .array(ruleSchema)
    .min(1)
    .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, "two rules have one name")
    .prefault(defaultRules),
  notifiers: z
    .array(notifierSchema)
    .refine(
      (all) => new Set(all.map((each) => (each.kind === "stdout" ? "" : each.urlEnv))).size === all.length,
      "two notifiers are the same",
    )
    .default([{ kind: "stdout" }]),
});

export type MonitorSettings = z.infer<typeof monitorSchema>;
export type MonitorRule = MonitorSettings["rules"][number];
export type Notifier = MonitorSettings["notifiers"][number];
