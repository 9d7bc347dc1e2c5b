/** The words that edge-ai.json, flags and code share. Apart from the schema, so that argv can be read without loading zod. */
export const tasks = ["embeddings", "classify", "chat", "image"] as const;
export const modes = ["local", "hybrid", "external"] as const;
export const targetNames = ["local", "vercel", "cloudflare"] as const;
export const packageManagers = ["npm", "pnpm", "yarn", "bun"] as const;

/** What an alert can be about: the keys of an SLO in edge-ai.json, what a month costs, and whether the app answers. */
export const alertMetrics = [
  "p50Ms",
  "p95Ms",
  "p99Ms",
  "maxMs",
  "firstTokenMs",
  "coldStartMs",
  "errorRate",
  "throughputPerSecond",
  "costPerRequestUsd",
  "monthlyCostUsd",
  "up",
] as const;

export type Task = (typeof tasks)[number];
export type Mode = (typeof modes)[number];
export type TargetName = (typeof targetNames)[number];
export type PackageManager = (typeof packageManagers)[number];
export type AlertMetric = (typeof alertMetrics)[number];
