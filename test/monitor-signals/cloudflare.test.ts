// What Cloudflare's GraphQL API is asked, and what becomes of its answers: a real server that answers as it is documented.
import http from "node:http";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseConfig } from "../../src/config/read.ts";
import { listen } from "../../src/host/listen.ts";
import { platformSignals } from "../../src/monitor/signals/platform-signals.ts";
import { ioOf } from "../models/io.ts";
import { tempDir, writeTree } from "../temp.ts";
import { CONFIG } from "./on-vercel.ts";

const TOKEN = "tokenOfTheAnalytics1";

interface Asked {
  authorization: string | undefined;
  body: { query: string; variables: Record<string, string> };
}

async function serve(answer: { status?: number; body: string }): Promise<{ base: string; asked: Asked[] }> {
  const asked: Asked[] = [];
  const server = http.createServer((req, res) => {
    let text = "";
    req.on("data", (piece: Buffer) => (text += piece.toString()));
    req.on("end", () => {
      asked.push({ authorization: req.headers.authorization, body: JSON.parse(text) as Asked["body"] });
      res.writeHead(req.url === "/client/v4/graphql" ? (answer.status ?? 200) : 404).end(answer.body);
    });
  });
  const port = await listen(server, 0);
  onTestFinished(() => void server.close());
  return { base: `http://127.0.0.1:${port}/client/v4`, asked };
}

const rows = (...sums: object[]) =>
  JSON.stringify({
    data: { viewer: { accounts: [{ workersInvocationsAdaptive: sums.map((sum) => ({ sum })) }] } },
    errors: null,
  });

async function signals(env: Record<string, string>, files: Record<string, string> = {}) {
  const projectDir = await tempDir();
  await writeTree(projectDir, files);
  const config = parseConfig(CONFIG);
  return platformSignals({ io: ioOf(projectDir, env), projectDir, config, targetName: "cloudflare" })(900_000);
}

describe("Cloudflare's analytics", () => {
  it("are asked about the Worker, and give the share of its errors", async () => {
    const { base, asked } = await serve({ body: rows({ requests: 30, errors: 3 }, { requests: 70, errors: 2 }) });
    const env = { CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_API_BASE_URL: base };
    const wrangler = { name: "my-worker", account_id: "an-account", compatibility_date: "2026-09-01" };
    const [errorRate, ...others] = await signals(env, { "wrangler.jsonc": `// ours\n${JSON.stringify(wrangler)}` });
    expect(errorRate).toMatchObject({ metric: "errorRate", value: 0.05, samples: 100, source: "platform" });
    expect(others.map(({ metric, value, missing }) => [metric, value, missing !== undefined])).toEqual([
      ["p95Ms", null, true],
      ["p99Ms", null, true],
      ["monthlyCostUsd", null, true],
    ]);
    expect(asked).toMatchObject([
      { authorization: `Bearer ${TOKEN}`, body: { variables: { accountTag: "an-account", scriptName: "my-worker" } } },
    ]);
    const { datetimeStart = "", datetimeEnd = "" } = asked[0]?.body.variables ?? {};
    expect(Date.parse(datetimeEnd) - Date.parse(datetimeStart)).toBe(900_000);
  });

  it.each([
    ["no request", { body: rows() }, "no request reached the Worker"],
    [
      "a query that is refused, with 200",
      { body: '{"data":null,"errors":[{"message":"not authorized"}]}' },
      "not authorized",
    ],
    ["a server error", { status: 503, body: "" }, "answered 503"],
    ["another document", { body: '{"data":{"viewer":{}}}' }, "cannot be understood"],
    ["no JSON", { body: "<html>" }, "cannot be reached or read"],
  ])("are missing: %s", async (_what, answer, why) => {
    const { base } = await serve(answer);
    const env = { CLOUDFLARE_API_TOKEN: TOKEN, CLOUDFLARE_ACCOUNT_ID: "a", CLOUDFLARE_API_BASE_URL: base };
    const [errorRate] = await signals(env);
    expect(errorRate).toMatchObject({ value: null, missing: expect.stringContaining(why) });
    expect(JSON.stringify(errorRate)).not.toContain(TOKEN);
  });

  it.each([
    ["CLOUDFLARE_API_TOKEN", {}],
    ["CLOUDFLARE_ACCOUNT_ID", { CLOUDFLARE_API_TOKEN: TOKEN }],
  ])("are not asked without %s", async (name, env) => {
    const [errorRate] = await signals(env);
    expect(errorRate).toMatchObject({ value: null, missing: expect.stringContaining(name) });
  });
});

describe("the local target", () => {
  it("has nothing to say", async () => {
    const projectDir = await tempDir();
    const read = platformSignals({
      io: ioOf(projectDir),
      projectDir,
      config: parseConfig(CONFIG),
      targetName: "local",
    });
    expect(await read(1)).toEqual([]);
  });
});
