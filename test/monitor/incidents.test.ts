// Real incidents: a server that turns bad and good again, and the built bin that watches it.
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/advise/alert.ts";
import { monitorProject, rules, startMonitor, stateOf, until } from "./project.ts";
import { fine, startScripted, type Script } from "./scripted-app.ts";

const incidents: [keyof typeof rules, Partial<Script>][] = [
  ["latency", { latencyMs: 500 }],
  ["errors", { badOf4: 2 }],
  ["cost", { outputTokens: 20_000 }],
  ["up", { isDown: true }],
];

describe("an incident", () => {
  it("is told once when it fires and once when it is resolved, whatever it is about", { timeout: 90_000 }, async () => {
    const told = await Promise.all(incidents.map(([kind, bad]) => twoIncidents(kind, bad)));
    for (const [i, [kind]] of incidents.entries()) {
      const alerts = told[i] ?? [];
      const { name: rule, metric } = rules[kind];
      expect(alerts.map(({ state }) => state)).toEqual(["firing", "resolved", "firing", "resolved"]);
      expect(new Set(alerts.map(({ id }) => id)).size).toBe(4);
      expect(alerts[0]).toMatchObject({ version: 1, rule, metric, target: "local", rollbackTo: null });
      expect(alerts[0]?.remedies).toBeInstanceOf(Array);
    }
  });

  it("is none when it is a blip that is shorter than the window", { timeout: 60_000 }, async () => {
    await using app = await startScripted();
    const dir = await monitorProject({ windowMs: 4_000, rules: [rules.errors] });
    const monitor = startMonitor(dir, app.url);
    const phase = async (): Promise<string | undefined> => (await stateOf(dir))?.tracks["errors"]?.phase;
    await until(async () => ((await stateOf(dir))?.rounds.length ?? 0) >= 3, "good rounds");
    for (const blip of [1, 2]) {
      app.script.badNext = 3;
      await until(async () => (await phase()) === "pending", `pending ${blip}`);
      await until(async () => (await phase()) === "ok", `ok after ${blip}`);
    }
    await monitor.end("SIGINT");
    expect(monitor.alerts()).toEqual([]);
    expect((await stateOf(dir))?.recent).toEqual([]);
  });
});

/** The same trouble twice, with a good time after each. */
async function twoIncidents(kind: keyof typeof rules, bad: Partial<Script>): Promise<Alert[]> {
  await using app = await startScripted();
  const rule = rules[kind];
  const dir = await monitorProject({ rules: [rule] });
  const monitor = startMonitor(dir, app.url);
  await until(async () => (await stateOf(dir))?.tracks[rule.name]?.phase === "ok", `a good round: ${monitor.stderr()}`);
  for (const incident of [1, 2]) {
    Object.assign(app.script, bad);
    await until(() => monitor.alerts().length === 2 * incident - 1, `${kind} firing ${incident}`);
    Object.assign(app.script, fine);
    await until(() => monitor.alerts().length === 2 * incident, `${kind} resolved ${incident}`);
  }
  await sleep(1_500);
  expect(await monitor.end("SIGTERM")).toBe(143);
  expect((await stateOf(dir))?.outbox).toEqual([]);
  return monitor.alerts();
}
