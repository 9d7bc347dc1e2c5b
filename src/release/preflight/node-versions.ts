import semver from "semver";
import pkg from "../../../package.json" with { type: "json" };
import { readNodeMajor } from "../../build/node-version.ts";
import { chooseNode } from "../../host/node-binary.ts";
import { defineCheck, toProblem, type Check, type Problem } from "./check.ts";

/** Vercel runs the Node.js that package.json asks for, the one here is not older, and ours is new enough. */
export function nodeVersionsCheck(ownVersion: string = process.versions.node): Check {
  return defineCheck("Node.js versions", async ({ dir }) => [
    ...ownTooOld(ownVersion),
    ...(await notOnVercel(dir)),
    ...(await olderHere(dir)),
  ]);
}

function ownTooOld(version: string): Problem[] {
  if (semver.satisfies(version, pkg.engines.node)) return [];
  const message = `edge-ai runs on Node.js ${version}, and needs ${pkg.engines.node}`;
  return [{ level: "error", message, hint: "install a newer Node.js" }];
}

async function notOnVercel(dir: string): Promise<Problem[]> {
  try {
    await readNodeMajor(dir);
    return [];
  } catch (error) {
    return [toProblem(error)];
  }
}

async function olderHere(dir: string): Promise<Problem[]> {
  const { warnings } = await chooseNode(dir);
  const hint = "only runs on this machine are concerned: the platform has its own Node.js";
  return warnings.map((message) => ({ level: "warning", message, hint }));
}
