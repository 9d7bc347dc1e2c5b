// What becomes of alerts when the monitor is killed, or when nobody takes them.
import type { ChildProcess } from "node:child_process";
import { createHmac } from "node:crypto";
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { Alert } from "../../src/advise/alert.ts";
import { findLeaks } from "../cli/leaks.ts";
import { runBin } from "../cli/run.ts";
import { freePort } from "../free-port.ts";
import {
  monitorProject,
  rules,
  startMonitor,
  startReceiver,
  stateFileOf,
  stateOf,
  until,
  type Received,
} from "./project.ts";
import { startScripted } from "./scripted-app.ts";

const secret = "whsec-1f7Kq-signing-key";
const path1 = "/hooks/T0192-secretPathOfTheHook";
const webhook = { kind: "webhook", urlEnv: "ALERT_HOOK", secretEnv: "ALERT_SECRET" };
const env = (port: number): Record<string, string> => ({
  ALERT_HOOK: `http://127.0.0.1:${port}${path1}`,
  ALERT_SECRET: secret,
  CHAT_HOOK: `http://127.0.0.1:${port}/chat`,
});

function alertOf({ body }: Received): Alert {
  return JSON.parse(body) as Alert;
}

const states = (received: readonly Received[]): string[] => received.map((each) => alertOf(each).state);

describe("kill -9", { timeout: 90_000 }, () => {
  it("after it was told: not told again, and its end is told once", async () => {
    await using app = await startScripted();
    const hook = await startReceiver();
    const dir = await monitorProject({ rules: [rules.errors], notifiers: [webhook] });
    const first = startMonitor(dir, app.url, env(hook.port));
    await until(async () => (await stateOf(dir)) !== null, "a round");
    app.script.badOf4 = 4;
    await until(async () => hook.received.length === 1 && (await stateOf(dir))?.outbox.length === 0, "firing");
    await first.end("SIGKILL");
    const second = startMonitor(dir, app.url, env(hook.port));
    await sleep(2_500);
    app.script.badOf4 = 0;
    await until(() => hook.received.length > 1, "resolved");
    await sleep(1_000);
    await second.end("SIGTERM");
    expect(states(hook.received)).toEqual(["firing", "resolved"]);
  });

  it("between sending and the answer: sent again with the same id, so that it is told once", async () => {
    await using app = await startScripted();
    let victim: ChildProcess | null = null;
    const hook = await startReceiver((_received, response) => {
      // Before it is answered: as if the answer was lost.
      victim?.kill("SIGKILL");
      victim = null;
      response.end("ok");
    });
    const dir = await monitorProject({ rules: [rules.errors], notifiers: [webhook] });
    const first = startMonitor(dir, app.url, env(hook.port));
    victim = first.child;
    app.script.badOf4 = 4;
    await until(() => first.child.signalCode === "SIGKILL", "killed");
    const [waiting] = (await stateOf(dir))?.outbox ?? [];
    expect(waiting).toMatchObject({ alert: { state: "firing" }, to: ["webhook:ALERT_HOOK"] });
    const second = startMonitor(dir, app.url, env(hook.port));
    await until(async () => (await stateOf(dir))?.outbox.length === 0, "delivered");
    app.script.badOf4 = 0;
    await until(() => states(hook.received).includes("resolved"), "resolved");
    await second.end("SIGTERM");
    expect(states(hook.received)).toEqual(["firing", "firing", "resolved"]);
    const ids = hook.received.map(({ headers }) => headers["idempotency-key"]);
    expect(ids[0]).toBe(waiting?.alert.id);
    expect(ids[1]).toBe(ids[0]);
    expect(ids[2]).not.toBe(ids[0]);
  });

  it("a second monitor is refused while one runs", async () => {
    await using app = await startScripted();
    const dir = await monitorProject({ rules: [rules.up] });
    const first = startMonitor(dir, app.url);
    await until(async () => (await stateOf(dir)) !== null, "a round");
    const args = ["monitor", "--once", "--json", "--url", app.url];
    const { code, stdout } = await runBin(args, { cwd: dir });
    expect([code, JSON.parse(stdout)]).toEqual([
      2,
      expect.objectContaining({ error: expect.objectContaining({ code: "BUSY" }) }),
    ]);
    await first.end("SIGKILL");
    expect(await runBin(args, { cwd: dir })).toMatchObject({ code: 0 });
  });
});

