import path from "node:path";
import pkg from "../../package.json" with { type: "json" };
import type { Command } from "../exec.ts";
import { packageRoot } from "../package-root.ts";

const TARBALL = `${pkg.name}-${pkg.version}.tgz`;

/** How a new project depends on this package. While it is private, it is not on a registry: the project carries it. */
export const selfSpec: string = pkg.private ? `file:vendor/${TARBALL}` : `^${pkg.version}`;

/** True when the project has to carry the packed package. */
export const needsVendoring: boolean = pkg.private;

/** Packs this package into the project's vendor folder. */
export function packSelf(projectDir: string): Command {
  const vendor = path.join(projectDir, "vendor");
  return {
    command: "npm",
    args: ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", vendor],
    cwd: packageRoot(),
  };
}
