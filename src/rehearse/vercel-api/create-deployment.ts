import http from "node:http";
import * as z from "zod";
import { listen } from "../../host/listen.ts";
import { ApiError } from "./api-error.ts";
import { buildDeployment } from "./build-deployment.ts";
import { ok, readJson, type Handler } from "./call.ts";
import type { DeployedFile, Deployment, DeploymentRequest } from "./deployment.ts";
import { deploymentJson } from "./deployment-json.ts";
import { findDeployment } from "./find-deployment.ts";
import { answer } from "./front.ts";
import { isRelativePath } from "./materialise.ts";
import { newId, type Platform } from "./platform.ts";
import { findProject, type Project } from "./project.ts";

/** Each has a port and may have processes. */
const MAX_DEPLOYMENTS = 200;

const file = z.object({
  file: z.string().refine(isRelativePath, "leaves the deployment"),
  mode: z.number().int().default(0o100644),
  // The CLI lists empty folders too, without one.
  sha: z.string().optional(),
});
const strings = z.record(z.string(), z.coerce.string());
const body = z.object({
  name: z.string().optional(),
  project: z.string().optional(),
  target: z.enum(["production", "preview", "staging"]).nullish(),
  meta: strings.default({}),
  env: strings.default({}),
  autoAssignCustomDomains: z.boolean().default(true),
  files: z.array(file).max(100_000).default([]),
  /** Takes the files of another deployment: a redeploy, or what promoting a preview does. */
  deploymentId: z.string().optional(),
});

export const createDeployment: Handler = async (platform, call) => {
  const asked = await readJson(call, body);
  const source =
    asked.deploymentId === undefined ? undefined : findDeployment(platform, asked.deploymentId, call.teamId);
  const project = findProject(platform, source?.projectId ?? asked.project ?? asked.name ?? "", call.teamId);
  const files = source?.files ?? uploadedFiles(platform, asked.files);
  const deployment = await open(platform, {
    name: project.name,
    projectId: project.id,
    teamId: project.teamId,
    target: asked.target === "production" || isFirst(platform, project) ? "production" : null,
    meta: { ...source?.meta, ...asked.meta },
    env: { ...source?.env, ...asked.env },
    files,
    assignsDomains: asked.autoAssignCustomDomains,
  });
  platform.startJob(() => buildDeployment(platform, deployment));
  return ok(deploymentJson(platform, deployment));
};

/** The CLI asks first, uploads what is missing, and asks again. @throws ApiError 400 that names what is missing */
function uploadedFiles({ uploads }: Platform, asked: readonly z.infer<typeof file>[]): DeployedFile[] {
  const files = asked.flatMap(({ sha, ...rest }) => (sha === undefined ? [] : [{ ...rest, sha }]));
  const missing = new Set(files.map(({ sha }) => sha).filter((sha) => !uploads.has(sha)));
  if (missing.size > 0) throw new ApiError(400, "missing_files", "Missing files", { missing: [...missing] });
  return files;
}

/** Vercel makes a project's first deployment a production deployment, whatever was asked for. */
function isFirst({ deployments }: Platform, { id }: Project): boolean {
  return [...deployments.values()].every(({ projectId }) => projectId !== id);
}

/** Gives a deployment its id and its address, which it has before it is built. */
async function open(platform: Platform, request: DeploymentRequest): Promise<Deployment> {
  if (platform.deployments.size >= MAX_DEPLOYMENTS) {
    throw new ApiError(402, "api-deployments-free-per-day", `Resource is limited to ${MAX_DEPLOYMENTS} deployments`);
  }
  const server = http.createServer();
  const port = await listen(server, 0);
  const deployment: Deployment = {
    ...request,
    id: newId("dpl"),
    url: `127.0.0.1:${port}`,
    createdAt: platform.now(),
    server,
    readyState: "QUEUED",
    readySubstate: undefined,
    aliasAssigned: false,
    buildingAt: undefined,
    readyAt: undefined,
    error: undefined,
    host: undefined,
    infection: platform.nextInfection,
  };
  platform.nextInfection = undefined;
  server.on("request", (req, res) => void answer(platform, deployment, "deployment", req, res));
  platform.deployments.set(deployment.id, deployment);
  return deployment;
}
