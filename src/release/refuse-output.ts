import fs from "node:fs/promises";
import path from "node:path";
import { isPrivate, staticNames } from "../build/static.ts";
import { CliError } from "../errors.ts";
import { tooLarge } from "./preflight/sizes.ts";
import { exists } from "../exists.ts";

const NAMES_SHOWN = 5;

/**
 * Looks at what `vercel build` made, before anybody uploads it. It checks neither sizes nor what it publishes (tried with
 * CLI 58.4.4 and 60.1.3); our own builder does both while it builds.
 * @throws CliError TOO_LARGE with the largest packages named; BUILD_FAILED when files of the project itself are published
 */
export async function refuseOutput(projectDir: string, outputDir: string): Promise<void> {
  const large = await tooLarge(outputDir, projectDir);
  if (large.length > 0) {
    throw new CliError("TOO_LARGE", large.join("\n"), {
      hint: "take a smaller model or quantisation, or move the largest package out of the function",
    });
  }
  const leaked = await leakedNames(projectDir, path.join(outputDir, "static"));
  if (leaked.length === 0) return;
  const more = leaked.length > NAMES_SHOWN ? ` and ${leaked.length - NAMES_SHOWN} more` : "";
  const names = `${leaked.slice(0, NAMES_SHOWN).join(", ")}${more}`;
  throw new CliError("BUILD_FAILED", `vercel build publishes files of the project that are not in public/: ${names}`, {
    hint: "make a folder public/, and take outputDirectory out of vercel.json and of the project's settings",
  });
}

/** Published, not from public/, and either the very file of the project or one with the name of a secret, source or model. */
async function leakedNames(projectDir: string, staticDir: string): Promise<string[]> {
  const names = await staticNames(staticDir);
  const found = await Promise.all(
    names.map(async (name) => {
      if (await exists(path.join(projectDir, "public", name))) return [];
      const leaks = isPrivate(name) || (await sameFile(path.join(staticDir, name), path.join(projectDir, name)));
      return leaks ? [name] : [];
    }),
  );
  return found.flat().toSorted();
}

async function sameFile(one: string, other: string): Promise<boolean> {
  if (!(await exists(other))) return false;
  const [a, b] = await Promise.all([fs.readFile(one), fs.readFile(other)]);
  return a.equals(b);
}
