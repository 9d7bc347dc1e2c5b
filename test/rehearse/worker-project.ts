// A small project for Workers: a health function, and one that is measured. Released by the built bin.
import fs from "node:fs/promises";
import path from "node:path";
import { tempDir, writeTree } from "../temp.ts";

export const SECRET = { name: "APP_TOKEN", value: "s3cret-value-of-the-rehearsal-test" };

const WORKER = `const handlerOf = (module: any) => module.default.fetch;
export function workerOf({ functions }: any) {
  const table = new Map(Object.entries(functions));
  return {
    fetch(request: Request) {
      const module = table.get(new URL(request.url).pathname);
      return module === undefined ? new Response("not found", { status: 404 }) : handlerOf(module)(request);
    },
  };
}
`;

const HEALTH = `import { env } from "cloudflare:workers";
const buildId = (env as any).CF_VERSION_METADATA?.id || process.env.EDGE_AI_BUILD_ID || "unbuilt";
export default {
  fetch: () =>
    Response.json(
      { version: 1, status: "ok", buildId, modelId: "m", mode: "external", task: "embeddings" },
      { headers: { "cache-control": "no-store" } },
    ),
};
`;

const EMBEDDINGS = `export default {
  fetch: () => Response.json({ known: process.env.${SECRET.name}?.length ?? 0, data: [{ embedding: [1, 2] }] }),
};
`;

/** A gate that takes seconds, and that a busy machine passes. */
const config = {
  version: 1,
  name: "app",
  task: "embeddings",
  mode: "external",
  target: "cloudflare",
  model: { id: "m", revision: null, path: null },
  latencyBudgetMs: 2_000,
  slo: { p95Ms: 2_000, errorRate: 0.01, throughputPerSecond: { limit: 20, level: "warn" } },
  probes: [
    {
      name: "embed",
      path: "/api/embeddings",
      method: "POST",
      body: { input: "{{n}}" },
      expect: { status: 200, json: { data: [{ embedding: "array" }] } },
    },
  ],
  targets: { cloudflare: { accountId: "ffffffffffffffffffffffffffffffff" } },
};

const wrangler = `{
  // The user's own account: it may not be asked.
  "name": "app",
  "account_id": "ffffffffffffffffffffffffffffffff",
  "main": ".cloudflare/output/worker.js",
  "no_bundle": true,
  "compatibility_date": "2026-09-01",
  "compatibility_flags": ["nodejs_compat"],
  "version_metadata": { "binding": "CF_VERSION_METADATA" },
  "assets": { "directory": "./public", "run_worker_first": ["/api/*"] },
  "workers_dev": true,
  "preview_urls": true,
  "observability": { "enabled": true },
  "secrets": { "required": ["${SECRET.name}"] },
  "send_metrics": false,
  "dependencies_instrumentation": { "enabled": false },
}
`;

/** @returns its folder, gone after the test */
export async function writeWorkerProject(more: Record<string, string> = {}): Promise<string> {
  const dir = path.join(await tempDir("edge-ai-worker-project"), "app");
  await fs.mkdir(dir);
  await writeTree(dir, {
    "edge-ai.json": JSON.stringify(config),
    "package.json": JSON.stringify({ name: "app", private: true, type: "module" }),
    "wrangler.jsonc": wrangler,
    "vercel.json": "{}",
    ".env.example": `${SECRET.name}=\n`,
    ".env.local": `${SECRET.name}=${SECRET.value}\n`,
    "lib/worker.ts": WORKER,
    "api/health.ts": HEALTH,
    "api/embeddings.ts": EMBEDDINGS,
    "public/index.html": "<h1>hello</h1>\n",
    ...more,
  });
  await fs.symlink(path.resolve("node_modules"), path.join(dir, "node_modules"), "dir");
  return dir;
}
