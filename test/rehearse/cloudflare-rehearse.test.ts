// `edge-ai rehearse --target cloudflare` as a user runs it: the real `wrangler` program and workerd, no account.
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { RehearsalDocument } from "../../src/rehearse/rehearse.ts";
import { runBin } from "../cli/run.ts";
import { tempDir } from "../temp.ts";
import { SECRET, writeWorkerProject } from "./worker-project.ts";

const SLOW_MS = 600_000;
/** The user's own way to Cloudflare: nothing of it may be used. */
const users = {
  CLOUDFLARE_API_TOKEN: "theUsersOwnToken",
  CLOUDFLARE_ACCOUNT_ID: "f".repeat(32),
  XDG_CONFIG_HOME: "/nowhere",
};

it(
  "goes through a good release, a sick one, the next one in steps, and the way back, twice",
  { timeout: SLOW_MS },
  async () => {
    const dir = await writeWorkerProject();
    const temp = await tempDir("edge-ai-rehearse-temp");
    const seen = await watchingArguments(() =>
      runBin(["rehearse", "--target", "cloudflare", "--json"], { cwd: dir, env: { ...users, TMPDIR: temp } }),
    );
    const { code, stdout, stderr } = seen.result;
    const document = JSON.parse(stdout) as RehearsalDocument;
    expect(
      document.steps.map(({ name, verdict }) => [name, verdict]),
      stdout,
    ).toEqual([
      ["link", "pass"],
      ["good release", "pass"],
      ["sick release", "pass"],
      ["next release", "pass"],
      ["rollback", "pass"],
      ["rollback again", "pass"],
      ["api", "pass"],
    ]);
    expect(document).toMatchObject({
      target: "cloudflare",
      verdict: "pass",
      cli: { name: "wrangler", version: "4.150.0", from: "project" },
      unknownCalls: [],
    });
    expect(code).toBe(0);
    const { releases, rollback } = document;
    const [good, next] = [releases.good?.deployment, releases.next?.deployment];
    expect(releases.sick).toMatchObject({ outcome: "refused", verdict: "fail", previous: { id: good?.id } });
    expect(rollback).toMatchObject({
      outcome: "rolled-back",
      previous: { id: next?.id },
      deployment: { id: good?.id },
    });
    expect(document.steps.at(-2)?.text).toContain(`production still answers with build ${good?.buildId}`);
    // Placeholder; 0, 10, 50 and 100 % for each of two releases, 0 % for the sick one; the way back.
    expect(document.calls).toMatchObject({ uploadScript: 1, uploadVersion: 3 });

    // The secret: in the Worker, and nowhere that anybody looks.
    expect(seen.commandLines.some((line) => line.includes("wrangler"))).toBe(true);
    expect(seen.commandLines.filter((line) => line.includes(SECRET.value))).toEqual([]);
    expect(stdout + stderr).not.toContain(SECRET.value);
    expect(stdout + stderr).not.toContain(users.CLOUDFLARE_API_TOKEN);
    expect(await filesWith(SECRET.value, dir)).toEqual([path.join(dir, ".env.local")]);
    expect(await left(temp)).toEqual([]);
  },
);

it("ends with a signal, and leaves nothing behind", { timeout: SLOW_MS }, async () => {
  const dir = await writeWorkerProject();
  const temp = await tempDir("edge-ai-rehearse-temp");
  const { code } = await runBin(["rehearse", "--target", "cloudflare"], {
    cwd: dir,
    env: { ...users, TMPDIR: temp },
    onSpawn: (child) => {
      // The gate is where wrangler has been, and workerd is.
      child.stderr?.on(
        "data",
        (text) => String(text).includes("→ gate") && setTimeout(() => child.kill("SIGINT"), 1_000),
      );
    },
  });
  expect(code).toBe(130);
  expect(await left(temp)).toEqual([]);
  const running = [...(await commandLines())].filter((line) => line.includes(temp));
  expect(running).toEqual([]);
});

it("names the faults that there are", async () => {
  const dir = await writeWorkerProject();
  const run = await runBin(["rehearse", "--fault", "promote=500"], { cwd: dir });
  expect(run.code).toBe(2);
  expect(run.stderr).toContain("createDeployment=500");
  expect(run.stderr).toContain("override-ignored");
});

/** Looks at the arguments of all processes of this machine, over and over, while something runs. */
async function watchingArguments<T>(work: () => Promise<T>): Promise<{ result: T; commandLines: string[] }> {
  const found = new Set<string>();
  const over = new AbortController();
  const watching = (async () => {
    while (!over.signal.aborted) {
      for (const line of await commandLines()) found.add(line);
      await sleep(50);
    }
  })();
  const result = await work();
  over.abort();
  await watching;
  return { result, commandLines: [...found] };
}

async function commandLines(): Promise<Set<string>> {
  const pids = (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => fs.readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")));
  return new Set(lines.map((line) => line.replaceAll("\0", " ")));
}

async function filesWith(text: string, dir: string): Promise<string[]> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const contents = await Promise.all(files.map((file) => fs.readFile(file, "utf8")));
  return files.filter((_, n) => contents[n]?.includes(text));
}

/** What is ours in a temporary folder; what goes a moment later is waited for. */
async function left(temp: string): Promise<string[]> {
  for (let n = 0; ; n += 1) {
    const found = (await fs.readdir(temp)).filter((name) => name.startsWith("edge-ai"));
    if (found.length === 0 || n === 50) return found;
    await sleep(100);
  }
}
