import type { Platform } from "./platform.ts";
import type { Binding, Version, Worker, WorkerDeployment } from "./worker.ts";

const author = { author_id: "rehearsal", author_email: "rehearsal@localhost" } as const;

/** Hosts of previews: `<first 8 of the version's id>-<Worker>.rehearsal.workers.dev`. */
export const ACCOUNT_SUBDOMAIN = "rehearsal";

/** A version as the API says it. The values of secrets never come back. */
export function versionJson({ id, number, createdOn, source, annotations, ...version }: Version) {
  const { etag, compatibilityDate, compatibilityFlags, mainModule } = version;
  return {
    id,
    number,
    metadata: { created_on: createdOn, modified_on: createdOn, source, has_preview: true, ...author },
    annotations,
    resources: {
      bindings: version.bindings.map(bindingJson),
      script: { etag, handlers: ["fetch"], last_deployed_from: source, main_module: mainModule },
      script_runtime: {
        compatibility_date: compatibilityDate,
        compatibility_flags: compatibilityFlags,
        usage_model: "standard",
      },
    },
  };
}

export function bindingJson({ name, type, text, json }: Binding) {
  return {
    name,
    type,
    ...(type === "plain_text" && { text }),
    ...(type === "json" && { json }),
  };
}

export function deploymentJson({ id, createdOn, source, annotations, versions }: WorkerDeployment) {
  return { id, created_on: createdOn, source, strategy: "percentage", annotations, versions, ...author };
}

/** Where a Worker answers: this machine's edge stands for `<name>.<account>.workers.dev`. */
export function subdomainJson({ productionUrl }: Platform, { name, subdomain }: Worker) {
  return { ...subdomain, url: productionUrl, preview_url_suffix: `-${name}.${ACCOUNT_SUBDOMAIN}.workers.dev` };
}