describe("a receiver", { timeout: 90_000 }, () => {
  it("that was down is told later, in order, once, with a signature; and no secret stays anywhere", async () => {
    await using app = await startScripted();
    const port = await freePort();
    const notifiers = [webhook, { kind: "webhook", urlEnv: "CHAT_HOOK", format: "slack" }, { kind: "stdout" }];
    const dir = await monitorProject({ rules: [rules.errors], notifiers });
    const monitor = startMonitor(dir, app.url, env(port));
    app.script.badOf4 = 4;
    await until(async () => (await stateOf(dir))?.tracks["errors"]?.phase === "firing", "firing");
    app.script.badOf4 = 0;
    await until(async () => (await stateOf(dir))?.outbox.length === 2, "both wait");
    const hook = await startReceiver(undefined, port);
    await until(async () => (await stateOf(dir))?.outbox.length === 0, "delivered");
    await sleep(1_000);
    await monitor.end("SIGTERM");
    const own = hook.received.filter((each) => each.headers["edge-ai-signature"] !== undefined);
    expect(states(own)).toEqual(["firing", "resolved"]);
    for (const { headers, body } of own) {
      const [, seconds = "", v1 = ""] = /^t=(\d+),v1=([\da-f]{64})$/.exec(String(headers["edge-ai-signature"])) ?? [];
      expect(createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")).toBe(v1);
      expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
    }
    const chat = hook.received.filter((each) => !own.includes(each)).map(({ body }) => JSON.parse(body) as unknown);
    expect(chat).toEqual([
      { text: expect.stringMatching(/^:red_circle: shop on local .*errors is firing/) },
      { text: expect.stringMatching(/^:large_green_circle: .*errors is resolved, after/) },
    ]);
    expect(monitor.alerts().map(({ state }) => state)).toEqual(["firing", "resolved"]);
    expect(monitor.stderr()).toContain("webhook:ALERT_HOOK: the receiver cannot be reached (ECONNREFUSED)");
    const runs = [{ args: ["monitor"], stdout: JSON.stringify(monitor.alerts()), stderr: monitor.stderr() }];
    expect(await findLeaks({ markers: { secret, path1 }, runs, dirs: [dir], argvs: [] })).toEqual([]);
  });
});

describe("--once", { timeout: 60_000 }, () => {
  it("fills a window over several runs, and says until then that it cannot tell", async () => {
    await using app = await startScripted();
    const dir = await monitorProject({ windowMs: 60_000, rules: [{ ...rules.errors, forMs: 0, minSamples: 5 }] });
    const once = async (): Promise<[number | null, Record<string, any>]> => {
      const { code, stdout } = await runBin(["monitor", "--once", "--json", "--url", app.url], { cwd: dir });
      return [code, JSON.parse(stdout) as Record<string, any>];
    };
    const [code, document] = await once();
    expect([code, document["rules"]]).toEqual([
      3,
      [expect.objectContaining({ name: "errors", state: "ok", data: "few", samples: 2, minSamples: 5 })],
    ]);
    expect((await once())[0]).toBe(3);
    expect(await once()).toEqual([
      0,
      expect.objectContaining({ version: 1, app: "shop", alerts: [], undelivered: [] }),
    ]);
    app.script.badOf4 = 4;
    const [fired, told] = await once();
    expect([fired, told["alerts"]]).toEqual([1, [expect.objectContaining({ state: "firing", rule: "errors" })]]);
    const [still, again] = await once();
    expect([still, again["alerts"]]).toEqual([1, []]);
  });

  it("does not begin anew when its state cannot be read", async () => {
    await using app = await startScripted();
    const dir = await monitorProject({ rules: [rules.up] });
    const args = ["monitor", "--once", "--url", app.url];
    expect(await runBin(args, { cwd: dir })).toMatchObject({ code: 0 });
    const file = (await stateFileOf(dir)) ?? "";
    const text = (await fs.readFile(file, "utf8")).slice(0, 40);
    await fs.writeFile(file, text);
    expect(await runBin(args, { cwd: dir })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("mv .edge-ai/monitor/"),
    });
    expect(await fs.readFile(file, "utf8")).toBe(text);
    expect(await fs.readdir(path.dirname(file))).toEqual([path.basename(file)]);
  });

  it.each([
    [{ notifiers: [webhook] }, [], "ALERT_HOOK is not set"],
    [{ rules: [{ name: "a", metric: "up" }] }, [], "needs above or below"],
    [{}, ["--interval", "5s"], "takes neither --interval"],
  ])("is refused with %j %j", async (monitor, more, text) => {
    const dir = await monitorProject(monitor);
    const run = await runBin(["monitor", "--once", "--url", "http://127.0.0.1:9", ...more], { cwd: dir });
    expect([run.code, run.stdout, run.stderr]).toEqual([2, "", expect.stringContaining(text)]);
  });
});
