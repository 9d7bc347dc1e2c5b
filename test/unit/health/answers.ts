import type { Answer } from "../../../src/health/samples.ts";

/** A good answer after 1 ms, or what differs from it. */
export function answered(more: Partial<Answer> = {}): Answer {
  const latencyMs = more.latencyMs ?? 1;
  return {
    cause: null,
    detail: "",
    requestId: null,
    latencyMs,
    firstTokenMs: latencyMs,
    bytes: 0,
    isCached: false,
    usage: null,
    stream: null,
    ...more,
  };
}
