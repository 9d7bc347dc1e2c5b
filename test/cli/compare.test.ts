import { describe, expect, test } from "vitest";
import { planModel } from "../../src/plan/plan.ts";
import { lastCheckFile, lastCheckText } from "../../src/health/last-check.ts";
import { tempDir, writeTree } from "../temp.ts";
import { passing } from "../unit/health/reports/results.ts";
import { runBin } from "./run.ts";

interface Printed {
  recommendation: { platform: string; mode: string; reason: string };
  platforms: object[];
  thisApp: { id: string; cells: Record<string, { kind: string; figures: { value: number; unit: string }[] }> }[];
  explained?: { value: number; unit: string; inputs: object[] }[];
}

const config = {
  version: 1,
  name: "app",
  task: "embeddings",
  mode: "local",
  target: "vercel",
  model: { id: "use-lite" },
  latencyBudgetMs: 300,
};

describe("edge-ai compare", () => {
  test("text: the recommendation on the first line, all on stdout", async () => {
    const { code, stdout, stderr } = await runBin(["compare", "use-lite"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/^Vercel, in local mode — embeddings with use-lite/);
    expect(stdout).toMatch(/^cities\s+126 .*337/m);
  });

  test("JSON: one document, with the planner's platform and every number explained", async () => {
    const args = [
      "compare",
      "gpt-4o-mini",
      "--regions",
      "global",
      "--monthly-requests",
      "100000",
      "--json",
      "--explain",
    ];
    const { code, stdout } = await runBin(args);
    const document = JSON.parse(stdout) as Printed;
    const plan = planModel({ model: "gpt-4o-mini", regions: ["global"] });
    expect(code).toBe(0);
    expect(document).toMatchObject({
      version: 1,
      recommendation: { platform: plan.platform, mode: plan.mode, reason: plan.platformReason, rule: "platform" },
    });
    expect(plan.platform).toBe("cloudflare");
    const figures = document.thisApp.flatMap(({ cells }) => Object.values(cells).flatMap((cell) => cell.figures));
    expect(figures.length).toBeGreaterThan(2);
    for (const { value, unit } of figures) {
      expect(document.explained?.find((each) => each.value === value && each.unit === unit)?.inputs).not.toEqual([]);
    }
    const price = document.thisApp.find(({ id }) => id === "price");
    expect(price?.cells).toMatchObject({ vercel: { kind: "planned" }, cloudflare: { kind: "planned" } });
  });

  test("Markdown has both tables", async () => {
    const { code, stdout } = await runBin(["compare", "use-lite", "--markdown"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/\| \s*\| Vercel \| Cloudflare Workers \|/);
    expect(stdout).toContain("| template | Vercel | Cloudflare Workers |");
  });

  test("a project: its target is in question, what it measured is shown", async () => {
    const dir = await tempDir();
    const kept = lastCheckText("cloudflare", passing().document, new Date("2026-11-20T10:00:00Z"));
    await writeTree(dir, {
      "edge-ai.json": JSON.stringify({ ...config, target: "cloudflare" }),
      [lastCheckFile("cloudflare")]: kept,
    });
    const { code, stdout } = await runBin(["compare", "--json"], { cwd: dir });
    const document = JSON.parse(stdout) as Printed;
    expect(code).toBe(0);
    expect(document.recommendation).toMatchObject({ platform: "vercel", mode: "local" });
    const p95 = document.thisApp.find(({ id }) => id === "measured-p95");
    expect(p95?.cells).toMatchObject({
      vercel: { kind: "unknown", figures: [] },
      cloudflare: { kind: "measured by you", figures: [{ value: passing().document.measurement.latencyMs.p95 }] },
    });
  });

  test("nothing fits on either: exit 1", async () => {
    const { code, stdout } = await runBin(["compare", "use-lite", "--mode", "local", "--latency-budget", "1ms"]);
    expect(code).toBe(1);
    expect(stdout).toMatch(/^neither: nothing fits what was asked/);
  });

  test.each([
    [["use-lite", "--regions", "mars1"], "USAGE", 'Vercel has no region "mars1"'],
    [["use-lite", "--model", "bert-base"], "USAGE", "two models"],
    [["lama-3.2", "--offline"], "UNKNOWN_MODEL", "lama-3.2"],
  ])("%j cannot be answered: exit 2", async (args, error, message) => {
    const { code, stdout } = await runBin(["compare", ...args, "--json"]);
    expect(code).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      error: { code: error, message: expect.stringContaining(message) },
    });
  });

  test("a kept check that somebody spoilt: exit 2 and its name", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "edge-ai.json": JSON.stringify(config), [lastCheckFile("vercel")]: "{" });
    const { code, stderr } = await runBin(["compare"], { cwd: dir });
    expect(code).toBe(2);
    expect(stderr).toContain(".edge-ai/health/vercel.json is not valid JSON");
  });
});
