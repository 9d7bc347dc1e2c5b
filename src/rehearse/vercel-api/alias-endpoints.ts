import * as z from "zod";
import { notFound } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import { findDeployment } from "./find-deployment.ts";
import type { Platform } from "./platform.ts";

const newAlias = z.object({ alias: z.string().min(1).max(253) });

export const listAliases: Handler = (platform, { teamId }) => {
  const aliases = [...platform.aliases.keys()].flatMap((alias) => {
    const json = aliasJson(platform, alias, teamId);
    return json === undefined ? [] : [json];
  });
  return ok({ aliases, pagination: { count: aliases.length, next: null, prev: null } });
};

export const getAlias: Handler = (platform, { param, teamId }) => ok(findAlias(platform, param("alias"), teamId));

export const removeAlias: Handler = (platform, { param, teamId }) => {
  platform.aliases.delete(findAlias(platform, param("alias"), teamId).alias);
  return ok({ status: "SUCCESS" });
};

export const deploymentAliases: Handler = (platform, { param, teamId }) => {
  const { id } = findDeployment(platform, param("deployment"), teamId);
  const own = [...platform.aliases].filter(([, to]) => to === id);
  return ok({ aliases: own.map(([host]) => aliasJson(platform, host, teamId)) });
};

export const setAlias: Handler = async (platform, call) => {
  const { id } = findDeployment(platform, call.param("deployment"), call.teamId);
  const { alias: host } = await readJson(call, newAlias);
  const oldDeploymentId = platform.aliases.get(host) ?? null;
  platform.aliases.set(host, id);
  return ok({ uid: uidOf(host), alias: host, created: new Date(platform.now()).toISOString(), oldDeploymentId });
};

function findAlias(platform: Platform, hostOrUid: string, teamId: string) {
  const host = [...platform.aliases.keys()].find((each) => each === hostOrUid || uidOf(each) === hostOrUid);
  const found = host === undefined ? undefined : aliasJson(platform, host, teamId);
  if (found === undefined) throw notFound("The alias could not be found");
  return found;
}

function aliasJson({ aliases, deployments }: Platform, host: string, teamId: string) {
  const deployment = deployments.get(aliases.get(host) ?? "");
  if (deployment === undefined || deployment.teamId !== teamId) return undefined;
  const { id, url, projectId, createdAt } = deployment;
  return { uid: uidOf(host), alias: host, deploymentId: id, projectId, createdAt, deployment: { id, url } };
}

function uidOf(host: string): string {
  return `al_${host}`;
}
