import type { Deployment } from "../target.ts";
import type { Version, WorkerHosts } from "./answers.ts";
import { versionNote } from "./notes.ts";

/** Where a Worker and its versions answer. */
export interface Hosts {
  /** The workers.dev address; null when there is none. */
  url: string | null;
  isEnabled: boolean;
  hasPreviews: boolean;
  /** Of every preview's host, like -app.acme.workers.dev. */
  previewSuffix: string;
}

export function hostsOf({
  enabled,
  previews_enabled: hasPreviews,
  url,
  preview_url_suffix: suffix,
}: WorkerHosts): Hosts {
  return {
    url: url ?? null,
    isEnabled: enabled,
    hasPreviews: hasPreviews && suffix !== undefined,
    previewSuffix: suffix ?? "",
  };
}

/** A version under its own preview host. Its health document says the version's id, its tag what it was built from. */
export function deploymentOf({ id, createdAt, tag, message }: Version, hosts: Hosts): Deployment {
  const note = versionNote(message);
  return {
    id,
    ...previewOf(id, hosts),
    buildId: id,
    builtFrom: note === null ? id : (tag ?? id),
    isForeign: note === null,
    createdAt: new Date(createdAt).toISOString(),
    environment: note?.environment ?? "production",
    knownGood: note?.knownGood ?? null,
  };
}

/** Only a rehearsal is on loopback, where a preview is told apart by its host header alone. */
function previewOf(id: string, { url, hasPreviews, previewSuffix }: Hosts): Pick<Deployment, "url" | "requestHeaders"> {
  const host = `${id.slice(0, 8)}${previewSuffix}`;
  if (!hasPreviews) return { url: url ?? "", requestHeaders: {} };
  if (url !== null && new URL(url).hostname === "127.0.0.1") return { url, requestHeaders: { host } };
  return { url: `https://${host}`, requestHeaders: {} };
}
