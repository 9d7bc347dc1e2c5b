import * as z from "zod";
import { alertSchema } from "../../advise/alert.ts";
import { alertMetrics } from "../../config/words.ts";

const ms = z.number();
const iso = z.iso.datetime();

const roundSchema = z.strictObject({
  at: iso,
  isUp: z.boolean(),
  why: z.string().nullable(),
  errors: z.number().int().min(0),
  latencyMs: z.array(ms),
  firstTokenMs: z.array(ms),
  costUsd: z.array(z.number()),
});

const trackSchema = z.strictObject({
  phase: z.enum(["ok", "pending", "firing"]),
  since: ms,
  firstBadAt: ms.nullable(),
  lastBadAt: ms.nullable(),
  goodRounds: z.number().int().min(0),
  metric: z.enum(alertMetrics),
  limit: z.number(),
  incident: ms.nullable(),
});

const waitingSchema = z.strictObject({
  alert: alertSchema,
  to: z.array(z.string()).describe("keys of the notifiers that have not confirmed it yet"),
});

/** .edge-ai/monitor/<target>.json: all that a monitor knows from one round to the next. */
export const monitorStateSchema = z.strictObject({
  version: z.literal(1),
  url: z.string(),
  updatedAt: iso,
  rounds: z.array(roundSchema),
  tracks: z.record(z.string(), trackSchema),
  outbox: z.array(waitingSchema),
  recent: z.array(alertSchema).describe("the latest alerts, oldest first, sent or not"),
  budget: z
    .strictObject({ availableUsd: z.number(), at: ms })
    .nullable()
    .describe("what probes of paid routes may still cost"),
});

export type MonitorState = z.infer<typeof monitorStateSchema>;
export type Waiting = z.infer<typeof waitingSchema>;

/** A monitor that has seen nothing. */
export function emptyState(url: string, now: Date): MonitorState {
  return {
    version: 1,
    url,
    updatedAt: now.toISOString(),
    rounds: [],
    tracks: {},
    outbox: [],
    recent: [],
    budget: null,
  };
}
