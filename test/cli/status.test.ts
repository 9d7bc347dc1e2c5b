// `edge-ai status` on the built bin, with the real vercel program on the emulated API.
import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { startApi } from "../rehearse/vercel.ts";
import { linkedProject } from "../monitor-signals/on-vercel.ts";
import { writeTree } from "../temp.ts";
import { runBin } from "./run.ts";

const AT = "2026-11-20T10:00:00.000Z";
const none = { p50: null, p95: null };
const health = {
  version: 1,
  url: "https://app.example.com",
  verdict: "fail",
  buildId: "an-older-build",
  modelId: "m",
  probes: [],
  load: null,
  measurement: {
    requests: 100,
    errors: 0,
    errorRate: 0,
    throughputPerSecond: 1,
    offeredPerSecond: 1,
    goodput: 1,
    latencyMs: { p50: 100, p95: 612, p99: 700, max: 800 },
    firstTokenMs: none,
    coldStartMs: null,
    cacheHits: 0,
    bytes: 1,
    sendLagMs: { p99: 1 },
    eventLoopDelayMs: { p99: 1 },
    stream: null,
    cost: null,
    errorsByCause: {},
  },
  checks: [
    {
      name: "p95",
      probe: null,
      unit: "ms",
      limit: 500,
      actual: 612,
      interval: [600, 630],
      n: 100,
      verdict: "fail",
      level: "error",
      more: null,
      text: "p95 612 ms is over the 500 ms limit",
    },
  ],
  remedies: [],
  warnings: [],
};

const alert = {
  version: 1,
  rule: "p95",
  state: "firing",
  metric: "p95Ms",
  value: 612,
  limit: 500,
  target: "vercel",
  at: AT,
  text: "app on vercel: p95 is firing: p95Ms 612 ms (60 requests), limit 500 ms",
};
const track = { phase: "ok", since: Date.parse(AT), firstBadAt: null, lastBadAt: null, goodRounds: 0, incident: null };
const monitor = {
  version: 1,
  url: "https://app.example.com",
  updatedAt: AT,
  rounds: [],
  tracks: {
    up: { ...track, metric: "up", limit: 1 },
    p95: { ...track, phase: "firing", metric: "p95Ms", limit: 500, incident: Date.parse(AT) },
  },
  outbox: [],
  recent: [alert],
  budget: null,
};

describe("status", { timeout: 60_000 }, () => {
  it("says everything on one screen, how old it is, and what is missing", async () => {
    const api = await startApi({ defaultTeam: "other-team" });
    const { projectDir: cwd, io } = await linkedProject(api);
    const status = (...args: string[]) => runBin(["status", ...args], { cwd, env: io.env });
    api.inject({ endpoint: "usage", kind: { status: 403 }, times: 1 });
    const bare = await status("--json");
    expect([bare.code, bare.stderr]).toEqual([0, ""]);
    const id = api.production?.id;
    expect(JSON.parse(bare.stdout)).toMatchObject({
      version: 1,
      target: "vercel",
      productionUrl: expect.stringContaining(api.productionHost),
      production: { id },
      health: "ok",
      message: null,
      lastGate: { missing: expect.stringContaining("releases.jsonl") },
      slo: { missing: expect.stringContaining("edge-ai healthcheck") },
      alerts: { missing: expect.stringContaining("edge-ai monitor") },
      cost: {
        bill: { missing: expect.stringContaining("403") },
        estimate: { missing: expect.stringContaining('"m"') },
      },
      recent: [],
    });

    const passed = { at: AT, target: "vercel", event: "passed", id, buildId: "one" };
    await writeTree(cwd, {
      ".edge-ai/releases.jsonl": `${JSON.stringify({ ...passed, target: "local", event: "refused" })}\n${JSON.stringify(passed)}\n`,
      ".edge-ai/health/vercel.json": JSON.stringify({ version: 1, target: "vercel", checkedAt: AT, health }),
      ".edge-ai/monitor/vercel.json": JSON.stringify(monitor),
    });
    const file = path.join(cwd, "edge-ai.json");
    await fs.writeFile(file, (await fs.readFile(file, "utf8")).replace('"id":"m"', '"id":"use-lite"'));
    api.bill([{ project: "app", service: "Function Duration", usd: 12 }]);
    const full = await status();
    expect(full.code).toBe(0);
    expect(full.stdout.split("\n").every((line) => line.length <= 80)).toBe(true);
    const days = `${Math.floor((Date.now() - Date.parse(AT)) / 86_400_000)} days`;
    for (const text of [
      `production  ${id}`,
      `last gate   passed ${days} ago: production`,
      `slo         fail, measured ${days} ago, of another build (an-older-build)`,
      "FAIL p95 612 ms, limit 500 ms",
      `alerts      1 open; the monitor looked ${days} ago`,
      `firing for ${days}: app on vercel: p95 is firing`,
      "cost        $12.00 this month until ",
      "a month at 100,000 requests",
      `2026-11-20 10:00Z  passed  ${id}`,
    ]) {
      expect(full.stdout).toContain(text);
    }
    expect(api.unknownCalls).toEqual([]);
  });

  it("says what cannot be read, and goes on", async () => {
    const api = await startApi();
    const { projectDir: cwd, io } = await linkedProject(api);
    await writeTree(cwd, { ".edge-ai/health/vercel.json": "{", ".edge-ai/monitor/vercel.json": "{}" });
    const { code, stdout } = await runBin(["status", "--json"], { cwd, env: io.env });
    expect([code, JSON.parse(stdout)]).toMatchObject([
      0,
      {
        health: "ok",
        slo: { missing: expect.stringContaining("not valid JSON") },
        alerts: { missing: expect.stringContaining("cannot be read") },
      },
    ]);
  });
});
