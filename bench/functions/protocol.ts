import * as z from "zod";

/** What the processes of the bench tell each other. */
export const loadOrder = z.object({
  url: z.string(),
  /** How many wait for an answer at any time. */
  lanes: z.number(),
  seconds: z.number(),
  /** How the answer's text comes: in OpenAI's events, or as it is. */
  form: z.enum(["sse", "text"]),
});

export const loadReport = z.object({
  requests: z.number(),
  perSecond: z.number(),
  totalMs: z.array(z.number()),
  firstContentMs: z.array(z.number()),
});

export const ready = z.object({ url: z.string() });

/** Of a process since it started: user + system of all its threads. */
export const usage = z.object({ cpuMs: z.number() });

export type LoadReport = z.infer<typeof loadReport>;
