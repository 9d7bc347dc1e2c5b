// Routes that cost money are asked as often as the day's money allows, spread evenly.
import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/read.ts";
import { planHealth } from "../../src/health/plan.ts";
import { probeRound } from "../../src/monitor/probe-round.ts";
import type { MonitorState } from "../../src/monitor/state/schema.ts";
import { json, startApp } from "../unit/health/app.ts";

const HOUR_MS = 3_600_000;
const config = parseConfig({
  version: 1,
  name: "pictures",
  task: "image",
  mode: "external",
  model: { id: "flux" },
  latencyBudgetMs: 5_000,
});

/** Rounds at these hours. @returns how many requests each of them sent, and what it says */
async function rounds(hours: readonly number[], maxCostUsdPerDay: number): Promise<[number, string | null][]> {
  const app = await startApp((_request, response) => json(response, {}));
  const plan = planHealth(config);
  const probing = { url: app.url, headers: {}, plan, requestsPerRound: 20, maxCostUsdPerDay };
  let budget: MonitorState["budget"] = null;
  const told: [number, string | null][] = [];
  try {
    for (const hour of hours) {
      const sent = app.seen.length;
      const done = await probeRound({ ...probing, signal: new AbortController().signal }, budget, hour * HOUR_MS);
      budget = done?.budget ?? null;
      told.push([app.seen.length - sent, done?.round.why ?? null]);
    }
  } finally {
    await app.stop();
  }
  return told;
}

const notSent = expect.stringContaining("monitor.maxCostUsdPerDay is $0.24");

it("one request a round, while there is money: $0.01 each where no price is known, $0.24 a day", async () => {
  const told = await rounds([0, 0.5, 1, 1.1, 10, 10.1, 11], 0.24);
  expect(told.map(([sent]) => sent)).toEqual([1, 0, 1, 0, 1, 0, 1]);
  expect(told[1]?.[1]).toEqual(notSent);
});

it("none at all when it may cost nothing", async () => {
  expect(await rounds([0, 24], 0)).toEqual([
    [0, expect.stringContaining("no probe was sent")],
    [0, expect.stringContaining("no probe was sent")],
  ]);
});

it("nothing is asked of somebody else's app, and the app is not up", async () => {
  const stranger = await startApp(
    (_request, response) => json(response, {}),
    (_request, response) => response.writeHead(200, { "content-type": "text/html" }).end("<h1>Welcome</h1>"),
  );
  try {
    const plan = planHealth({ ...config, mode: "local", task: "embeddings" });
    const { signal } = new AbortController();
    const probing = { url: stranger.url, headers: {}, plan, requestsPerRound: 5, maxCostUsdPerDay: 1, signal };
    const done = await probeRound(probing, null, Date.now());
    expect([done?.round.isUp, stranger.seen.length]).toEqual([false, 0]);
  } finally {
    await stranger.stop();
  }
});
