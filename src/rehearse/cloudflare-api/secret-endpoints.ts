import * as z from "zod";
import { ApiError } from "./api-error.ts";
import { ok, readJson, type Handler } from "./call.ts";
import type { Platform } from "./platform.ts";
import { versionJson } from "./worker-json.ts";
import { addDeployment, addVersion, findWorker, type Binding, type Version, type Worker } from "./worker.ts";

const secret = z.object({ name: z.string(), text: z.string(), type: z.literal("secret_text") });
/** JSON merge patch: null takes a secret away. */
const bulk = z.object({ secrets: z.record(z.string(), secret.nullable()) });
const latest = z.object({
  annotations: z.record(z.string(), z.string()).default({}),
  env: z.record(z.string(), z.object({ type: z.string(), text: z.string().optional() }).nullable()).default({}),
});

export const listSecrets: Handler = (platform, { param }) =>
  ok(secretsOf(findWorker(platform, param("script"))).map(({ name, type }) => ({ name, type })));

/** `wrangler secret put`: a new version with that secret, deployed at once. */
export const putSecret: Handler = async (platform, call) => {
  const { name, text, type } = await readJson(call, secret);
  changeSecrets(platform, findWorker(platform, call.param("script")), new Map([[name, text]]));
  return ok({ name, type });
};

export const bulkSecrets: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  const { secrets } = await readJson(call, bulk);
  changeSecrets(platform, worker, new Map(Object.entries(secrets).map(([name, value]) => [name, value?.text])));
  return ok({ secrets: secretsOf(worker).map(({ name, type }) => ({ name, type })) });
};

export const deleteSecret: Handler = (platform, { param }) => {
  changeSecrets(platform, findWorker(platform, param("script")), new Map([[param("secret"), undefined]]));
  return ok(null);
};

/** `wrangler versions secret put`: a new version with that secret, and no traffic moves. */
export const patchLatestVersion: Handler = async (platform, call) => {
  const worker = findWorker(platform, call.param("script"));
  const { env, annotations } = await readJson(call, latest);
  const changes = new Map(Object.entries(env).map(([name, value]) => [name, value?.text]));
  return ok(versionJson(addWith(platform, worker, newestOf(worker), changes, annotations)));
};

function secretsOf({ versions }: Worker): Binding[] {
  return (versions[0]?.bindings ?? []).filter(({ type }) => type === "secret_text");
}

/** @throws ApiError 400 code 10215 when the newest version is not what is deployed: its code would go live with the secret */
function changeSecrets(platform: Platform, worker: Worker, changes: ReadonlyMap<string, string | undefined>): void {
  const newest = newestOf(worker);
  const deployed = worker.deployments[0]?.versions ?? [];
  if (!deployed.some(({ version_id: id, percentage }) => id === newest.id && percentage === 100)) {
    throw new ApiError(400, 10215, "Secret edit failed: the latest version of your Worker isn't currently deployed.");
  }
  const version = addWith(platform, worker, newest, changes, {});
  addDeployment(platform, worker, { versions: [{ version_id: version.id, percentage: 100 }] });
}

function addWith(
  platform: Platform,
  worker: Worker,
  from: Version,
  changes: ReadonlyMap<string, string | undefined>,
  annotations: Readonly<Record<string, string>>,
): Version {
  const others = from.bindings.filter(({ name }) => !changes.has(name));
  const set = [...changes].flatMap(([name, text]) => (text === undefined ? [] : [{ name, type: "secret_text", text }]));
  return addVersion(platform, worker, { ...from, bindings: [...others, ...set], annotations });
}

function newestOf({ name, versions }: Worker): Version {
  const newest = versions[0];
  if (newest === undefined) throw new ApiError(404, 10007, `${name} has no version`);
  return newest;
}
