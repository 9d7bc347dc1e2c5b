import type { ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { exchange, openPool } from "../../../src/health/requests/exchange.ts";
import { json, startApp } from "./app.ts";

const BUSY_MS = 100;
const request = { method: "GET", path: "/", headers: {}, body: null };

let app: Awaited<ReturnType<typeof startApp>>;
const waiting: ServerResponse[] = [];

/** Answers two requests at one moment. */
beforeAll(async () => {
  app = await startApp((_, response) => {
    if (waiting.push(response) === 2) for (const each of waiting.splice(0)) json(each, { ok: true });
  });
});
afterAll(() => app.stop());

it("an answer that waits in this process for another one is not slow for that", async () => {
  const pool = openPool(app.url, 2);
  const startedAt = performance.now();
  const busy = (): void => {
    const until = performance.now() + BUSY_MS;
    while (performance.now() < until);
  };
  const answers = await Promise.all([exchange(pool, request, 5_000, busy), exchange(pool, request, 5_000, busy)]);
  const tookMs = performance.now() - startedAt;
  await pool.close();
  // Both kept this process busy, one after the other.
  expect(tookMs).toBeGreaterThan(2 * BUSY_MS - 1);
  const ends = answers.map(({ endAt }) => endAt);
  expect(Math.abs((ends[0] ?? 0) - (ends[1] ?? 0))).toBeLessThan(BUSY_MS / 2);
  for (const { headersAt, firstByteAt, endAt } of answers) {
    expect(headersAt).toBeGreaterThanOrEqual(startedAt);
    expect(firstByteAt).toBeGreaterThanOrEqual(headersAt);
    expect(endAt).toBeGreaterThanOrEqual(firstByteAt);
  }
});
