import type { Mode, Task } from "../config/words.ts";
import { routes, type OptionName, type Route, type RouteName } from "./parts.ts";

/** Where the model of an app is. */
export interface ModelPlace {
  mode: Mode;
  /** Folder with the weights, in local mode. */
  modelPath: string;
}

/** The functions that hold the model in local mode. */
const WITH_MODEL: ReadonlySet<RouteName> = new Set<RouteName>(["embeddings", "classify", "chat"]);

/** Native code for other machines, and what an engine carries beside it (facts measured 2026-11-23; Vercel runs linux, x64). */
const EXCLUDED = {
  onnx: "node_modules/onnxruntime-node/bin/napi-v6/{darwin,win32,linux/arm64}/**",
  llama:
    "{node_modules/@node-llama-cpp/{linux-x64-*,linux-arm*,mac-*,win-*}/**,node_modules/node-llama-cpp/llama/gitRelease.bundle,node_modules/@reflink/**,node_modules/cmake-js/**}",
};

/** The functions key of vercel.json. */
export function vercelFunctions(chosen: readonly RouteName[], place: ModelPlace): Record<string, object> {
  return Object.fromEntries(chosen.map((name) => [routes[name].file, vercelFunction(name, place)]));
}

function vercelFunction(name: RouteName, { mode, modelPath }: ModelPlace): object {
  const { maxDurationSeconds } = routes[name];
  const common = { maxDuration: maxDurationSeconds, supportsCancellation: true };
  if (mode !== "local" || !WITH_MODEL.has(name)) return common;
  return {
    maxDuration: maxDurationSeconds,
    architecture: "x86_64",
    supportsCancellation: true,
    includeFiles: `${modelPath}/**`,
    excludeFiles: EXCLUDED[name === "chat" ? "llama" : "onnx"],
  };
}

/** The rewrites key of vercel.json: the paths that OpenAI's clients use. */
export function rewritesOf(chosen: readonly RouteName[]): { source: string; destination: string }[] {
  return chosen.flatMap((name) => {
    const { openAiPath, file }: Route = routes[name];
    return openAiPath === undefined ? [] : [{ source: openAiPath, destination: `/${file.replace(/\.ts$/, "")}` }];
  });
}

/** How a probe sends the key of an app with the option `auth`: its value stays in the environment. */
export const AUTHORIZATION = "Bearer {{env.APP_API_KEYS}}";

/** A probe as edge-ai.json has it. */
export type ProbeJson = { name: string; path: string; method: string } & Record<string, unknown>;

/** The probe of a function for edge-ai.json, with the key that the option `auth` asks for; null when it has none. */
export function probeOf(name: RouteName | Task, options: readonly OptionName[]): ProbeJson | null {
  const { probe }: Route = routes[name];
  if (probe === undefined) return null;
  const { name: title, path, method, ...rest } = probe;
  const headers = options.includes("auth") ? { headers: { authorization: AUTHORIZATION } } : {};
  return { name: title, path, method, ...headers, ...rest };
}
