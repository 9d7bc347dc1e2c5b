import { matchPath } from "../match-path.ts";
import {
  accountSubdomain,
  getUser,
  listAccounts,
  listMemberships,
  listNothing,
  verifyToken,
} from "./account-endpoints.ts";
import { openAssetsSession, uploadAssets } from "./asset-store.ts";
import type { Handler } from "./call.ts";
import { createDeployment, listDeployments } from "./deployment-endpoints.ts";
import { endpointNames, type EndpointName } from "./endpoint-names.ts";
import { bulkSecrets, deleteSecret, listSecrets, patchLatestVersion, putSecret } from "./secret-endpoints.ts";
import { getVersion, listVersions, uploadScript, uploadVersion } from "./version-endpoints.ts";
import {
  deleteService,
  getSchedules,
  getScriptSettings,
  getService,
  getSettings,
  getSubdomain,
  getWorker,
  patchScriptSettings,
  setSchedules,
  setSubdomain,
} from "./worker-endpoints.ts";

/** Under which everything is, with the version of the API. */
export const API_ROOT = "/client/v4";

interface Endpoint {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** `:name` stands for one segment. */
  path: string;
  handle: Handler;
}

export interface FoundEndpoint extends Pick<Endpoint, "handle"> {
  name: EndpointName;
  params: Readonly<Record<string, string>>;
}

const workers = "/accounts/:account/workers";
const script = `${workers}/scripts/:script`;

/** Every call of wrangler 4.150.0 that a release, and looking after it, needs. */
const endpoints = {
  verifyToken: { method: "GET", path: "/user/tokens/verify", handle: verifyToken },
  user: { method: "GET", path: "/user", handle: getUser },
  accounts: { method: "GET", path: "/accounts", handle: listAccounts },
  memberships: { method: "GET", path: "/memberships", handle: listMemberships },
  accountSubdomain: { method: "GET", path: `${workers}/subdomain`, handle: accountSubdomain },
  service: { method: "GET", path: `${workers}/services/:script`, handle: getService },
  deleteService: { method: "DELETE", path: `${workers}/services/:script`, handle: deleteService },
  worker: { method: "GET", path: `${workers}/workers/:script`, handle: getWorker },
  uploadScript: { method: "PUT", path: script, handle: uploadScript },
  uploadVersion: { method: "POST", path: `${script}/versions`, handle: uploadVersion },
  versions: { method: "GET", path: `${script}/versions`, handle: listVersions },
  version: { method: "GET", path: `${script}/versions/:version`, handle: getVersion },
  patchLatestVersion: {
    method: "PATCH",
    path: `${workers}/workers/:script/versions/latest`,
    handle: patchLatestVersion,
  },
  deployments: { method: "GET", path: `${script}/deployments`, handle: listDeployments },
  createDeployment: { method: "POST", path: `${script}/deployments`, handle: createDeployment },
  settings: { method: "GET", path: `${script}/settings`, handle: getSettings },
  scriptSettings: { method: "GET", path: `${script}/script-settings`, handle: getScriptSettings },
  patchScriptSettings: { method: "PATCH", path: `${script}/script-settings`, handle: patchScriptSettings },
  subdomain: { method: "GET", path: `${script}/subdomain`, handle: getSubdomain },
  setSubdomain: { method: "POST", path: `${script}/subdomain`, handle: setSubdomain },
  schedules: { method: "GET", path: `${script}/schedules`, handle: getSchedules },
  setSchedules: { method: "PUT", path: `${script}/schedules`, handle: setSchedules },
  secrets: { method: "GET", path: `${script}/secrets`, handle: listSecrets },
  putSecret: { method: "PUT", path: `${script}/secrets`, handle: putSecret },
  bulkSecrets: { method: "PATCH", path: `${script}/secrets-bulk`, handle: bulkSecrets },
  deleteSecret: { method: "DELETE", path: `${script}/secrets/:secret`, handle: deleteSecret },
  assetsSession: { method: "POST", path: `${script}/assets-upload-session`, handle: openAssetsSession },
  uploadAssets: { method: "POST", path: `${workers}/assets/upload`, handle: uploadAssets },
  durableObjects: { method: "GET", path: `${workers}/durable_objects/namespaces`, handle: listNothing },
  kvNamespaces: { method: "GET", path: "/accounts/:account/storage/kv/namespaces", handle: listNothing },
} as const satisfies Record<EndpointName, Endpoint>;

/** @returns undefined when no endpoint has that method and path */
export function findEndpoint(method: string, pathname: string): FoundEndpoint | undefined {
  for (const name of endpointNames) {
    const endpoint = endpoints[name];
    const params = endpoint.method === method ? matchPath(`${API_ROOT}${endpoint.path}`, pathname) : undefined;
    if (params !== undefined) return { name, handle: endpoint.handle, params };
  }
  return undefined;
}
