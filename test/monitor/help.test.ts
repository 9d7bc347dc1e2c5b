import { Writable } from "node:stream";
import { expect, it } from "vitest";
import type { Alert } from "../../src/advise/alert.ts";
import { helpFor } from "../../src/commands/monitor-help.ts";
import { readConfig } from "../../src/config/read.ts";
import type { Io } from "../../src/io.ts";
import { Ledger } from "../../src/release/ledger.ts";
import type { Target } from "../../src/targets/target.ts";
import { monitorProject } from "./project.ts";

const alert: Alert = {
  version: 1,
  rule: "p95",
  state: "firing",
  metric: "p95Ms",
  value: 900,
  limit: 500,
  target: "local",
  at: "2026-11-23T12:00:00.000Z",
};

it.each([
  ["what production carries", "d1", "d1"],
  ["the last other one that a watch found healthy", null, "d2"],
])("goes back to %s, and has remedies with their effect", async (_what, knownGood, expected) => {
  const dir = await monitorProject({});
  const ledger = new Ledger(dir);
  for (const id of ["d2", "d3"]) {
    await ledger.append({ at: alert.at, target: "local", event: "healthy", id, buildId: id });
  }
  const quiet = new Writable({ write: (_chunk, _encoding, done) => done() });
  const { signal } = new AbortController();
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- streams that are only written to
  const io = { cwd: dir, env: {}, stdout: quiet, stderr: quiet, stdin: process.stdin, signal } as Io;
  const target = { current: async () => ({ id: "d3", knownGood }) } as unknown as Target;
  const help = await helpFor(io, { config: await readConfig(dir), targetName: "local", target }, alert);
  expect(help.rollbackTo).toBe(expected);
  expect(help.remedies.length).toBeGreaterThan(0);
  expect(help.remedies[0]?.effects.join(" ")).toMatch(/p95|cost/);
});
