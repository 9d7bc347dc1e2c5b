import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { exitOf } from "../../../src/release/document.ts";
import { Ledger, type LedgerEvent } from "../../../src/release/ledger.ts";
import { lockProject } from "../../../src/release/lock.ts";
import { plannedSteps } from "../../../src/release/steps.ts";
import { tempDir, writeTree } from "../../temp.ts";

describe("exitOf", () => {
  it.each([
    ["staged", "pass", 0],
    ["promoted", "pass", 0],
    ["promoted", "fail", 1],
    ["promoted", "inconclusive", 3],
    ["refused", "fail", 1],
    ["refused", "inconclusive", 3],
    ["refused", "pass", 1],
    ["rolled-back", "fail", 1],
    ["rolled-back", "pass", 1],
    ["rolled-back", "inconclusive", 1],
  ] as const)("%s with verdict %s is exit %i", (outcome, verdict, exit) => {
    expect(exitOf({ outcome, verdict })).toBe(exit);
  });
});

const names = (production: boolean, gate: boolean): string[] =>
  plannedSteps({ production, gate }).map(({ name }) => name);

describe("plannedSteps", () => {
  it("promotes only production, after the gate", () => {
    expect(names(true, true)).toEqual(["anchor", "preflight", "build", "smoke", "stage", "gate", "promote", "watch"]);
    expect(names(false, true)).toEqual(["anchor", "preflight", "build", "smoke", "stage", "gate"]);
    expect(names(true, false)).toEqual(["anchor", "preflight", "build", "smoke", "stage", "promote"]);
  });
});

const eventOf = (id: string, what: LedgerEvent["event"]): LedgerEvent => ({
  at: "2026-11-23T00:00:00Z",
  target: "local",
  event: what,
  id,
  buildId: "b",
});

describe("Ledger", () => {
  it("remembers, and knows what was rolled back from and not promoted again", async () => {
    const ledger = new Ledger(await tempDir());
    expect(await ledger.read()).toEqual([]);
    for (const each of [
      eventOf("a", "promoted"),
      eventOf("b", "promoted"),
      eventOf("b", "rolled-back-from"),
      eventOf("a", "promoted"),
    ])
      await ledger.append(each);
    expect(await ledger.wasTurnedDown("b")).toBe(true);
    expect(await ledger.wasTurnedDown("a")).toBe(false);
    await ledger.append(eventOf("b", "promoted"));
    expect(await ledger.wasTurnedDown("b")).toBe(false);
  });

  it("knows what was found healthy and not gone back from since", async () => {
    const ledger = new Ledger(await tempDir());
    const told = async (what: LedgerEvent["event"]): Promise<boolean> => {
      await ledger.append(eventOf("a", what));
      await ledger.append(eventOf("b", "promoted"));
      return ledger.isHealthy("a");
    };
    expect(await told("promoted")).toBe(false);
    expect(await told("healthy")).toBe(true);
    expect(await told("promoted")).toBe(true);
    expect(await told("rolled-back-from")).toBe(false);
    expect(await told("promoted")).toBe(false);
  });

  it("knows a rollback whose end nobody saw", async () => {
    const ledger = new Ledger(await tempDir());
    await ledger.append(eventOf("b", "promoted"));
    expect(await ledger.rollbackLeftOpen("local", "a")).toBeNull();
    await ledger.append({ ...eventOf("a", "rolling-back-to"), from: "b" });
    expect(await ledger.rollbackLeftOpen("local", "a")).toBe("b");
    expect(await ledger.rollbackLeftOpen("local", "b")).toBeNull();
    expect(await ledger.rollbackLeftOpen("vercel", "a")).toBeNull();
    await ledger.append(eventOf("b", "rolled-back-from"));
    expect(await ledger.rollbackLeftOpen("local", "a")).toBe("b");
    await ledger.append(eventOf("a", "promoted"));
    expect(await ledger.rollbackLeftOpen("local", "a")).toBeNull();
  });

  it("reads on after a line that a crash cut short", async () => {
    const dir = await tempDir();
    await writeTree(dir, { ".edge-ai/releases.jsonl": `${JSON.stringify(eventOf("a", "staged"))}\n{"at":"20` });
    const ledger = new Ledger(dir);
    expect(await ledger.read()).toHaveLength(1);
    await ledger.append(eventOf("b", "staged"));
    expect((await ledger.read()).map(({ id }) => id)).toEqual(["a", "b"]);
  });
});

describe("lockProject", () => {
  it("lets one in, names who has it, and lets the next in afterwards", async () => {
    const dir = await tempDir();
    const unlock = await lockProject(dir, new Date());
    await expect(lockProject(dir, new Date())).rejects.toMatchObject({
      code: "BUSY",
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await unlock();
    await (
      await lockProject(dir, new Date())
    )();
    expect(await fs.readdir(path.join(dir, ".edge-ai"))).toEqual([]);
  });

  it.each(["", "{", '{"pid":"x"}', "null"])("takes over a lock that says %j", async (text) => {
    const dir = await tempDir();
    await writeTree(dir, { ".edge-ai/release.lock": text });
    await (
      await lockProject(dir, new Date())
    )();
    expect(await fs.readdir(path.join(dir, ".edge-ai"))).toEqual([]);
  });

  it("takes over the lock of a process that is gone", async () => {
    const dir = await tempDir();
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await writeTree(dir, { ".edge-ai/release.lock": JSON.stringify({ pid: child.pid, startedAt: "then" }) });
    await (
      await lockProject(dir, new Date())
    )();
    expect(await fs.readdir(path.join(dir, ".edge-ai"))).toEqual([]);
  });

  it("removes what killed processes have left while they made a lock", async () => {
    const dir = await tempDir();
    const child = spawn(process.execPath, ["-e", ""]);
    await once(child, "exit");
    await writeTree(dir, { [`.edge-ai/release.lock.${child.pid}.aaaaaa`]: "", ".edge-ai/release.lock.1.bbbbbb": "" });
    await (
      await lockProject(dir, new Date())
    )();
    expect(await fs.readdir(path.join(dir, ".edge-ai"))).toEqual(["release.lock.1.bbbbbb"]);
  });

  it("takes over the lock of a process that had our number before us", async () => {
    const dir = await tempDir();
    const before = new Date(performance.timeOrigin - 1).toISOString();
    await writeTree(dir, { ".edge-ai/release.lock": JSON.stringify({ pid: process.pid, startedAt: before }) });
    await expect((await lockProject(dir, new Date()))()).resolves.toBeUndefined();
  });

  it("lets exactly one of many in, also over a stale lock", async () => {
    const dir = await tempDir();
    await writeTree(dir, { ".edge-ai/release.lock": "{" });
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => lockProject(dir, new Date())));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });
});

describe("Ledger.hasPassed", () => {
  it.each<[events: LedgerEvent["event"][], passed: boolean]>([
    [[], false],
    [["staged"], false],
    [["staged", "promoted"], false],
    [["staged", "passed"], true],
    [["staged", "passed", "promoted", "healthy"], true],
    [["staged", "refused"], false],
    [["staged", "passed", "promoted", "rolled-back-from"], false],
    [["staged", "passed", "promoted", "rolled-back-from", "promoted"], false],
    [["staged", "refused", "passed"], true],
  ])("after %j is %s", async (events, passed) => {
    const ledger = new Ledger(await tempDir());
    for (const each of events) await ledger.append(eventOf("a", each));
    await ledger.append(eventOf("other", "refused"));
    expect(await ledger.hasPassed("a")).toBe(passed);
  });
});
