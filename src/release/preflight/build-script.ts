import { defineCheck, type Problem } from "./check.ts";

/** The scripts that Vercel runs by itself before it builds the functions (@vercel/node and @vercel/static-build of CLI 58.4.4). */
const BUILD_SCRIPTS = ["vercel-build", "now-build", "build"] as const;

/** Vercel merges a .vercel/output that a build script wrote with the one of its own build (tried with CLI 60.1.3). */
export const buildScriptCheck = defineCheck("build script", ({ manifest, vercelJson }) => {
  const scripts = BUILD_SCRIPTS.filter((name) => name in manifest.scripts).map((name) => ({
    what: `package.json has a script named ${name}`,
    hint: `call it something else, like bundle`,
  }));
  const command = vercelJson?.["buildCommand"];
  const commands =
    typeof command === "string"
      ? [{ what: `vercel.json has the buildCommand ${JSON.stringify(command)}`, hint: "take it out" }]
      : [];
  return [...scripts, ...commands].map(({ what, hint }): Problem => ({
    level: "warning",
    message: `${what}: Vercel runs it, and merges what it writes with its own build`,
    hint,
  }));
});
