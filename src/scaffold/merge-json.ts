import type { OptionName, RouteName } from "./parts.ts";
import { AUTHORIZATION, probeOf, rewritesOf, vercelFunctions, type ModelPlace } from "./route-config.ts";

/** An object whose keys can be read and copied: the value itself, or an empty one. */
export function asObject(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : {};
}

/** package.json with the packages that code needs, in the template's versions. What is there wins. */
export function mergeDependencies(
  manifest: Record<string, unknown>,
  template: Record<string, unknown>,
  packages: ReadonlySet<string>,
): { merged: object; added: string[] } {
  const present = asObject(manifest["dependencies"]);
  const offered = Object.entries(asObject(template["dependencies"]));
  const added = offered.filter(([name]) => packages.has(name) && !Object.hasOwn(present, name));
  if (added.length === 0) return { merged: manifest, added: [] };
  const dependencies = Object.fromEntries(
    Object.entries({ ...present, ...Object.fromEntries(added) }).toSorted(byName),
  );
  return { merged: { ...manifest, dependencies }, added: added.map(([name]) => name) };
}

function byName([a]: [string, unknown], [b]: [string, unknown]): number {
  return a < b ? -1 : 1;
}

/** vercel.json with the functions and their rewrites, which come first: the first that fits is taken. What is there wins. */
export function mergeVercelJson(
  config: Record<string, unknown>,
  chosen: readonly RouteName[],
  place: ModelPlace,
): Record<string, unknown> {
  const functions = asObject(config["functions"]);
  const rewrites: unknown[] = Array.isArray(config["rewrites"]) ? config["rewrites"] : [];
  const sources = new Set(rewrites.map((rewrite) => asObject(rewrite)["source"]));
  const fresh = rewritesOf(chosen).filter(({ source }) => !sources.has(source));
  return {
    $schema: "https://openapi.vercel.sh/vercel.json",
    fluid: true,
    ...config,
    functions: { ...vercelFunctions(chosen, place), ...functions },
    ...(rewrites.length + fresh.length > 0 && { rewrites: [...fresh, ...rewrites] }),
  };
}

/** edge-ai.json with a probe for each function; with the option `auth`, probes send the key. What is there wins. */
export function mergeProbes(
  config: Record<string, unknown>,
  chosen: readonly RouteName[],
  options: readonly OptionName[],
): Record<string, unknown> {
  const present = (Array.isArray(config["probes"]) ? config["probes"] : []).map(asObject);
  const paths = new Set(present.map((probe) => probe["path"]));
  const fresh = chosen.flatMap((name) => probeOf(name, options) ?? []).filter(({ path }) => !paths.has(path));
  const probes = [...present, ...fresh].map((probe) => (options.includes("auth") ? withKey(probe) : probe));
  return probes.length === 0 ? config : { ...config, probes };
}

function withKey(probe: Record<string, unknown>): Record<string, unknown> {
  const headers = asObject(probe["headers"]);
  const hasKey = Object.keys(headers).some((name) => /^(?:authorization|x-api-key)$/i.test(name));
  return hasKey ? probe : { ...probe, headers: { ...headers, authorization: AUTHORIZATION } };
}
