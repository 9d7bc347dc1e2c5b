import fs from "node:fs/promises";
import path from "node:path";
import picomatch from "picomatch";
import { CliError } from "../errors.ts";
import type { FunctionSettings, VercelJson } from "./vercel-json.ts";

export interface FunctionSource {
  /** Path of the entry file from the project, with slashes: "api/embeddings.ts". */
  file: string;
  /** Path it is served at and stored under: "api/embeddings". */
  route: string;
  settings: FunctionSettings;
}

const ENTRY = /\.(ts|mts|js|mjs|cjs)$/;

/**
 * Every function below api/, the way Vercel finds them: not those whose name starts with _ or ., no type declarations.
 * @throws CliError BUILD_FAILED when there is none; BAD_CONFIG for a pattern of vercel.json that matches none
 */
export async function findFunctions(projectDir: string, vercelJson: VercelJson): Promise<FunctionSource[]> {
  const names = await listFiles(path.join(projectDir, "api"));
  const files = names.filter((name) => isEntry(name)).map((name) => `api/${name}`);
  if (files.length === 0) {
    throw new CliError("BUILD_FAILED", `there are no functions below ${path.join(projectDir, "api")}`, {
      hint: "run this in a project made by create-edge-ai, or add api/<name>.ts",
    });
  }
  refuseUnusedPatterns(files, vercelJson);
  return files
    .toSorted()
    .map((file) => ({ file, route: file.replace(ENTRY, ""), settings: settingsOf(file, vercelJson) }));
}

/** The settings of the first pattern of vercel.json that matches a file. */
export function settingsOf(file: string, { functions }: Pick<VercelJson, "functions">): FunctionSettings {
  const hit = Object.entries(functions).find(([pattern]) => pattern === file || picomatch.isMatch(file, pattern));
  return hit?.[1] ?? {};
}

/** A route with [segments] as the rewrite that Vercel makes of it: "api/users/[id]" → ^/api/users/([^/]+)$. */
export function dynamicRoute(route: string): { src: string; dest: string; check: true } | undefined {
  const names = [...route.matchAll(/\[(?:\.\.\.)?([^\]]+)\]/g)].map((match) => match[1] ?? "");
  if (names.length === 0) return undefined;
  const src = route
    .split("/")
    .map((segment) =>
      segment.startsWith("[...") ? "(\\S+)" : segment.startsWith("[") ? "([^/]+)" : escapeRegex(segment),
    )
    .join("/");
  const query = names.map((name, index) => `${encodeURIComponent(name)}=$${index + 1}`).join("&");
  return { src: `^/${src}$`, dest: `/${route}?${query}`, check: true };
}

async function listFiles(dir: string): Promise<string[]> {
  try {
    const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => path.relative(dir, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, "/"));
  } catch {
    return [];
  }
}

function isEntry(name: string): boolean {
  return (
    ENTRY.test(name) &&
    !/\.d\.[cm]?ts$/.test(name) &&
    !name.split("/").some((part) => /^[_.]/.test(part) || part === "node_modules")
  );
}

function refuseUnusedPatterns(files: readonly string[], vercelJson: VercelJson): void {
  const unused = Object.keys(vercelJson.functions).filter(
    (pattern) => !files.some((file) => pattern === file || picomatch.isMatch(file, pattern)),
  );
  if (unused.length === 0) return;
  throw new CliError(
    "BAD_CONFIG",
    `vercel.json: functions has ${unused.join(", ")}, which matches no file below api/`,
    {
      hint: `correct the pattern; the functions are ${files.join(", ")}`,
    },
  );
}

function escapeRegex(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
