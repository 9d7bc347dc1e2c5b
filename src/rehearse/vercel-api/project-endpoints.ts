import * as z from "zod";
import { ApiError } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import { deploymentJson } from "./deployment-json.ts";
import { newId, type Platform } from "./platform.ts";
import { findProject, productionOf, type Project } from "./project.ts";
import type { Protection } from "./protection.ts";
import { creator, teams } from "./teams.ts";

const MAX_PROJECTS = 100;

const settings = z.record(z.string(), z.unknown());
const newProject = z.looseObject({ name: z.string().regex(/^[a-z0-9._-]{1,100}$/) });

export const listProjects: Handler = (platform, { teamId }) => {
  const own = [...platform.projects.values()].filter((project) => project.teamId === teamId);
  const projects = own.map((project) => projectJson(platform, project));
  return ok({ projects, pagination: { count: projects.length, next: null, prev: null } });
};

export const getProject: Handler = (platform, { param, query, teamId }) => {
  const found = findProject(platform, param("project"), teamId);
  const json = projectJson(platform, found);
  return ok(query.get("rollbackInfo") === "true" ? { ...json, lastAliasRequest: found.lastAliasRequest } : json);
};

export const createProject: Handler = async (platform, call) => {
  const { name, ...rest } = await readJson(call, newProject);
  const { teamId } = call;
  const names = [...platform.projects.values()].filter((other) => other.teamId === teamId).map((other) => other.name);
  if (names.includes(name)) throw new ApiError(409, "conflict", `Project "${name}" already exists`);
  if (platform.projects.size >= MAX_PROJECTS) throw new ApiError(402, "too_many_projects", "Too many projects");
  const createdAt = platform.now();
  const created: Project = {
    id: newId("prj"),
    name,
    teamId,
    createdAt,
    updatedAt: createdAt,
    settings: rest,
    domains: domainsFor(platform, teamId),
    autoAssign: true,
    history: [],
    lastAliasRequest: null,
    canary: null,
  };
  platform.projects.set(created.id, created);
  return ok(projectJson(platform, created));
};

/** There is one production server. The first project of the team has it, and the others have no domain. */
function domainsFor({ projects, productionHost }: Platform, teamId: string): string[] {
  const taken = [...projects.values()].some(({ domains }) => domains.length > 0);
  return teamId === teams.rehearsal.id && !taken ? [productionHost] : [];
}

export const updateProject: Handler = async (platform, call) => {
  const found = findProject(platform, call.param("project"), call.teamId);
  found.settings = { ...found.settings, ...(await readJson(call, settings)) };
  found.updatedAt = platform.now();
  return ok(projectJson(platform, found));
};

export const projectDomains: Handler = (platform, { param, teamId }) => {
  const { id, domains } = findProject(platform, param("project"), teamId);
  const rows = domains.map((name) => ({
    name,
    apexName: name,
    projectId: id,
    redirect: null,
    redirectStatusCode: null,
    gitBranch: null,
    customEnvironmentId: null,
    verified: true,
  }));
  return ok({ domains: rows, pagination: { count: rows.length, next: null, prev: null } });
};

export const customEnvironments: Handler = (platform, { param, teamId }) => {
  findProject(platform, param("project"), teamId);
  return ok({ environments: [] });
};

/** Settings as a new project has them. The CLI copies them into `.vercel/project.json`. */
const defaults = {
  framework: null,
  nodeVersion: "24.x",
  rootDirectory: null,
  buildCommand: null,
  devCommand: null,
  installCommand: null,
  outputDirectory: null,
  directoryListing: false,
  link: null,
};

function projectJson(platform: Platform, project: Project) {
  const { protection, faults } = platform;
  const production = productionOf(platform, project);
  const secret = protection?.secret ?? null;
  const rolling = project.canary !== null || faults.willBehave("promote", "rolling-release");
  return {
    ...defaults,
    ...project.settings,
    id: project.id,
    name: project.name,
    accountId: project.teamId,
    createdAt: project.createdAt,
    updatedAt: project.updatedAt,
    autoAssignCustomDomains: project.autoAssign,
    alias: project.domains.map((domain) => ({ domain, environment: "production", target: "PRODUCTION" })),
    targets: production === undefined ? {} : { production: deploymentJson(platform, production) },
    ssoProtection: protection === null ? null : { deploymentType: protectedTypes[protection.mode] },
    ...(secret !== null && {
      protectionBypass: { [secret]: { createdAt: 1, createdBy: creator.uid, scope: "automation-bypass" } },
    }),
    ...(rolling && { rollingRelease: { target: "production", stages: [{ targetPercentage: 10 }] } }),
  };
}

/** As in https://vercel.com/docs/rest-api/projects/update-an-existing-project (2026-05-07). */
const protectedTypes = {
  standard: "prod_deployment_urls_and_all_previews",
  all: "all",
  previews: "preview",
} as const satisfies Record<Protection["mode"], string>;
