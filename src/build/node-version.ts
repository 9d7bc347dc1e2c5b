import path from "node:path";
import semver from "semver";
import { readJson } from "../config/read.ts";
import { CliError } from "../errors.ts";

/** Node.js versions Vercel runs, newest first (build-utils of Vercel CLI 60.1.3; 20.x ended 2026-10-01). */
const NODE_MAJORS = [24, 22] as const;

/**
 * The Node.js major version that `engines.node` of package.json asks for, the way Vercel reads it: the newest that fits.
 * @throws CliError BAD_CONFIG for a version that Vercel does not run
 */
export async function readNodeMajor(projectDir: string): Promise<number> {
  const file = path.join(projectDir, "package.json");
  const manifest = await readJson(file);
  const engines: unknown =
    typeof manifest === "object" && manifest !== null && "engines" in manifest ? manifest.engines : undefined;
  const range: unknown =
    typeof engines === "object" && engines !== null && "node" in engines ? engines.node : undefined;
  if (range === undefined) return NODE_MAJORS[0];
  const valid = typeof range === "string" ? semver.validRange(range) : null;
  const major = NODE_MAJORS.find((each) => valid !== null && semver.intersects(valid, `${each}.x`));
  if (major === undefined) {
    throw new CliError("BAD_CONFIG", `${file}: engines.node is ${JSON.stringify(range)}, which Vercel does not run`, {
      hint: `set it to ${NODE_MAJORS.map((each) => `"${each}.x"`).join(" or ")}`,
    });
  }
  return major;
}
