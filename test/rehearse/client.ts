import { createHash } from "node:crypto";
import type { Deployment } from "../../src/rehearse/vercel-api/deployment.ts";
import type { VercelApi } from "../../src/rehearse/vercel-api/vercel-api.ts";
import { until } from "../unit/host/fixture.ts";

export interface Answer {
  status: number;
  headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test knows what it asked for
  body: any;
}

/** Asks the API without the CLI, for what the CLI adds nothing to. */
export async function ask(
  api: VercelApi,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const url = new URL(path, api.url);
  if (!url.searchParams.has("teamId")) url.searchParams.set("teamId", "team_rehearsal");
  const response = await fetch(url, {
    method,
    headers: { authorization: "Bearer rehearsal", ...headers },
    ...(body !== undefined && { body: body instanceof Buffer ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: await response.json() };
}

export async function createProject(api: VercelApi, name = "app"): Promise<string> {
  return (await ask(api, "POST", "/v1/projects", { name })).body.id;
}

export interface Upload {
  path: string;
  content: string;
  mode?: number;
}

const vcConfig = { runtime: "nodejs24.x", handler: "index.mjs", launcherType: "Nodejs", shouldAddHelpers: true };

/** A prebuilt release of one function. */
export function release(buildId: string, code = healthCode(buildId)): Upload[] {
  const folder = ".vercel/output/functions/api/health.func";
  return [
    { path: ".vercel/output/config.json", content: JSON.stringify({ version: 3 }) },
    { path: `${folder}/.vc-config.json`, content: JSON.stringify(vcConfig) },
    { path: `${folder}/index.mjs`, content: code },
  ];
}

function healthCode(buildId: string): string {
  return `export const GET = () => Response.json({ version: 1, status: "ok", buildId: "${buildId}" });`;
}

export function sha1(content: string): string {
  return createHash("sha1").update(content).digest("hex");
}

/** Uploads a release and waits until its build has ended. */
export async function deploy(
  api: VercelApi,
  files: Upload[],
  more: Record<string, unknown> = { target: "production", autoAssignCustomDomains: false },
): Promise<Deployment> {
  for (const { content } of files) {
    await ask(api, "POST", "/v2/files", Buffer.from(content), { "x-now-digest": sha1(content) });
  }
  const listed = files.map(({ path, content, mode = 0o100644 }) => ({ file: path, sha: sha1(content), mode }));
  const { body } = await ask(api, "POST", "/v13/deployments", { name: "app", files: listed, ...more });
  const deployment = api.deployments.find(({ id }) => id === body.id);
  if (deployment === undefined) throw new Error(`no deployment: ${JSON.stringify(body)}`);
  await until(() => deployment.readyState === "READY" || deployment.readyState === "ERROR");
  return deployment;
}

/** Promotes, and waits until production has changed. */
export async function promote(api: VercelApi, { id, projectId }: Deployment): Promise<void> {
  await ask(api, "POST", `/v10/projects/${projectId}/promote/${id}`, {});
  await until(() => api.production?.id === id);
}

/** What a release says its build is; the status where it says nothing. */
export async function buildIdAt(url: string, headers: Record<string, string> = {}): Promise<string | number> {
  const response = await fetch(`${url}/api/health`, { headers });
  if (!response.ok) return response.status;
  const document: { buildId: string } = JSON.parse(await response.text());
  return document.buildId;
}
