import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { buildWorker } from "../../src/build/worker/build-worker.ts";
import { readWorkerOutput } from "../../src/build/worker/read-output.ts";
import { startWorkerd, type WorkerdHost } from "../../src/host/workerd/workerd.ts";
import { smokeWorker } from "../../src/release/smoke-worker.ts";
import { tempDir, writeTree } from "../temp.ts";

const run = promisify(execFile);
const template = path.resolve("templates/app/lib");
const WRANGLER = {
  name: "app",
  main: ".cloudflare/output/worker.js",
  build: { command: "exit 1" },
  compatibility_date: "2026-10-01",
  compatibility_flags: ["nodejs_compat"],
  version_metadata: { binding: "CF_VERSION_METADATA" },
};
const HEALTH =
  'export default { fetch: () => Response.json({ version: 1, status: "ok", buildId: process.env.EDGE_AI_BUILD_ID }) };';

/** A project with the template's Worker code and these files. */
async function project(files: Record<string, string>): Promise<string> {
  const dir = await tempDir("edge-ai worker ü");
  await writeTree(dir, {
    "package.json": '{"type":"module","engines":{"node":"24.x"}}',
    "wrangler.jsonc": `// ours\n${JSON.stringify(WRANGLER)}`,
    "api/health.ts": HEALTH,
    ...files,
  });
  await fs.mkdir(path.join(dir, "lib"), { recursive: true });
  for (const name of ["worker.ts", "platform.ts", "platform.cloudflare.ts"]) {
    await fs.copyFile(path.join(template, name), path.join(dir, "lib", name));
  }
  await fs.mkdir(path.join(dir, "node_modules"), { recursive: true });
  for (const name of ["esbuild", "wrangler"]) {
    await fs.symlink(path.resolve("node_modules", name), path.join(dir, "node_modules", name), "dir");
  }
  return dir;
}

async function serving<T>(dir: string, use: (worker: WorkerdHost) => Promise<T>): Promise<T> {
  const { outputDir } = await buildWorker(dir);
  const worker = await startWorkerd({
    ...(await readWorkerOutput(outputDir)),
    vars: { GREETING: "hello" },
    versionId: null,
    miniflareFrom: dir,
    port: 0,
    onLog: () => {},
  });
  return use(worker).finally(() => worker.close());
}

