import * as z from "zod";
import { monitorSchema } from "./monitor.ts";
import { modes, targetNames, tasks } from "./words.ts";

const positive = z.number().positive().finite();
const jsonValue = z.json();

/** A limit, alone or with its level: `warn` is told and does not block. */
function limit<T extends z.ZodNumber>(value: T) {
  return z
    .union([value, z.strictObject({ limit: value, level: z.enum(["error", "warn"]).default("error") })])
    .optional();
}

/** Limits a release has to keep. `errorRate` is a fraction from 0 to 1. */
const sloSchema = z.strictObject({
  p50Ms: limit(positive),
  p95Ms: limit(positive),
  p99Ms: limit(positive),
  maxMs: limit(positive),
  firstTokenMs: limit(positive),
  coldStartMs: limit(positive),
  errorRate: limit(z.number().min(0).max(1)),
  throughputPerSecond: limit(positive),
  costPerRequestUsd: limit(positive),
});

const probeSchema = z.strictObject({
  name: z.string().min(1),
  path: z.string().startsWith("/").describe("path of the app's own route"),
  method: z.enum(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]).default("GET"),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe("{{n}} becomes the number of the request, {{env.NAME}} a variable of the environment or of .env.local"),
  body: jsonValue.optional().describe("JSON body; {{n}} in a string becomes the number of the request"),
  expect: z
    .strictObject({
      status: z.number().int().min(100).max(599).default(200),
      json: jsonValue
        .optional()
        .describe("shape of the answer: a type name (string, number, boolean, array, object) or a nested shape"),
      schema: z
        .record(z.string(), jsonValue)
        .optional()
        .describe("JSON schema (draft 2020-12) that the answer has to keep"),
      contains: z.string().optional().describe("text the answer, or all pieces of a stream together, has to contain"),
      contentType: z
        .string()
        .min(1)
        .optional()
        .describe("what the content type of the answer begins with, like application/json"),
      model: z
        .string()
        .min(1)
        .optional()
        .describe("model that the answer has to name; a date or revision after the name is fine"),
    })
    .default({ status: 200 }),
  slo: sloSchema.default({}),
  weight: positive.default(1),
});

export const configSchema = z.strictObject({
  $schema: z.string().optional(),
  version: z.literal(1),
  name: z.string().min(1),
  task: z.enum(tasks),
  mode: z.enum(modes),
  target: z.enum(targetNames).default("vercel"),
  model: z.strictObject({
    id: z.string().min(1),
    revision: z.string().nullable().default(null),
    path: z.string().nullable().default(null).describe("folder with the weights, relative to the project"),
  }),
  latencyBudgetMs: positive.describe("milliseconds; chat: to the first token, else p95 of the whole answer"),
  slo: sloSchema.default({}),
  probes: z.array(probeSchema).default([]),
  targets: z
    .strictObject({
      vercel: z
        .strictObject({
          project: z.string().min(1).nullable().default(null),
          scope: z.string().min(1).nullable().default(null).describe("slug or id of the team"),
          domain: z
            .string()
            .regex(/^[\w.-]+(:\d+)?$/, "is a host name, like app.example.com")
            .nullable()
            .default(null)
            .describe("the production domain; without it, the project's own"),
        })
        .optional(),
      cloudflare: z
        .strictObject({
          accountId: z.string().min(1).nullable().default(null),
          name: z
            .string()
            .min(1)
            .nullable()
            .default(null)
            .describe("of the Worker; without it, that of wrangler.jsonc"),
          domain: z
            .string()
            .regex(/^[\w.-]+$/, "is a host name, like app.example.com")
            .nullable()
            .default(null)
            .describe("the production domain, one of wrangler.jsonc's routes; without it, the workers.dev address"),
          trafficSteps: z
            .array(z.number().int().min(1).max(99))
            .default([])
            .refine((steps) => steps.every((step, n) => n === 0 || step > (steps[n - 1] ?? 0)), "climbs")
            .describe("percent of the traffic a release gets, one after the other, each measured, before it gets all"),
        })
        .optional(),
      local: z.strictObject({ port: z.number().int().min(1).max(65_535).default(4100) }).optional(),
    })
    .default({}),
  monitor: monitorSchema.optional(),
});

export type Config = z.infer<typeof configSchema>;
export type Slo = z.infer<typeof sloSchema>;
export type Probe = z.infer<typeof probeSchema>;
