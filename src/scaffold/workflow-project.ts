import semver from "semver";
import * as z from "zod";
import pkg from "../../package.json" with { type: "json" };
import { packageManagers, type PackageManager } from "../config/words.ts";
import type { PlatformName } from "../data/platforms.ts";
import { CliError } from "../errors.ts";
import { branchOf, type WorkflowSettings } from "./workflow.ts";

const record = z.record(z.string(), z.unknown()).default({});

/** What the workflow needs to know of package.json. */
export const manifestSchema = z.looseObject({
  scripts: record,
  dependencies: record,
  devDependencies: record,
  engines: record,
  packageManager: z.string().optional(),
});

/** A project as it was found. */
export interface WorkflowProject {
  manifest: z.output<typeof manifestSchema>;
  /** Names of the files in its folder. */
  files: readonly string[];
  git: GitFacts | null;
  /** Where CI releases it. */
  target: PlatformName;
  /** The workflow that is there. */
  found: string | null;
}

/** What git knows; null where it does not. */
export interface GitFacts {
  /** From the root of the repository to the project: "" or like "apps/search/". */
  prefix: string;
  /** The default branch of `origin`. */
  originBranch: string | null;
  currentBranch: string | null;
}

const lockFiles = {
  npm: ["package-lock.json", "npm-shrinkwrap.json"],
  pnpm: ["pnpm-lock.yaml"],
  yarn: ["yarn.lock"],
  bun: ["bun.lock", "bun.lockb"],
} as const satisfies Record<PackageManager, readonly string[]>;

/**
 * What the workflow of a project says, and what would make it fail.
 * @throws CliError when there is no workflow that would work
 */
export function planWorkflow(project: WorkflowProject): { settings: WorkflowSettings; warnings: string[] } {
  requireRoot(project);
  requireNpm(project);
  const { manifest } = project;
  return {
    settings: { branch: chooseBranch(project), hasTests: typeof manifest.scripts["test"] === "string" },
    warnings: [cliWarning(project), selfWarning(manifest), nodeWarning(manifest), wranglerWarning(project)].filter(
      (text) => text !== null,
    ),
  };
}

function requireRoot({ git }: WorkflowProject): void {
  if (git === null || git.prefix === "") return;
  throw new CliError(
    "FILE",
    `GitHub reads workflows at the root of a repository, and this project is in ${git.prefix}`,
    {
      hint: "give the project a repository of its own",
    },
  );
}

function requireNpm({ manifest, files }: WorkflowProject): void {
  const named = packageManagers.find((name) => manifest.packageManager?.startsWith(`${name}@`));
  const locked = packageManagers.find((name) => lockFiles[name].some((file) => files.includes(file)));
  const pm = named ?? locked ?? "npm";
  if (pm !== "npm") {
    throw new CliError("NO_TEMPLATE", `this project uses ${pm}, and the workflow is for npm so far`, {
      hint: "npm install makes the package-lock.json that npm ci needs; remove the other lock file and packageManager",
    });
  }
  if (locked === "npm") return;
  throw new CliError("BAD_CONFIG", "there is no package-lock.json, and npm ci needs one", {
    hint: "npm install makes it; commit it",
  });
}

/** The clone that CI makes knows no default branch: there, the workflow says which one it is. */
function chooseBranch({ git, found }: WorkflowProject): string {
  const current = git?.currentBranch ?? null;
  const branch =
    git?.originBranch ?? (found === null ? null : branchOf(found)) ?? (current === "master" ? current : "main");
  // In the workflow it is a pattern, a string of YAML and one of an expression: in all three these mean themselves.
  if (/^\w[\w./-]*$/.test(branch)) return branch;
  throw new CliError("BAD_CONFIG", `the workflow cannot name the branch ${JSON.stringify(branch)}`, {
    hint: "make a default branch of letters, digits, dots, dashes and slashes",
  });
}

/** The platforms' own programs, in the versions that edge-ai was tried with. */
const PROGRAMS = {
  vercel: { name: "vercel", version: pkg.devDependencies.vercel },
  cloudflare: { name: "wrangler", version: pkg.devDependencies.wrangler },
} as const satisfies Record<PlatformName, { name: string; version: string }>;

function cliWarning({ manifest: { dependencies, devDependencies }, target }: WorkflowProject): string | null {
  const { name, version } = PROGRAMS[target];
  const spec = devDependencies[name] ?? dependencies[name];
  if (typeof spec === "string" && semver.valid(spec) !== null) return null;
  const command = `npm install --save-dev --save-exact ${name}@${version}`;
  return `package.json pins no version of ${name}, so that CI may release with another one than you tried: ${command}`;
}

function wranglerWarning({ files, target }: WorkflowProject): string | null {
  if (target !== "cloudflare" || files.includes("wrangler.jsonc")) return null;
  return "there is no wrangler.jsonc, and a release to Cloudflare needs one: edge-ai add cloudflare";
}

function selfWarning({ dependencies, devDependencies }: WorkflowProject["manifest"]): string | null {
  if (pkg.name in devDependencies || pkg.name in dependencies) return null;
  return `${pkg.name} is no devDependency: npx --no-install edge-ai will not find it in CI`;
}

function nodeWarning({ engines }: WorkflowProject["manifest"]): string | null {
  if (typeof engines["node"] === "string") return null;
  return "package.json says no engines.node, so that CI takes the Node.js of its machine: npm pkg set engines.node=24.x";
}