describe("buildWorker", () => {
  it("writes one module, the files and a wrangler.json that the real wrangler takes", async () => {
    const dir = await project({ "public/index.html": "<h1>hi</h1>", "public/page.js": "//" });
    const report = await buildWorker(dir);
    expect(report).toMatchObject({ version: 1, target: "cloudflare", static: { files: 2, bytes: 13 }, warnings: [] });
    expect(report.buildId).toMatch(/^[0-9a-f]{16}$/);
    const code = await fs.readFile(path.join(report.outputDir, "worker.js"), "utf8");
    expect([code.includes(report.buildId), code.includes("PLACEHOLDER")]).toEqual([true, false]);
    expect(report.worker.bytes).toBe(Buffer.byteLength(code) - report.buildId.length + PLACEHOLDER_LENGTH);
    const out = path.join(dir, "dry");
    const wrangler = path.resolve("node_modules/wrangler/bin/wrangler.js");
    const { stdout } = await run(
      path.resolve("node_modules/.bin/node"),
      [wrangler, "deploy", "--dry-run", "--outdir", out, "-c", path.join(report.outputDir, "wrangler.json")],
      {
        cwd: dir,
        env: { ...process.env, CI: "1", WRANGLER_SEND_METRICS: "false", WRANGLER_LOG_PATH: path.join(dir, "log") },
      },
    );
    expect(stdout).toContain("--dry-run: exiting now.");
    expect(await fs.readFile(path.join(out, "worker.js"), "utf8")).toBe(code);
    expect((await fs.readdir(out)).filter((name) => name !== "README.md")).toEqual(["worker.js"]);
  }, 60_000);

  it("gives the same build the same id, and another one another", async () => {
    const dir = await project({ "public/a.txt": "a" });
    const ids = [(await buildWorker(dir)).buildId, (await buildWorker(dir)).buildId];
    await fs.writeFile(path.join(dir, "public/a.txt"), "b");
    ids.push((await buildWorker(dir)).buildId);
    expect([ids[0] === ids[1], ids[1] === ids[2]]).toEqual([true, false]);
  });

  it("serves functions with [segments], rewrites, named methods and CommonJS packages that need Node.js' own", async () => {
    const dir = await project({
      "vercel.json": JSON.stringify({
        rewrites: [
          { source: "/people/:id", destination: "/api/users/:id" },
          { source: "/files/(.*)", destination: "/api/named?file=$1" },
        ],
      }),
      "api/users/[id].ts": "export function GET(request: Request) { return Response.json([request.url]); }",
      "api/named.ts": [
        'import { digest } from "old-package";',
        "export const POST = async (request: Request) => new Response(digest(await request.text()));",
        "export const GET = (request: Request) => new Response(new URL(request.url).search + process.env.GREETING);",
      ].join("\n"),
      "node_modules/old-package/package.json": '{"name":"old-package","main":"index.js"}',
      "node_modules/old-package/index.js":
        'const { createHash } = require("crypto");\nexports.digest = (text) => createHash("sha256").update(text).digest("hex").slice(0, 8);',
    });
    await serving(dir, async ({ url }) => {
      const text = async (to: string, init?: RequestInit): Promise<[number, string]> => {
        const response = await fetch(url + to, init);
        return [response.status, await response.text()];
      };
      expect(await text("/api/users/7?a=1")).toEqual([200, JSON.stringify([`${url}/api/users/7?a=1&id=7`])]);
      expect(await text("/people/7")).toEqual([200, expect.stringContaining("/people/7?id=7")]);
      expect(await text("/files/a.txt?x=1")).toEqual([200, "?x=1&file=a.txthello"]);
      expect(await text("/api/named", { method: "POST", body: "abc" })).toEqual([200, "ba7816bf"]);
      expect((await text("/api/named", { method: "DELETE" }))[0]).toBe(405);
      expect((await text("/api/named", { method: "HEAD" }))[0]).toBe(200);
      expect((await text("/elsewhere"))[0]).toBe(404);
    });
  });

  it("warns of what vercel.json says and a Worker cannot do", async () => {
    const dir = await project({
      "vercel.json": JSON.stringify({
        headers: [{ source: "/(.*)", headers: [{ key: "x", value: "y" }] }],
        redirects: [{ source: "/old", destination: "/new" }],
        rewrites: [{ source: "/docs", destination: "/index.html" }],
        regions: ["fra1"],
        functions: { "api/health.ts": { includeFiles: "data/**" } },
        crons: [{ path: "/api/health", schedule: "0 5 * * 1" }],
      }),
      "wrangler.jsonc": JSON.stringify({ ...WRANGLER, triggers: { crons: ["0 5 * * MON", "1 1 1 1 *"] } }),
    });
    const { warnings, outputDir } = await buildWorker(dir);
    expect(warnings).toEqual([
      expect.stringContaining("/docs is not rewritten to /index.html"),
      expect.stringContaining("public/_headers"),
      expect.stringContaining("public/_redirects"),
      expect.stringContaining("regions does nothing on Workers"),
      expect.stringContaining("no includeFiles of api/health.ts"),
      expect.stringContaining('"1 1 1 1 *" calls nothing'),
    ]);
    const config = JSON.parse(await fs.readFile(path.join(outputDir, "wrangler.json"), "utf8"));
    expect(config).toMatchObject({ main: "worker.js", no_bundle: true, triggers: { crons: ["0 5 * * MON"] } });
    expect(config).not.toHaveProperty("build");
  });

  const LOCAL = { version: 1, name: "app", task: "embeddings", mode: "local", latencyBudgetMs: 100 };
  it.each([
    ["no wrangler.jsonc", { "wrangler.jsonc": "" }, "BAD_CONFIG", /wrangler\.jsonc/],
    ["a wrangler.jsonc without a date", { "wrangler.jsonc": '{"name":"x"}' }, "BAD_CONFIG", /compatibility_date/],
    [
      "a model in the function",
      { "edge-ai.json": JSON.stringify({ ...LOCAL, model: { id: "use-lite", path: "models/use-lite" } }) },
      "BUILD_FAILED",
      /use-lite runs in the function/,
    ],
    [
      "native code",
      {
        "api/native.ts": 'import "addon"; export default { fetch: () => new Response("") };',
        "node_modules/addon/package.json": '{"name":"addon","main":"index.js","gypfile":true}',
        "node_modules/addon/index.js": "",
      },
      "BUILD_FAILED",
      /native code, and this app uses addon/,
    ],
    [
      "a file with native code",
      { "api/native.ts": 'import "../x.node"; export default { fetch: () => new Response("") };', "x.node": "" },
      "BUILD_FAILED",
      /x\.node/,
    ],
    ["code that cannot be bundled", { "api/bad.ts": 'import "./none.ts";' }, "BUILD_FAILED", /api\/bad\.ts:1/],
    [
      "more than 64 MiB",
      { "api/big.ts": `const x = "${"x".repeat(67_200_000)}"; export default { fetch: () => new Response(x) };` },
      "TOO_LARGE",
      /67108864: the project/,
    ],
  ])("refuses %s, says what to do, and leaves the older output", async (_what, files, code, message) => {
    const dir = await project({});
    const before = await buildWorker(dir);
    await writeTree(dir, files);
    if ("wrangler.jsonc" in files && files["wrangler.jsonc"] === "") await fs.rm(path.join(dir, "wrangler.jsonc"));
    await expect(buildWorker(dir)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    expect(await fs.readdir(before.outputDir)).toEqual(["assets", "worker.js", "wrangler.json"]);
    expect(await fs.readdir(path.dirname(before.outputDir))).toEqual(["output"]);
  });
});
const PLACEHOLDER_LENGTH = "EDGE_AI_BUILD_ID_PLACEHOLDER_4c1b".length;

describe("smokeWorker", () => {
  const signal = new AbortController().signal;

  it("passes a Worker that says its build id", async () => {
    const dir = await project({});
    expect(await smokeWorker(dir, await buildWorker(dir), signal)).toBeNull();
  });

  it("refuses one that says another", async () => {
    const dir = await project({});
    const built = await buildWorker(dir);
    const refusal = await smokeWorker(dir, { ...built, buildId: "0123456789abcdef" }, signal);
    expect(refusal).toMatchObject({ message: expect.stringContaining("0123456789abcdef") });
  });

  it.each([
    ["a timer while it loads", "setTimeout(() => {}, 1);", /setting a timeout/],
    ["a handler that only Node.js can call", "", /api\/old: a Worker needs/],
  ])("refuses one with %s, in workerd's words and without its secrets", async (_what, code, message) => {
    const SECRET = "value-of-the-secret-4711";
    const dir = await project({
      "api/old.ts": `console.log(process.env.API_KEY); ${code} export default (req: unknown, res: unknown) => {};`,
      ".env.local": `API_KEY=${SECRET}`,
    });
    const refusal = await smokeWorker(dir, await buildWorker(dir), signal);
    expect(refusal).toMatchObject({ cause: "function-failed", message: expect.stringMatching(message) });
    expect(JSON.stringify(refusal)).not.toContain(SECRET);
  });
});
