import * as z from "zod";
import { noWorker } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import { bindingJson, subdomainJson } from "./worker-json.ts";
import { findWorker } from "./worker.ts";

const subdomain = z.object({ enabled: z.boolean(), previews_enabled: z.boolean().optional() });
const schedules = z.array(z.object({ cron: z.string() }));
const settings = z.record(z.string(), z.unknown());

export const getService: Handler = (platform, { param }) => {
  const { name, createdOn, settings: own, versions } = findWorker(platform, param("script"));
  const script = {
    id: name,
    tag: name,
    tags: own["tags"] ?? null,
    created_on: createdOn,
    modified_on: versions[0]?.createdOn ?? createdOn,
    last_deployed_from: versions[0]?.source ?? "wrangler",
  };
  return ok({ id: name, default_environment: { environment: "production", script } });
};

export const deleteService: Handler = ({ workers }, { param }) => {
  if (!workers.delete(param("script"))) throw noWorker();
  return ok(null);
};

export const getWorker: Handler = (platform, { param }) => {
  const worker = findWorker(platform, param("script"));
  return ok({ id: worker.id, name: worker.name, subdomain: subdomainJson(platform, worker) });
};

export const getSubdomain: Handler = (platform, { param }) => {
  const { enabled, previews_enabled } = findWorker(platform, param("script")).subdomain;
  return ok({ enabled, previews_enabled });
};

export const setSubdomain: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  const asked = await readJson(call, subdomain);
  worker.subdomain = { enabled: asked.enabled, previews_enabled: asked.previews_enabled ?? asked.enabled };
  return ok(subdomainJson(platform, worker));
};

export const getSchedules: Handler = (platform, { param }) =>
  ok({ schedules: findWorker(platform, param("script")).schedules });

export const setSchedules: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  worker.schedules = await readJson(call, schedules);
  return ok({ schedules: worker.schedules });
};

/** What is of no version: observability, tags, … */
export const getScriptSettings: Handler = (platform, { param }) => ok(findWorker(platform, param("script")).settings);

export const patchScriptSettings: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  Object.assign(worker.settings, await readJson(call, settings));
  return ok(worker.settings);
};

export const getSettings: Handler = (platform, { param }) => {
  const { versions, settings: own } = findWorker(platform, param("script"));
  return ok({ ...own, usage_model: "standard", bindings: (versions[0]?.bindings ?? []).map(bindingJson) });
};
