// The checks that are about Cloudflare alone. What the Worker there has is asked of nobody here: no token.
import { beforeEach, describe, expect, it } from "vitest";
import { workersCheck, wranglerCheck } from "../../../src/release/preflight/cloudflare.ts";
import { openProject } from "../../../src/release/preflight.ts";
import { tempDir, writeTree } from "../../temp.ts";
import { config, io } from "./preflight-project.ts";

const NOW = new Date("2026-11-23T12:00:00Z");
const wranglerJson = {
  name: "app",
  compatibility_date: "2026-10-01",
  compatibility_flags: ["nodejs_compat"],
  version_metadata: { binding: "CF_VERSION_METADATA" },
  send_metrics: false,
};

describe("a project for Cloudflare", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await tempDir();
  });

  async function findings(files: Record<string, string>, mode = "external") {
    await writeTree(dir, { "edge-ai.json": JSON.stringify({ ...config, mode, target: "cloudflare" }), ...files });
    const project = await openProject(io(), dir, { targetName: "cloudflare" });
    return (await workersCheck(() => NOW).run(project)).map(({ level, message }) => [level, message]);
  }

  const withSettings = (change: object) =>
    findings({ "wrangler.jsonc": JSON.stringify({ ...wranglerJson, ...change }) });

  it.each<[string, object, string, RegExp]>([
    ["a date to come", { compatibility_date: "2026-11-24" }, "error", /2026-11-24 is in the future/],
    ["no nodejs_compat", { compatibility_flags: [] }, "error", /process\.env would be empty/],
    ["no version_metadata", { version_metadata: undefined }, "error", /which version it is/],
    ["metrics", { send_metrics: undefined }, "warning", /send_metrics/],
    ["a name that is none", { name: "My App" }, "error", /is a Worker's name/],
  ])("with %s has a finding", async (_, change, level, message) => {
    expect(await withSettings(change)).toEqual([[level, expect.stringMatching(message)]]);
  });

  it("as it is made has none", async () => {
    expect(await withSettings({})).toEqual([]);
  });

  it("without wrangler.jsonc is told how to get one", async () => {
    expect(await findings({})).toEqual([["error", expect.stringMatching(/there is no .*wrangler\.jsonc/)]]);
  });

  it("in mode local is refused with its limits", async () => {
    expect(await findings({}, "local")).toEqual([["error", expect.stringMatching(/128 MB of memory, 67108864 bytes/)]]);
  });

  it("takes its secrets from .env.local", async () => {
    const files = {
      "wrangler.jsonc": `{ // secrets\n"secrets": {"required": ["K"],},${JSON.stringify(wranglerJson).slice(1)}`,
    };
    expect(await findings({ ...files, ".env.local": "K=value\n" })).toEqual([]);
  });

  it("is no matter of another target", async () => {
    await writeTree(dir, { "edge-ai.json": JSON.stringify(config) });
    const project = await openProject(io(), dir, { targetName: "vercel" });
    expect(await workersCheck().run(project)).toEqual([]);
    expect(await wranglerCheck.run(project)).toEqual([]);
  });
});
