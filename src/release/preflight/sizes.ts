import fs from "node:fs/promises";
import path from "node:path";
import { MAX_FUNCTION_BYTES } from "../../build/build.ts";
import { sourceOf } from "../../build/bundle.ts";
import { readFunctions, type NodeFunction } from "../../host/output-functions.ts";
import { defineCheck, type Problem } from "./check.ts";

const LARGEST_SHOWN = 3;

/** The functions of the last build, ours or `vercel build`'s, which does not look at sizes (tried with CLI 60.1.3). */
export const sizesCheck = defineCheck("function sizes", async ({ dir }) => {
  const entries = await readFunctions(path.join(dir, ".vercel", "output", "functions"), dir);
  const built = entries.map(([, entry]) => entry).filter((entry) => entry.kind === "function");
  const problems = await Promise.all(built.map(async (fn) => tooLarge(fn.name, await bytesBySource(fn, dir))));
  return problems.flat();
});

function tooLarge(name: string, bytesOf: ReadonlyMap<string, number>): Problem[] {
  const parts = [...bytesOf].toSorted(([, a], [, b]) => b - a);
  const bytes = parts.reduce((sum, [, size]) => sum + size, 0);
  if (bytes < MAX_FUNCTION_BYTES) return [];
  const largest = parts.slice(0, LARGEST_SHOWN).map(([source, size]) => `${source} ${size}`);
  return [
    {
      level: "error",
      message: `${name} has ${bytes} bytes in .vercel/output, and Vercel's limit is ${MAX_FUNCTION_BYTES}: ${largest.join(", ")}`,
      hint: "take a smaller model or move the largest package out, and run edge-ai build; remove .vercel/output when it is only old",
    },
  ];
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
