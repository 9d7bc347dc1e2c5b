import { ApiError } from "./api-error.ts";
import { ok, type Handler } from "./call.ts";
import { readUpload } from "./read-upload.ts";
import { versionJson } from "./worker-json.ts";
import { addDeployment, addVersion, findWorker, makeWorker, type Version, type Worker } from "./worker.ts";

/** A version can be deployed while it is among the last hundred: developers.cloudflare.com/workers/configuration/versions-and-deployments/rollbacks. */
const MAX_DEPLOYABLE = 100;
/** What the real one says of a small Worker. */
const STARTUP_MS = 12;

/** `wrangler deploy` of a Worker that is not there, or was never released in versions. */
export const uploadScript: Handler = async (platform, call) => {
  const name = call.param("script");
  const existing = platform.workers.get(name);
  const upload = await readUpload(call, platform.assets, existing);
  const worker = existing ?? makeWorker(platform, name);
  const version = addVersion(platform, worker, upload);
  addDeployment(platform, worker, { versions: [{ version_id: version.id, percentage: 100 }] });
  return ok({
    id: name,
    etag: version.etag,
    deployment_id: version.id.replaceAll("-", ""),
    startup_time_ms: STARTUP_MS,
  });
};

/** `wrangler versions upload`, and `wrangler deploy` of a Worker that is there: no traffic moves. */
export const uploadVersion: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  const upload = await readUpload(call, platform.assets, worker);
  return ok({ ...versionJson(addVersion(platform, worker, upload)), startup_time_ms: STARTUP_MS });
};

export const listVersions: Handler = (platform, { param, query }) => {
  const { versions } = findWorker(platform, param("script"));
  const shown = query.get("deployable") === "true" ? versions.slice(0, MAX_DEPLOYABLE) : versions;
  return ok({ items: shown.map(versionJson) });
};

export const getVersion: Handler = (platform, { param }) =>
  ok(versionJson(findVersion(findWorker(platform, param("script")), param("version"))));

/** @throws ApiError 404; the code is from memory */
export function findVersion({ versions }: Worker, id: string): Version {
  const found = versions.find((version) => version.id === id);
  if (found === undefined) throw new ApiError(404, 100146, `Version ${id} was not found`);
  return found;
}
