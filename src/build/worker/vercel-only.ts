import type { FunctionSource } from "../functions.ts";
import type { VercelJson } from "../vercel-json.ts";

/** What vercel.json can say and a Worker cannot do, and what to do instead. */
const KEYS: Readonly<Record<string, string>> = {
  headers: "write headers of files into public/_headers, and set those of functions in the functions",
  redirects: "write them into public/_redirects",
  cleanUrls: "set assets.html_handling in wrangler.jsonc",
  trailingSlash: "set assets.html_handling in wrangler.jsonc",
  regions: "a Worker runs where its caller is; placement.mode in wrangler.jsonc brings it near its database",
  functionFailoverRegions: "a Worker runs everywhere",
};

const FUNCTION_KEYS: Readonly<Record<string, string>> = {
  maxDuration: "a Worker has no limit of time, but of CPU: limits.cpu_ms in wrangler.jsonc",
  regions: "a Worker runs where its caller is",
  functionFailoverRegions: "a Worker runs everywhere",
  includeFiles: "a Worker has no files: import what it needs, or put it into public/",
  excludeFiles: "a Worker has no files",
  architecture: "a Worker has no native code",
  maxConcurrency: "the option queue bounds how much is done at a time: edge-ai add queue",
};
/** Written into every vercel.json by the scaffold, and without harm where it means nothing. */
const EXPECTED = new Set(["maxDuration", "supportsCancellation"]);

/** A sentence for each setting of vercel.json that does nothing on Workers. Pure. */
export function vercelOnlyWarnings(vercelJson: VercelJson, functions: readonly FunctionSource[]): string[] {
  const settings = Object.entries(KEYS).filter(([key]) => isSet(Reflect.get(vercelJson, key)));
  const ofFunctions = Object.entries(FUNCTION_KEYS).flatMap(([key, instead]) => {
    const files = functions.filter((each) => isSet(Reflect.get(each.settings, key))).map(({ file }) => file);
    return files.length === 0 || EXPECTED.has(key) ? [] : [`${key} of ${files.join(", ")}: ${instead}`];
  });
  const elsewhere = (vercelJson.rewrites ?? []).filter(({ destination }) => !destination.startsWith("/api/"));
  return [
    ...elsewhere.map(
      ({ source, destination }) =>
        `vercel.json: on Workers ${source} is not rewritten to ${destination}, which is no function: write it into public/_redirects`,
    ),
    ...settings.map(([key, instead]) => `vercel.json: ${key} does nothing on Workers: ${instead}`),
    ...ofFunctions.map((text) => `vercel.json: on Workers there is no ${text}`),
  ];
}

function isSet(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}
