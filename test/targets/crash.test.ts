// kill -9 of the CLI at each step and of the supervisor. bench/crash.ts does this 50 times each.
import { once } from "node:events";
import fs from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { plannedSteps } from "../../src/release/steps.ts";
import {
  killBoth,
  killCli,
  killSupervisor,
  releasedProject,
  type Moment,
  type Outcome,
  type Rerun,
} from "./crash-cases.ts";
import type { CrashProject } from "./crash-project.ts";
import { leftovers, processesOf, settled } from "./leftovers.ts";

/** Two gates and a watch take 22 s on a machine with nothing else to do. */
const SLOW_MS = 120_000;

const well = (after: unknown): Outcome => ({ after: after as Outcome["after"], problems: [], orphans: [] });

// /proc says which processes are left.
describe.skipIf(process.platform !== "linux")("kill -9", () => {
  let project: CrashProject;
  beforeAll(async () => {
    project = await releasedProject();
  });
  afterAll(() => project.remove());

  it.each(plannedSteps({ production: true, gate: true }))(
    "of the CLI at $name: production is whole, a rerun completes, nothing is left",
    async ({ name: step }) => {
      const expected = step === "watch" ? "new" : expect.stringMatching(/old|new/);
      expect(await killCli(project, step, 0)).toEqual(well(expected));
    },
    SLOW_MS,
  );

  it.each<[Moment, number, Rerun]>([
    ["load", 200, "promote"],
    ["stage", 40, "deploy"],
    ["promote", 10, "rollback"],
  ])(
    "of the supervisor (%s, %i ms): nothing of it goes on, and %s brings production back",
    { timeout: SLOW_MS },
    async (...how) => {
      expect(await killSupervisor(project, ...how)).toEqual(well(expect.stringMatching(/old|new/)));
    },
  );

  it("of the supervisor and of the CLI that brings it back", { timeout: SLOW_MS }, async () => {
    expect(await killBoth(project, "stage", 150)).toEqual(well(expect.any(String)));
  });

  it("of a supervisor that was removing a deployment: the next promotion removes it", async () => {
    const { current } = await project.state();
    await fs.mkdir(path.join(project.dir, ".edge-ai/local/deployments/dpl_0/output"), { recursive: true });
    expect((await project.run(["promote", current ?? ""])).code).toBe(0);
    expect(await leftovers(project)).toEqual([]);
  });

  it("of the CLI while it gives the supervisor an order: production goes on", async () => {
    const { socket } = (await project.state()).supervisor ?? {};
    await sendAndDie(socket, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{"do":');
    expect((await project.production())?.release).toBe(project.release);
  });

  it("of the CLI that has ordered the stop: everything ends", async () => {
    const { socket } = (await project.state()).supervisor ?? {};
    await sendAndDie(socket, 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 13\r\n\r\n{"do":"stop"}');
    expect(await settled(async () => (await processesOf(project.root)).map(({ command }) => command))).toEqual([]);
    expect(await leftovers(project)).toEqual([]);
  });

  it("of the CLI during the type check: tsc ends too", async () => {
    const tsc = path.join(project.dir, "node_modules/.bin/tsc");
    const started = path.join(project.root, "started");
    await fs.writeFile(tsc, `#!/bin/sh\ntrap '' INT TERM HUP PIPE\ntouch '${started}'\nwhile :; do sleep 1; done\n`, {
      mode: 0o755,
    });
    await fs.writeFile(path.join(project.dir, "tsconfig.json"), "{}");
    const { child, end } = project.start(["deploy", "--target", "local"]);
    await expect.poll(() => fs.stat(started).catch(() => null), { timeout: 10_000 }).not.toBeNull();
    child.kill("SIGKILL");
    await end;
    await fs.rm(path.join(project.dir, "tsconfig.json"));
    expect(await settled(async () => (await processesOf(project.root)).map(({ command }) => command))).toEqual([]);
  });

  it("of dev: nothing of it goes on, and the next one removes its builds", async () => {
    for (const how of ["SIGKILL", "SIGTERM"] as const) {
      const { child, end } = project.start(["dev", "--port", "0"]);
      const [url] = (await once(child.stdout ?? child, "data")) as [string];
      expect((await fetch(`${url.trim()}/api/health`, { headers: { connection: "close" } })).status).toBe(200);
      child.kill(how);
      await end;
      expect(await settled(async () => (await processesOf(project.root)).map(({ command }) => command))).toEqual([]);
    }
    expect((await fs.readdir(path.join(project.dir, ".edge-ai"))).filter((name) => name.startsWith("dev-"))).toEqual(
      [],
    );
  });
});

/** Writes to a supervisor's socket and is gone. */
async function sendAndDie(socketPath: string | undefined, text: string): Promise<void> {
  const socket = net.connect(socketPath ?? "");
  await once(socket, "connect");
  socket.write(text, () => socket.destroy());
  await once(socket, "close");
  await sleep(200);
}
