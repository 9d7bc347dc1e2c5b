import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { defineCheck, type Problem } from "./check.ts";

/** What the builder takes from the project. */
const BUILD_TOOLS = ["esbuild", "@vercel/nft"];

/** Everything a build needs is in node_modules, here or further up. */
export const installedCheck = defineCheck("dependencies", ({ dir, manifest }): Problem[] => {
  const folders = createRequire(path.join(dir, "package.json")).resolve.paths("x") ?? [];
  const wanted = new Set([...BUILD_TOOLS, ...Object.keys(manifest.dependencies)]);
  const missing = [...wanted].filter((name) => !folders.some((folder) => existsSync(path.join(folder, name))));
  if (missing.length === 0) return [];
  const [first] = missing;
  const hint = BUILD_TOOLS.every((name) => !missing.includes(name) || name in manifest.devDependencies)
    ? "npm install"
    : `npm install --save-dev ${first}`;
  return [{ level: "error", message: `not installed: ${missing.join(", ")}`, hint, code: "MISSING_PROGRAM" }];
});
