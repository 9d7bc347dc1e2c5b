// What goes wrong on Cloudflare when nobody looks: splits of others, traffic in steps, and where secrets may be seen.
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readConfig } from "../../src/config/read.ts";
import { cloudflareTarget } from "../../src/targets/cloudflare/cloudflare.ts";
import { writeTree } from "../temp.ts";
import { io } from "../unit/release/preflight-project.ts";
import { makeOnCloudflare, type OnCloudflare } from "./cloudflare.ts";
import type { TestProject } from "./fixture.ts";
import { processesOf } from "./leftovers.ts";

const SLOW_MS = 400_000;
const VALUE = "sk-value-of-the-worker";

/** What production answers a request with. */
async function answerOf({ project }: OnCloudflare): Promise<Record<string, unknown>> {
  const response = await fetch(`${project.url}/api/embeddings`, { method: "POST", body: "{}" });
  return (await response.json()) as Record<string, unknown>;
}

/** Shares of the traffic, deployment by deployment, oldest first: "100", "0/100". */
function sharesOf({ api }: OnCloudflare): string[] {
  const deployments = api.workers[0]?.deployments ?? [];
  return deployments.toReversed().map(({ versions }) => versions.map(({ percentage }) => percentage).join("/"));
}

async function setSteps({ project }: OnCloudflare, trafficSteps: readonly number[]): Promise<void> {
  const file = path.join(project.dir, "edge-ai.json");
  const config = JSON.parse(await fs.readFile(file, "utf8")) as { targets: object };
  await writeTree(project.dir, {
    "edge-ai.json": JSON.stringify({ ...config, targets: { cloudflare: { trafficSteps } } }),
  });
}

async function currentAndOlder(project: TestProject): Promise<[string, string]> {
  const all = await project.deployments();
  const current = all.find(({ production }) => production);
  const older = all.find(({ id }) => id !== current?.id);
  if (current === undefined || older === undefined) throw new Error("there are two releases by now");
  return [current.id, older.id];
}

describe("on Cloudflare", () => {
  let on: OnCloudflare;
  beforeAll(async () => {
    on = await makeOnCloudflare();
  });
  afterAll(() => on[Symbol.asyncDispose](), SLOW_MS);

  it(
    "secrets go up with the release, and nowhere else; the next release has them too",
    { timeout: SLOW_MS },
    async () => {
      const { project } = on;
      await writeTree(project.dir, {
        ".env.example": "# API_KEY=\n",
        ".env.local": `API_KEY=${VALUE}\nOTHER=not-asked-for\n`,
      });
      const embeddings =
        "return Response.json({ buildId, release, key: process.env.API_KEY, other: process.env.OTHER });";
      await project.write({ release: "a", embeddings });
      const seen: string[] = [];
      const stopped = new AbortController();
      const looking = (async () => {
        while (!stopped.signal.aborted) {
          seen.push(...(await processesOf(path.dirname(project.dir))).map(({ command }) => command));
          await sleep(100);
        }
      })();
      const { document, stderr } = await project.deploy("--prod", "--no-gate");
      stopped.abort();
      await looking;
      expect(document).toMatchObject({ outcome: "promoted" });
      expect(await answerOf(on)).toMatchObject({ key: VALUE, release: "a" });
      expect(await answerOf(on)).not.toHaveProperty("other");
      expect(seen.some((command) => command.includes("--secrets-file"))).toBe(true);
      expect(seen.join("\n") + stderr + JSON.stringify(document)).not.toContain(VALUE);
      expect((await project.bin("env", "check")).stdout).toMatch(/✓ API_KEY \(optional\)/);

      // A runner without .env.local: the version before has the value.
      await project.remove(".env.local");
      await project.write({ release: "b", embeddings });
      await project.deploy("--prod", "--no-gate");
      expect(await answerOf(on)).toMatchObject({ key: VALUE, release: "b" });
      expect(on.api.unknownCalls).toEqual([]);
    },
  );

  it("a share that an interrupted release left is taken back by a rollback", { timeout: SLOW_MS }, async () => {
    const { project, env } = on;
    const [production, older] = await currentAndOlder(project);
    const target = cloudflareTarget({
      io: { ...io(), env: { ...process.env, ...env } },
      projectDir: project.dir,
      config: await readConfig(project.dir),
    });
    await target.shift(older, 10);
    expect(await target.current()).toMatchObject({ id: production, sharedWith: { id: older, percentage: 10 } });
    // Another release does not end it without a word.
    await project.write({ release: "another" });
    expect(await project.fail("deploy", "--prod", "--no-gate")).toMatchObject({
      code: 2,
      document: { error: { code: "BUSY", message: expect.stringContaining(older) } },
    });
    expect(await target.current()).toMatchObject({ id: production, sharedWith: { id: older, percentage: 10 } });
    const back = await project.switch("rollback");
    expect(back).toMatchObject({ code: 0, document: { outcome: "rolled-back", deployment: { id: production } } });
    expect(sharesOf(on).at(-1)).toBe("100");
  });

  it("crons, which belong to no version, are set with a release", { timeout: SLOW_MS }, async () => {
    const { project, api } = on;
    const file = path.join(project.dir, "wrangler.jsonc");
    const wranglerJson = JSON.parse(await fs.readFile(file, "utf8")) as object;
    await writeTree(project.dir, {
      "wrangler.jsonc": JSON.stringify({ ...wranglerJson, triggers: { crons: ["0 3 * * *"] } }),
    });
    await project.release("with crons");
    expect(api.workers[0]?.schedules).toEqual([{ cron: "0 3 * * *" }]);
    expect(api.unknownCalls).toEqual([]);
  });

  it(
    "a release climbs through the steps; one that fails on the way gives the traffic back",
    { timeout: SLOW_MS },
    async () => {
      const { project } = on;
      await setSteps(on, [10, 50]);
      await project.write({ release: "c" });
      const before = sharesOf(on).length;
      const good = await project.deploy("--prod");
      expect(good.document).toMatchObject({ outcome: "promoted", verdict: "pass" });
      expect(sharesOf(on).slice(before)).toEqual(["0/100", "10/90", "50/50", "100"]);
      // The gate sends 20 requests.
      await project.write({
        release: "d",
        embeddings: 'return n > 30 ? new Response("no", { status: 500 }) : answer();',
      });
      const sick = await project.deploy("--prod");
      expect(sick.document).toMatchObject({
        outcome: "refused",
        verdict: "fail",
        previous: { id: good.document.deployment?.id },
      });
      expect(sick.document.message).toContain("it had 10 % of the traffic, which production has back");
      expect(sick.code).toBe(1);
      expect(sharesOf(on).slice(before + 4)).toEqual(["0/100", "10/90", "0/100"]);
      expect(await project.production()).toBe(good.document.deployment?.buildId);
    },
  );

  it("a split that somebody else made is not ended", { timeout: SLOW_MS }, async () => {
    const { project, api } = on;
    api.intrude("app", 30);
    const shares = sharesOf(on);
    await project.write({ release: "e" });
    for (const args of [["deploy", "--prod", "--no-gate"], ["rollback"]])
      expect(await project.fail(...args)).toMatchObject({
        code: 2,
        document: { error: { code: "BUSY", message: expect.stringContaining("at 30 %") } },
      });
    expect(sharesOf(on)).toEqual(shares);
  });
});
