import type { Addition, AdditionJob } from "./add.ts";
import { changeJson } from "./change-json.ts";
import { asObject } from "./merge-json.ts";
import type { Addable } from "./parts.ts";
import {
  mergeGitignore,
  mergeWrangler,
  requiredNames,
  schedulesIn,
  WORKER_CODE,
  WRANGLER_FILE,
  WRANGLER_VERSION,
  wranglerText,
} from "./wrangler-json.ts";

type Project = Pick<AdditionJob, "config" | "read">;

/** The template's code that a project has, or gets, because it runs on Workers. */
export async function needsWorkerCode({ read }: Project, wanted: readonly Addable[]): Promise<readonly string[]> {
  return wanted.includes("cloudflare") || (await read(WRANGLER_FILE)) !== null ? WORKER_CODE : [];
}

/**
 * What an addition means for Workers. A wrangler.jsonc that is there gets the secrets that have to be set now and the schedules of
 * vercel.json; with the part "cloudflare" a project gets one, and wrangler.
 * @throws CliError BAD_CONFIG when a file of the project cannot be read
 */
export async function addWorkers(addition: Addition, project: Project, wanted: readonly Addable[]): Promise<void> {
  const { config, read } = project;
  const now = async (file: string): Promise<string | null> => addition.writes.get(file) ?? (await read(file));
  const before = await read(WRANGLER_FILE);
  if (before === null && !wanted.includes("cloudflare")) return;
  const settings = {
    secrets: requiredNames((await now(".env.example")) ?? ""),
    crons: schedulesIn((await now("vercel.json")) ?? "{}"),
  };
  const text = before === null ? wranglerText({ name: config.name, ...settings }) : mergeWrangler(before, settings);
  if (text !== before) addition.writes.set(WRANGLER_FILE, text);
  if (!wanted.includes("cloudflare")) return;
  const ignored = (await read(".gitignore")) ?? "";
  if (mergeGitignore(ignored) !== ignored) addition.writes.set(".gitignore", mergeGitignore(ignored));
  await addWrangler(addition, project);
}

/** wrangler as a devDependency, in the version that was tried; one that is there stays. */
function addWrangler(addition: Addition, project: Project): Promise<void> {
  return changeJson(addition, project, "package.json", (manifest) => {
    const present = asObject(manifest["devDependencies"]);
    if (Object.hasOwn(present, "wrangler") || Object.hasOwn(asObject(manifest["dependencies"]), "wrangler")) {
      return manifest;
    }
    addition.packages.push("wrangler");
    return { ...manifest, devDependencies: { ...present, wrangler: WRANGLER_VERSION } };
  });
}
