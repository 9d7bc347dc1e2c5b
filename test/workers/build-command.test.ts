// `edge-ai build --target cloudflare` as a user runs it.
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { runBin } from "../cli/run.ts";
import { makeApp, removeApps } from "./app.ts";

afterAll(removeApps);

const CHAT = ["--task", "chat", "--mode", "external", "--model", "llama-3.1-8b-instruct"];

describe("build --target cloudflare", () => {
  it("builds a new app without a warning, and says the same as text and as JSON", async () => {
    const dir = await makeApp(CHAT);
    const text = await runBin(["build", "--target", "cloudflare"], { cwd: dir });
    expect([text.code, text.stderr]).toEqual([0, ""]);
    const json = await runBin(["build", "--target", "cloudflare", "--json"], { cwd: dir });
    const report = JSON.parse(json.stdout);
    expect(report).toMatchObject({
      version: 1,
      target: "cloudflare",
      outputDir: path.join(dir, ".cloudflare/output"),
      warnings: [],
    });
    expect(text.stdout).toMatch(/worker\.js +0\.0\d\d MB +the project/);
    expect(text.stdout).toContain(`build id ${report.buildId}`);
  });

  it("is what build means where edge-ai.json says so", async () => {
    const dir = await makeApp([...CHAT, "--target", "cloudflare"]);
    const { stdout } = await runBin(["build", "--json"], { cwd: dir });
    expect(JSON.parse(stdout)).toMatchObject({ target: "cloudflare", outputDir: path.join(dir, ".cloudflare/output") });
    const other = await runBin(["build", "--target", "vercel", "--json"], { cwd: dir });
    expect(JSON.parse(other.stdout)).toMatchObject({ outputDir: path.join(dir, ".vercel/output") });
  });

  it("refuses an app whose model is in the function, with the alternatives and exit 2", async () => {
    const dir = await makeApp(["--task", "embeddings", "--mode", "local", "--model", "use-lite"]);
    const { code, stdout } = await runBin(["build", "--target", "cloudflare", "--json"], { cwd: dir });
    const { error } = JSON.parse(stdout);
    expect([code, error.code]).toEqual([2, "BUILD_FAILED"]);
    expect(error.hint).toMatch(/hybrid or external.*Workers AI.*wasm.*Vercel/);
  });
});
