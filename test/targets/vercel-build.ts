// A project that the real `vercel build` can build, without an install and without a way to one.
import fs from "node:fs/promises";
import path from "node:path";
import { linkPackages } from "../unit/release/preflight-project.ts";
import { writeTree } from "../temp.ts";
import type { Variant } from "./fixture.ts";
import { makeOnVercel, type OnVercel } from "./vercel.ts";

/** Of vercel build it takes what an app made by create-edge-ai has: TypeScript 5, and imports of .ts files that become .js. */
const compilerOptions = {
  target: "es2024",
  lib: ["es2024"],
  module: "nodenext",
  types: ["node"],
  strict: true,
  allowImportingTsExtensions: true,
  rewriteRelativeImportExtensions: true,
  skipLibCheck: true,
  noEmit: true,
};

/**
 * `vercel build` runs `npm install`, and that removes what package.json does not name: through a link to a folder of scoped
 * packages it would do so in this repository. So it is told that all is installed, finds an npm that only fails, and packages
 * are linked one by one.
 */
export async function makeBuildable(variant: Variant = {}): Promise<OnVercel> {
  const made = await makeOnVercel(variant);
  const { dir } = made.project;
  const programs = path.join(path.dirname(dir), "programs");
  for (const name of ["npm", "pnpm", "yarn", "bun"]) {
    await writeTree(programs, { [name]: "#!/bin/sh\nexit 1\n" });
    await fs.chmod(path.join(programs, name), 0o755);
  }
  await fs.unlink(path.join(dir, "node_modules"));
  await linkPackages(dir, ["@types/node", "@vercel/nft", "esbuild", "typescript", "vercel"]);
  await fs.symlink("../vercel/dist/vc.js", path.join(dir, "node_modules/.bin/vercel"));
  const packageJson = {
    name: "app",
    private: true,
    type: "module",
    engines: { node: "24.x" },
    devDependencies: { vercel: "58.4.4" },
  };
  await writeTree(dir, {
    "package.json": JSON.stringify(packageJson),
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["api", "lib"] }),
  });
  const env = { VERCEL_INSTALL_COMPLETED: "1", PATH: `${programs}:${process.env["PATH"]}` };
  return { ...made, project: made.project.with(env), [Symbol.asyncDispose]: () => made[Symbol.asyncDispose]() };
}
