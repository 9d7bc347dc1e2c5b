import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/read.ts";
import { platformSignals } from "../../src/monitor/signals/platform-signals.ts";
import { billOf } from "../../src/monitor/signals/vercel-bill.ts";
import { metricSignals } from "../../src/monitor/signals/vercel-signals.ts";
import type { Signal } from "../../src/monitor/types.ts";
import type { Fault } from "../../src/rehearse/vercel-api/faults.ts";
import type { VercelApi } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { startApi } from "../rehearse/vercel.ts";
import { ioOf } from "../models/io.ts";
import { tempDir, writeTree } from "../temp.ts";
import { CONFIG, linkedProject, type Linked } from "./on-vercel.ts";

const HOUR_MS = 3_600_000;

const read = (linked: Omit<Linked, "projectId">): Promise<Signal[]> =>
  platformSignals({ ...linked, targetName: "vercel" })(HOUR_MS);

async function send(api: VercelApi, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await (await fetch(`${api.productionUrl}/api/health`)).text();
}

function signalOf(signals: Signal[], metric: string): Signal {
  const found = signals.find((each) => each.metric === metric);
  if (found === undefined) throw new Error(`no signal ${metric}`);
  return found;
}

describe("the real vercel, asked about production", { timeout: 60_000 }, () => {
  it("counts what the edge served, and projects the bill", async () => {
    const api = await startApi({ defaultTeam: "other-team" });
    const linked = await linkedProject(api);
    await send(api, 15);
    api.sicken(api.production?.id ?? "", { kind: "errors", share: 1 });
    await send(api, 5);
    await fetch(`${api.productionUrl}/`);
    api.bill([
      { project: "app", service: "Function Duration", usd: 8 },
      { project: "app", service: "Function Invocations", usd: 4 },
      { project: "another", service: "Function Duration", usd: 500 },
    ]);
    const signals = await read(linked);
    expect(api.unknownCalls).toEqual([]);
    expect(signalOf(signals, "errorRate")).toMatchObject({ value: 0.25, samples: 20, source: "platform" });
    for (const metric of ["p95Ms", "p99Ms"]) {
      expect(signalOf(signals, metric)).toMatchObject({ value: expect.any(Number), samples: 20, source: "platform" });
    }
    const cost = signalOf(signals, "monthlyCostUsd");
    expect(cost).toMatchObject({ samples: null, source: "bill" });
    expect(cost.value).toBeGreaterThanOrEqual(12);
    expect(cost.value).toBeLessThanOrEqual(12 * 31);
    expect(api.calls.filter(({ endpoint }) => endpoint === "metrics")).toHaveLength(3);
    const asked = api.calls.filter(({ endpoint }) => endpoint === "metrics" || endpoint === "usage");
    // Not the default team of the token.
    expect(new Set(asked.map(({ teamId }) => teamId))).toEqual(new Set(["team_rehearsal"]));
  });

  it("has no error rate and no p95 of a window without requests", async () => {
    const api = await startApi();
    const signals = await read(await linkedProject(api));
    expect(signals.map(({ metric, value, missing }) => [metric, value, missing])).toEqual([
      ["errorRate", null, "no request reached a function in the window"],
      ["p95Ms", null, "no request reached a function in the window"],
      ["p99Ms", null, "no request reached a function in the window"],
      ["monthlyCostUsd", null, "the bill has no charges for this month yet"],
    ]);
  });

  it.each<[string, Fault[], string, RegExp, RegExp]>([
    [
      "a plan without metrics",
      [{ endpoint: "metricSchema", kind: { status: 402 } }],
      "rehearsal",
      /Observability Plus subscription/,
      /no charges/,
    ],
    [
      "a token that may not",
      [
        { endpoint: "metrics", kind: { status: 403 } },
        { endpoint: "usage", kind: { status: 403 } },
      ],
      "rehearsal",
      /do not have permission/,
      /403/,
    ],
    ["no valid token", [], "anotherTokenOf2026", /not have access/, /vercel usage exited/],
  ])("says what is missing: %s", async (_what, faults, token, metrics, bill) => {
    const api = await startApi();
    const linked = await linkedProject(api, token);
    for (const fault of faults) api.inject(fault);
    const signals = await read(linked);
    expect(signals.map(({ value }) => value)).toEqual([null, null, null, null]);
    expect(signalOf(signals, "errorRate").missing).toMatch(metrics);
    expect(signalOf(signals, "p95Ms").missing).toMatch(metrics);
    expect(signalOf(signals, "monthlyCostUsd").missing).toMatch(bill);
    expect(JSON.stringify(signals)).not.toContain(token === "rehearsal" ? "Bearer" : token);
  });

  it("says so when a version of vercel has no such command", async () => {
    const projectDir = await tempDir();
    const program = path.join(projectDir, "node_modules/.bin/vercel");
    await writeTree(projectDir, {
      "node_modules/.bin/vercel": `#!/bin/sh\necho 'Error: The specified file or directory "metrics" does not exist.' >&2\nexit 1\n`,
    });
    await fs.chmod(program, 0o755);
    const signals = await read({ io: ioOf(projectDir, { PATH: "/bin" }), projectDir, config: parseConfig(CONFIG) });
    expect(signals.map(({ value }) => value)).toEqual([null, null, null, null]);
    expect(signalOf(signals, "p95Ms").missing).toBe(
      'vercel metrics exited with 1: Error: The specified file or directory "metrics" does not exist.',
    );
  });
});

describe("answers as signals", () => {
  const at = "2026-11-23T00:00:00.000Z";
  const column = "vercel_function_invocation_count_sum";

  it.each([
    [
      "a string status",
      [
        { http_status: "200", [column]: 3 },
        { http_status: "503", [column]: 1 },
      ],
      0.25,
      4,
    ],
    [
      "a number, and what is the client's own mistake",
      [
        { http_status: 504, [column]: 1 },
        { http_status: 404, [column]: 3 },
      ],
      0.25,
      4,
    ],
    ["another column", [{ http_status: "200", count: 3 }], null, null],
  ])("%s", (_what, rows, value, samples) => {
    const none = { missing: "not asked" };
    const [errorRate] = metricSignals({ counts: { value: rows }, p95: none, p99: none }, at);
    expect(errorRate).toMatchObject({ value, samples });
  });
});

const bill = (to: string, billedCost: number, effectiveCost: number, from = "2026-11-01T07:00:00.000Z") =>
  billOf({ period: { from, to }, groupBy: { data: [{ name: "app", totals: { billedCost, effectiveCost } }] } }, "app");

describe("the bill", () => {
  it.each([
    ["half a month", bill("2026-11-16T07:00:00.000Z", 10, 10), 10, 20],
    ["what a credit pays for has a cost", bill("2026-11-16T07:00:00.000Z", 0, 10), 10, 20],
    ["what is paid up front is billed, and does not come again", bill("2026-11-16T07:00:00.000Z", 30, 10), 30, 30],
    ["one hour stands for a day", bill("2026-11-01T08:00:00.000Z", 1, 1), 1, 30],
    ["the month's last moment", bill("2026-12-01T07:00:00.000Z", 5, 5), 5, 5],
  ])("%s", (_what, { soFarUsd, monthUsd }, soFar, month) => {
    expect([soFarUsd, monthUsd]).toEqual([soFar, month]);
  });

  it("is nothing for a project that the others' bill does not name", () => {
    expect(
      billOf({ period: { from: "2026-11-01T07:00:00Z", to: "2026-11-02T07:00:00Z" }, groupBy: { data: [] } }, "app"),
    ).toMatchObject({ soFarUsd: 0, monthUsd: 0 });
  });
});
