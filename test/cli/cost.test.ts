import { describe, expect, test } from "vitest";
import { runBin } from "./run.ts";

async function costJson(...args: string[]) {
  const run = await runBin(["cost", ...args, "--json"]);
  return { ...run, document: JSON.parse(run.stdout) as unknown };
}

describe("edge-ai cost", () => {
  test("JSON: the planned mode first, at three sizes, with lines that add up", async () => {
    const { code, document } = await costJson("use-lite", "--monthly-requests", "1000000");
    expect(code).toBe(0);
    const lines = expect.arrayContaining([
      { item: "base fee", usd: 20 },
      { item: "invocations", usd: 0.6 },
    ]);
    expect(document).toMatchObject({
      version: 1,
      task: "embeddings",
      mode: "local",
      requestsPerMonth: [100_000, 1_000_000, 10_000_000],
      budget: null,
      endpoints: expect.arrayContaining([expect.objectContaining({ name: "l4", usdPerHour: 0.8 })]),
    });
    expect(document).toHaveProperty(["options", 0], expect.objectContaining({ planned: true, platform: "vercel" }));
    expect(document).toHaveProperty(
      ["options", 0, "months", 1],
      expect.objectContaining({ requests: 1_000_000, usd: 20, lines }),
    );
    expect(document).toHaveProperty(["options", 1, "months"], null);
    expect(document).not.toHaveProperty("explained");
  });

  test("every flag is used", async () => {
    const load = ["--monthly-requests", "100000", "--rps", "2", "--concurrency", "10", "--regions", "gru1"];
    const size = ["--tokens-in", "1000", "--tokens-out", "200", "--memory", "4096", "--transfer-bytes", "1MB"];
    const { code, document } = await costJson(
      "Mistral-7B",
      ...load,
      ...size,
      "--endpoint",
      "a10g",
      "--provider-model",
      "openai:gpt-5-mini",
    );
    expect(code).toBe(0);
    expect(document).toMatchObject({
      mode: "hybrid",
      regions: ["gru1"],
      workload: { tokensIn: 1_000, tokensOut: 200, concurrency: 10 },
    });
    const [hybrid, , external] = (
      document as { options: { months: { supply: string; usd: number; lines: unknown[] }[] }[] }
    ).options;
    expect(hybrid?.months[1]?.supply).toContain("a10g");
    // 2 × 7.25 G × 1,000 / (70 T × 0.3) + 200 × 14.5 GB / 600 GB/s / 16 = 0.99 s of GPU, twice a second: two at $1 an hour.
    expect(hybrid?.months[1]?.lines).toContainEqual({ item: "endpoint hours", usd: 1_440 });
    // 100,000 × (1,000 × $0.25 + 200 × $2) / 1,000,000.
    expect(external?.months[1]?.lines).toContainEqual({ item: "tokens", usd: 65 });
    // 100,000 × 1.005 MB at the dearest origin rate.
    expect(external?.months[1]?.lines).toContainEqual({ item: "origin transfer", usd: 43.22 });
  });

  test.each([
    [["use-lite", "--budget", "500"], 0, "✓ $20.00 a month at 100,000 requests is within the budget of $500.00"],
    [["use-lite", "--budget", "20"], 0, "✓ $20.00 a month at 100,000 requests is within the budget of $20.00"],
    [
      ["use-lite", "--budget", "19"],
      1,
      "✗ $20.00 a month at 100,000 requests is over the budget of $19.00; within it:",
    ],
    [["Mistral-7B", "--mode", "hybrid", "--endpoint", "l4", "--budget", "500"], 1, "over the budget of $500.00"],
    // It does not fit a function: that it would be cheap there is no yes.
    [["--params", "70B", "--mode", "local", "--budget", "100000"], 1, "is within the budget of $100,000.00"],
    [["image-model-7B", "--task", "image", "--mode", "hybrid", "--budget", "500"], 1, "the plan has no price"],
  ])("%j: exit %i", async (args, exit, text) => {
    const { code, stdout } = await runBin(["cost", ...args]);
    expect(code).toBe(exit);
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(text);
  });

  test.each([
    [["use-lite", "--endpoint", "rtx"], '--endpoint cannot be "rtx"', "a10g"],
    [
      ["use-lite", "--provider-model", "nobody:knows"],
      'no price is known for --provider-model "nobody:knows"',
      "openai:gpt-5-mini",
    ],
    [["use-lite", "--budget", "-1"], '--budget cannot be "-1"', "above 0"],
    [["use-lite", "--monthly-requests", "0"], '--monthly-requests cannot be "0"', "from 1"],
  ])("%j cannot be answered: exit 2", async (args, message, hint) => {
    const { code, document, stderr } = await costJson(...args);
    expect(code).toBe(2);
    expect(document).toMatchObject({
      version: 1,
      error: { code: "USAGE", message: expect.stringContaining(message), hint: expect.stringContaining(hint) },
    });
    expect(stderr).toContain(message);
  });

  test("--explain goes down to the page that a price is from, in text and in JSON", async () => {
    const [text, json] = await Promise.all([
      runBin(["cost", "use-lite", "--explain"]),
      costJson("use-lite", "--explain"),
    ]);
    expect(text.stdout).toMatch(
      /active CPU \(local on vercel, 100000 requests\): [\d.]+ USD = CPU × rate\n.*\n +rate in iad1 = 0\.128 USD\/h: https:\/\/vercel\.com/,
    );
    expect(json.document).toHaveProperty(
      "explained",
      expect.arrayContaining([
        expect.objectContaining({ what: "month (local on vercel, 100000 requests)", value: 20 }),
      ]),
    );
  });

  test("--markdown is a table, and old prices warn", async () => {
    const { stdout, code } = await runBin(["cost", "gpt-5-mini", "--markdown"]);
    expect(code).toBe(0);
    expect(stdout).toContain(
      "| requests a month | 10,000 | 100,000 | 1,000,000 |\n| --- | --- | --- | --- |\n| base fee | $20.00 |",
    );
    expect(stdout).toContain("older than 90 days");
  });

  test("--no-third-party: nobody else hosts it", async () => {
    const { document } = await costJson("Mistral-7B", "--no-third-party");
    expect(document).toHaveProperty(["options", 0, "months", 0, "supply"], expect.stringContaining("by the hour"));
    expect(document).toHaveProperty(["options", 0, "others"], []);
  });
});
