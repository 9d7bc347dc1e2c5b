import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { childrenWith, parsePs, usedBy } from "../../src/measure-model/function-process.ts";

/** Works for a while and holds some memory; lets go of it, says so, and waits. */
const worker = `let held = Buffer.alloc(150e6, 1);
const end = process.cpuUsage().user + 300_000;
while (process.cpuUsage().user < end) for (let i = 0; i < 1e6; i++) held[i % 1000] = i;
held = null; globalThis.gc();
console.log("done");
setTimeout(() => {}, 60_000);`;

it("finds a child by its command line, and says what it has used", async () => {
  const mark = `marked-${process.pid}`;
  const child = spawn(process.execPath, ["--expose-gc", "-e", worker, mark], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  expect(await childrenWith(mark)).toEqual([child.pid]);
  expect(await childrenWith(`${mark}-not`)).toEqual([]);
  const used = await usedBy(child.pid ?? 0);
  expect(used.cpuMs).toBeGreaterThanOrEqual(280);
  expect(used.cpuMs).toBeLessThan(5_000);
  // The highest it ever had, where the system keeps that.
  if (process.platform === "linux") expect(used.residentBytes).toBeGreaterThan(150e6);
  expect(used.residentBytes).toBeLessThan(400e6);
  child.kill("SIGKILL");
  await once(child, "exit");
  await expect(usedBy(child.pid ?? 0)).rejects.toThrow(String(child.pid));
});

describe("what ps says", () => {
  it.for([
    ["123456   1:02.34\n", 62_340, 123_456 * 1024],
    ["  1024 00:01:02", 62_000, 1024 * 1024],
    ["1 1-00:00:01", 86_401_000, 1024],
  ] as const)("%j", ([line, cpuMs, residentBytes]) => {
    expect(parsePs(line)).toEqual({ cpuMs, residentBytes });
  });
  it("is nothing of a process that has ended", () => {
    expect(() => parsePs("\n")).toThrow("ended");
  });
});
