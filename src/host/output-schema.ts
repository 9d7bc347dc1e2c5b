import * as z from "zod";

/** What `has`, `missing` and `host` compare with: text is a regular expression over the whole value. */
const matchable = z.union([
  z.string(),
  z.looseObject({
    eq: z.union([z.string(), z.number()]).optional(),
    neq: z.string().optional(),
    inc: z.array(z.string()).optional(),
    ninc: z.array(z.string()).optional(),
    pre: z.string().optional(),
    suf: z.string().optional(),
    re: z.string().optional(),
    gt: z.number().optional(),
    gte: z.number().optional(),
    lt: z.number().optional(),
    lte: z.number().optional(),
  }),
]);

const condition = z.union([
  z.looseObject({ type: z.literal("host"), value: matchable }),
  z.looseObject({ type: z.enum(["header", "cookie", "query"]), key: z.string(), value: matchable.optional() }),
]);

const handle = z.looseObject({
  handle: z.enum(["filesystem", "rewrite", "resource", "miss", "hit", "error"]),
});

const source = z.looseObject({
  src: z.string(),
  dest: z.string().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  methods: z.array(z.string()).optional(),
  status: z.number().int().min(100).max(599).optional(),
  continue: z.boolean().optional(),
  check: z.boolean().optional(),
  important: z.boolean().optional(),
  caseSensitive: z.boolean().optional(),
  has: z.array(condition).optional(),
  missing: z.array(condition).optional(),
});

/** `.vercel/output/config.json`. Keys that concern only the platform (crons, images) are left alone. */
export const outputConfigSchema = z.looseObject({
  version: z.literal(3),
  routes: z.array(z.union([handle, source])).default([]),
  overrides: z
    .record(z.string(), z.looseObject({ path: z.string().optional(), contentType: z.string().optional() }))
    .default({}),
});

/** `.vc-config.json` of one function. Everything but `runtime` is about Node.js functions. */
export const functionConfigSchema = z.looseObject({
  runtime: z.string(),
  handler: z.string().optional(),
  launcherType: z.string().optional(),
  shouldAddHelpers: z.boolean().default(false),
  shouldAddSourcemapSupport: z.boolean().default(false),
  maxDuration: z.union([z.number().positive(), z.literal("max")]).optional(),
  environment: z.record(z.string(), z.string()).default({}),
  filePathMap: z.record(z.string(), z.string()).default({}),
});

export type Matchable = z.output<typeof matchable>;
export type Condition = z.output<typeof condition>;
export type SourceRoute = z.output<typeof source>;
export type OutputConfig = z.output<typeof outputConfigSchema>;
export type FunctionConfig = z.output<typeof functionConfigSchema>;
