import { CliError } from "../errors.ts";

/** Names Windows keeps for devices (Microsoft, "Naming Files, Paths, and Namespaces", read 2026-11-23). */
const WINDOWS_RESERVED = /^(con|prn|aux|nul|com[1-9]|lpt[1-9])$/;
/** Names npm refuses or Node.js itself uses. */
const TAKEN = new Set(["node_modules", "favicon.ico", "create-edge-ai", "edge-ai"]);
/** The limit of a Vercel project name (vercel.com/docs/projects, read 2026-11-23); npm's is 214. */
const MAX_LENGTH = 100;

/**
 * The project name for a folder name: as it is when it is a valid npm and Vercel name, else the nearest that is.
 * @throws CliError BAD_NAME, with a name that would do, when nothing near it is valid
 */
export function projectName(folder: string): string {
  const name = slug(folder);
  const problem = problemOf(name);
  if (problem === undefined) return name;
  throw new CliError("BAD_NAME", `${JSON.stringify(folder)} cannot be the name of a project: ${problem}`, {
    hint: `take a name of a-z, 0-9 and dashes, like ${JSON.stringify(suggestion(name))}`,
  });
}

function slug(folder: string): string {
  return folder
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replaceAll(/-{2,}/g, "-")
    .replaceAll(/^[-._]+|[-._]+$/g, "");
}

function problemOf(name: string): string | undefined {
  if (name === "") return "no letter or digit of it can be kept";
  if (name.length > MAX_LENGTH) return `it has ${name.length} characters, over the limit of ${MAX_LENGTH}`;
  if (WINDOWS_RESERVED.test(name.split(".")[0] ?? "")) return "Windows keeps it for a device";
  if (TAKEN.has(name)) return "it is taken";
  return undefined;
}

function suggestion(name: string): string {
  return name === "" ? "my-app" : name.length > MAX_LENGTH ? name.slice(0, 40).replace(/[-._]+$/, "") : `my-${name}`;
}
