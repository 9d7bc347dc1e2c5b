import fs from "node:fs/promises";
import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Config } from "../../../src/config/schema.ts";
import { parseConfig } from "../../../src/config/read.ts";
import {
  lastCheckFile,
  lastCheckText,
  readHealthFile,
  readLastChecks,
  targetOfUrl,
} from "../../../src/health/last-check.ts";
import { tempDir, writeTree } from "../../temp.ts";
import { failing, passing } from "./reports/results.ts";

const config = (change: object = {}): Config =>
  parseConfig({
    version: 1,
    name: "app",
    task: "embeddings",
    mode: "local",
    model: { id: "use-lite" },
    latencyBudgetMs: 300,
    ...change,
  });

describe("the target of a URL", () => {
  const domain = { targets: { vercel: { domain: "app.example.com" } } };
  test.each([
    ["http://127.0.0.1:4100", {}, false, "local"],
    ["http://localhost:3000", {}, true, "local"],
    ["http://[::1]:3000", {}, false, "local"],
    ["https://app-git-main-acme.vercel.app", {}, false, "vercel"],
    ["https://app.acme.workers.dev", {}, false, "cloudflare"],
    ["https://app.example.com", domain, false, "vercel"],
    ["https://app.example.com", {}, true, "vercel"],
    ["https://app.example.com", { target: "cloudflare" }, true, "cloudflare"],
    // Nobody knows whose it is: somebody else's numbers are not ours.
    ["https://app.example.com", {}, false, null],
    ["https://vercel.app.example.com", {}, false, null],
    // The local target is on this machine.
    ["https://app.example.com", { target: "local" }, true, null],
  ])("%s with %j, ours %s: %s", (url, change, isOurs, target) => {
    expect(targetOfUrl(url, config(change), { isOurs })).toBe(target);
  });
});

test.each([".edge-ai", ".edge-ai/health"])("%s that is a file is told", async (file) => {
  const dir = await tempDir();
  await writeTree(dir, { [file]: "" });
  await expect(readLastChecks(dir)).rejects.toMatchObject({ code: "FILE", hint: expect.stringContaining("move") });
});

test("what is kept is read again, newest first", async () => {
  const dir = await tempDir();
  expect(await readLastChecks(dir)).toEqual([]);
  await writeTree(dir, {
    [lastCheckFile("local")]: lastCheckText("local", passing().document, new Date("2026-11-20T10:00:00Z")),
    [lastCheckFile("vercel")]: lastCheckText("vercel", failing().document, new Date("2026-11-21T10:00:00Z")),
    ".edge-ai/health/vercel.json.0123.tmp": "half a fi",
  });
  const checks = await readLastChecks(dir);
  expect(checks.map(({ target, checkedAt }) => [target, checkedAt])).toEqual([
    ["vercel", "2026-11-21T10:00:00.000Z"],
    ["local", "2026-11-20T10:00:00.000Z"],
  ]);
  expect(checks[0]?.health).toEqual(failing().document);
});

test("a file that is not one of ours is refused by name, not believed", async () => {
  const dir = await tempDir();
  await writeTree(dir, { [lastCheckFile("vercel")]: JSON.stringify({ version: 1, target: "vercel" }) });
  await expect(readLastChecks(dir)).rejects.toThrow(/vercel\.json has 2 problems\n {2}checkedAt.*\n {2}health/);
});

test("a health check is read from either kind of file", async () => {
  const dir = await tempDir();
  const { document } = passing();
  const kept = lastCheckText("local", document, new Date("2026-11-20T10:00:00Z"));
  await writeTree(dir, { "printed.json": JSON.stringify(document), "kept.json": kept });
  const read = (name: string): ReturnType<typeof readHealthFile> => readHealthFile(path.join(dir, name));
  expect(await read("printed.json")).toEqual({ health: document, target: null, checkedAt: null });
  expect(await read("kept.json")).toMatchObject({ health: document, target: "local" });
  await fs.writeFile(path.join(dir, "other.json"), "{}");
  await expect(read("other.json")).rejects.toThrow("other.json has");
});
