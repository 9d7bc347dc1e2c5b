import fs from "node:fs/promises";
import path from "node:path";
import { MAX_FUNCTION_BYTES } from "../../build/build.ts";
import { sourceOf } from "../../build/bundle.ts";
import { readFunctions, type NodeFunction } from "../../host/output-functions.ts";
import { defineCheck, type Problem } from "./check.ts";

const LARGEST_SHOWN = 3;

/** The functions of the last build, ours or `vercel build`'s, which does not look at sizes (tried with CLI 60.1.3). */
export const sizesCheck = defineCheck("function sizes", async ({ dir }) => {
  const found = await tooLarge(path.join(dir, ".vercel", "output"), dir);
  return found.map((what): Problem => ({
    level: "error",
    message: `${what}, in .vercel/output`,
    hint: "take a smaller model or move the largest package out, and run edge-ai build; remove .vercel/output when it is only old",
  }));
});

/**
 * The functions of a build that Vercel would not take, with what is largest in them.
 * @param projectDir where the files are that a function of `vercel build` only names
 */
export async function tooLarge(outputDir: string, projectDir: string): Promise<string[]> {
  const entries = await readFunctions(path.join(outputDir, "functions"), projectDir);
  const built = entries.map(([, entry]) => entry).filter((entry) => entry.kind === "function");
  const found = await Promise.all(built.map(async (fn) => overLimit(fn.name, await bytesBySource(fn, projectDir))));
  return found.flat();
}

function overLimit(name: string, bytesOf: ReadonlyMap<string, number>): string[] {
  const parts = [...bytesOf].toSorted(([, a], [, b]) => b - a);
  const bytes = parts.reduce((sum, [, size]) => sum + size, 0);
  if (bytes < MAX_FUNCTION_BYTES) return [];
  const largest = parts.slice(0, LARGEST_SHOWN).map(([source, size]) => `${source} ${size}`);
  return [`${name} has ${bytes} bytes, and Vercel's limit is ${MAX_FUNCTION_BYTES}: ${largest.join(", ")}`];
}

async function bytesBySource({ folder, config }: NodeFunction, projectDir: string): Promise<Map<string, number>> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  const own = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .map((file): [string, string] => [path.relative(folder, file), file]);
  // `vercel build` names files of the project instead of copying them.
  const mapped = Object.entries(config.filePathMap).map(([inside, from]): [string, string] => [
    inside,
    path.join(projectDir, from),
  ]);
  const bytes = new Map<string, number>();
  for (const [inside, file] of [...own, ...mapped]) {
    const source = sourceOf(inside.replaceAll(path.sep, "/"));
    bytes.set(source, (bytes.get(source) ?? 0) + (await fs.lstat(file)).size);
  }
  return bytes;
}
