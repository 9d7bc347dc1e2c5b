// The emulated Cloudflare, driven by the real wrangler; what it does behind the API's back is asked for directly.
import http, { type IncomingMessage } from "node:http";
import path from "node:path";
import { expect, it } from "vitest";
import { REHEARSAL_ACCOUNT, type CloudflareApi } from "../../src/rehearse/cloudflare-api/cloudflare-api.ts";
import { writeTree } from "../temp.ts";
import { makeWrangler, startApi } from "./wrangler.ts";

const SLOW_MS = 120_000;

const worker = `export default {
  fetch: (request, env) =>
    Response.json({ id: env.CF_VERSION_METADATA.id, path: new URL(request.url).pathname, secret: env.KEY?.length ?? null }),
};
`;
const config = {
  name: "app",
  main: "worker.js",
  no_bundle: true,
  compatibility_date: "2026-09-01",
  compatibility_flags: ["nodejs_compat"],
  version_metadata: { binding: "CF_VERSION_METADATA" },
  assets: { directory: "./assets", run_worker_first: ["/api/*"] },
  workers_dev: true,
  preview_urls: true,
  secrets: { required: ["KEY"] },
  triggers: { crons: ["*/5 * * * *"] },
  send_metrics: false,
};
const placeholder = { ...config, assets: undefined, secrets: undefined, triggers: undefined, main: "empty.js" };

interface Answer {
  status: number;
  id: string | undefined;
  text: string;
}

/** Not by fetch, which sends no other `host` than that of its address. */
async function ask(api: CloudflareApi, headers: Record<string, string> = {}, at = "/api/x"): Promise<Answer> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    http.get(`${api.productionUrl}${at}`, { headers }, resolve).once("error", reject);
  });
  let text = "";
  for await (const chunk of response) text += String(chunk);
  return { status: response.statusCode ?? 0, id: /"id":"([^"]+)"/.exec(text)?.[1], text };
}

const override = (id: string) => ({ "cloudflare-workers-version-overrides": `app="${id}"` });

it("takes a Worker from its placeholder to a split of the traffic", { timeout: SLOW_MS }, async () => {
  const api = await startApi();
  const { dir, run } = await makeWrangler(api);
  await writeTree(dir, {
    "worker.js": worker,
    "empty.js": `export default { fetch: () => new Response("nothing yet", { status: 503 }) };\n`,
    "assets/a.css": "body{}",
    "wrangler.json": JSON.stringify(config),
    "placeholder.json": JSON.stringify(placeholder),
    "../secrets.json": JSON.stringify({ KEY: "twelve chars" }),
  });
  expect(await run("deploy", "-c", "placeholder.json")).toMatchObject({ code: 0 });
  const old = api.production?.id ?? "";
  expect(await ask(api)).toMatchObject({ status: 503, text: "nothing yet" });

  const secrets = path.join(dir, "../secrets.json");
  const upload = await run("versions", "upload", "--secrets-file", secrets, "--tag", "b1", "--message", "why");
  expect(upload, upload.stderr).toMatchObject({ code: 0 });
  const made = api.workers[0]?.versions[0];
  expect(made?.annotations).toMatchObject({ "workers/tag": "b1", "workers/message": "why" });
  const id = made?.id ?? "";
  // Of no deployment yet: the header names it in vain, its preview host does not.
  expect(await ask(api, override(id))).toMatchObject({ status: 503 });
  const preview = { host: `${id.slice(0, 8)}-app.rehearsal.workers.dev` };
  expect(await ask(api, preview)).toMatchObject({ status: 200, id, text: expect.stringContaining('"secret":12') });
  expect(await ask(api, preview, "/a.css")).toMatchObject({ status: 200, text: "body{}" });

  expect(await run("versions", "deploy", `${id}@0`, `${old}@100`, "-y")).toMatchObject({ code: 0 });
  expect(await ask(api, override(id))).toMatchObject({ status: 200, id });
  for (let n = 0; n < 10; n += 1) expect(await ask(api)).toMatchObject({ status: 503 });

  expect(await run("versions", "deploy", `${id}@30`, `${old}@70`, "-y")).toMatchObject({ code: 0 });
  const answers = await Promise.all(Array.from({ length: 20 }, () => ask(api)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(6);

  // What is not given anew is as before, and nobody can read it back.
  expect(await run("versions", "upload")).toMatchObject({ code: 0 });
  const [third] = api.workers[0]?.versions ?? [];
  expect(third?.bindings).toContainEqual({ name: "KEY", type: "secret_text", text: "twelve chars" });
  const shown = await run("versions", "view", third?.id ?? "", "--json");
  expect(shown.stdout).toContain("KEY");
  expect(shown.stdout).not.toContain("twelve chars");

  expect(await run("triggers", "deploy")).toMatchObject({ code: 0 });
  expect(api.workers[0]?.schedules).toEqual([{ cron: "*/5 * * * *" }]);
  expect(api.unknownCalls).toEqual([]);
});

it("refuses as Cloudflare does, and loses answers where it is told to", { timeout: SLOW_MS }, async () => {
  const api = await startApi();
  const { dir, run } = await makeWrangler(api);
  const unassisted = { ...config, assets: undefined };
  await writeTree(dir, { "worker.js": worker, "wrangler.json": JSON.stringify(unassisted) });
  await writeTree(dir, {
    "empty.js": "export default { fetch: () => new Response() };\n",
    "placeholder.json": JSON.stringify(placeholder),
  });
  expect(await run("deploy", "-c", "placeholder.json")).toMatchObject({ code: 0 });
  const first = api.production?.id ?? "";
  const missing = await run("versions", "upload");
  expect(missing.code).toBe(1);
  expect(missing.stdout + missing.stderr).toContain("KEY");

  api.inject({ endpoint: "deployments", kind: { status: 503 }, times: 1 });
  const unanswered = await run("deployments", "status", "--json");
  expect(unanswered, unanswered.stderr).toMatchObject({ code: 1 });
  // The deployment is there, its answer is lost, and the edge never hears of it.
  api.inject({ endpoint: "createDeployment", kind: { status: 500 }, after: true, times: 1 });
  api.inject({ endpoint: "createDeployment", kind: "never-effective" });
  const whole = { strategy: "percentage", versions: [{ version_id: first, percentage: 100 }] };
  expect((await post(api, "deployments", whole)).status).toBe(500);
  expect(api.workers[0]?.deployments).toHaveLength(2);
  expect(api.unmetFaults).toEqual([]);

  const theirs = api.intrude("app", 40);
  expect(api.workers[0]?.deployments[0]?.versions).toEqual([
    { version_id: theirs, percentage: 40 },
    { version_id: first, percentage: 60 },
  ]);
  const stranger = await fetch(`${api.url}/user`, { headers: { authorization: "Bearer another" } });
  expect(stranger.status).toBe(403);
  expect(await stranger.json()).toMatchObject({ success: false, errors: [{ code: 10_000 }] });
  await post(api, "nothing-of-ours", {});
  expect(api.unknownCalls).toEqual([expect.stringMatching(/^POST .*nothing-of-ours$/)]);
});

function post(api: CloudflareApi, what: string, body: object): Promise<Response> {
  return fetch(`${api.url}/accounts/${REHEARSAL_ACCOUNT}/workers/scripts/app/${what}`, {
    method: "POST",
    headers: { authorization: "Bearer rehearsal" },
    body: JSON.stringify(body),
  });
}
