import * as z from "zod";
import { ApiError, notFound } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import { newId, type Platform } from "./platform.ts";
import { findProject } from "./project.ts";

/** Vercel's own limit (vercel.com/docs/environment-variables). */
const MAX_VARIABLES = 1000;

const variable = z.object({
  key: z.string().regex(/^[A-Za-z_]\w*$/),
  value: z.string().max(65_536),
  type: z.enum(["sensitive", "encrypted", "plain", "secret", "system"]).default("encrypted"),
  target: z.union([z.string().transform((target) => [target]), z.array(z.string())]).default([]),
  gitBranch: z.string().nullish(),
});
const variables = z.union([variable.transform((one) => [one]), z.array(variable)]);
const changes = variable.partial();

/** A variable of a project. Its value stays in memory and is never logged. */
export type EnvVariable = z.infer<typeof variable> & {
  id: string;
  projectId: string;
  createdAt: number;
  updatedAt: number;
};

/** A variable that a team shares among projects. Nothing is served with it here. */
export interface SharedVariable {
  key: string;
  target: readonly string[];
  projectId: readonly string[];
}

/** The values that a deployment for that target gets. */
export function envOf({ env }: Platform, projectId: string, target: string): Record<string, string> {
  const own = env.filter((each) => each.projectId === projectId && each.target.includes(target));
  return Object.fromEntries(own.map(({ key, value }) => [key, value]));
}

export const listEnv: Handler = (platform, { param, query, teamId }) => {
  const { id } = findProject(platform, param("project"), teamId);
  const target = query.get("target");
  const own = platform.env.filter((each) => each.projectId === id && (target === null || each.target.includes(target)));
  return ok({ envs: own.map(envJson) });
};

/** Variables of the team: one is shared with the projects that it names. */
export const listSharedEnv: Handler = (platform, { query, teamId }) => {
  const { id } = findProject(platform, query.get("projectId") ?? "", teamId);
  const data = platform.sharedEnv.filter(({ projectId }) => projectId.includes(id));
  return ok({ data, pagination: { count: data.length, next: null, prev: null } });
};

export const addEnv: Handler = async (platform, call) => {
  const { id: projectId } = findProject(platform, call.param("project"), call.teamId);
  const added = await readJson(call, variables);
  const upsert = call.query.get("upsert") === "true";
  for (const { key, target } of added) {
    const same = platform.env.filter((each) => each.projectId === projectId && each.key === key);
    const taken = same.filter((each) => each.target.some((name) => target.includes(name)));
    if (taken.length > 0 && !upsert) throw conflict(key, target);
    remove(platform, taken);
  }
  if (platform.env.length + added.length > MAX_VARIABLES) {
    throw new ApiError(400, "max_env_vars", `A project has at most ${MAX_VARIABLES} variables`);
  }
  const now = platform.now();
  const created = added.map((one) => ({ ...one, id: newId("env"), projectId, createdAt: now, updatedAt: now }));
  platform.env.push(...created);
  return { status: 201, body: { created: created.map(envJson), failed: [] } };
};

export const updateEnv: Handler = async (platform, call) => {
  const found = findVariable(platform, call.param("project"), call.teamId, call.param("env"));
  Object.assign(found, await readJson(call, changes), { updatedAt: platform.now() });
  return ok(envJson(found));
};

export const removeEnv: Handler = (platform, { param, teamId }) => {
  const found = findVariable(platform, param("project"), teamId, param("env"));
  remove(platform, [found]);
  return ok(envJson(found));
};

/** What `vercel pull` and `vercel env pull` write. A sensitive value is not readable, and comes empty. */
export const pullEnv: Handler = (platform, { param, teamId }) => {
  const { id } = findProject(platform, param("project"), teamId);
  const own = platform.env.filter((each) => each.projectId === id && each.target.includes(param("target")));
  return ok({ env: Object.fromEntries(own.map(({ key, value, type }) => [key, type === "sensitive" ? "" : value])) });
};

function findVariable(platform: Platform, project: string, teamId: string, envId: string): EnvVariable {
  const { id: projectId } = findProject(platform, project, teamId);
  const found = platform.env.find((each) => each.projectId === projectId && each.id === envId);
  if (found === undefined) throw notFound("The environment variable was not found");
  return found;
}

function remove({ env }: Platform, gone: readonly EnvVariable[]): void {
  for (const each of gone) env.splice(env.indexOf(each), 1);
}

function envJson({ id, key, value, type, target, gitBranch, createdAt, updatedAt }: EnvVariable) {
  const json = { id, key, type, target, gitBranch, createdAt, updatedAt };
  return type === "sensitive" ? json : { ...json, value };
}

function conflict(key: string, target: readonly string[]): ApiError {
  const where = target.join(", ");
  return new ApiError(
    403,
    "ENV_CONFLICT",
    `A variable with the name \`${key}\` already exists for the target ${where}`,
  );
}
