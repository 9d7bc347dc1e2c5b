import type { PackageManager } from "../config/words.ts";
import type { Command } from "../exec.ts";

const install: Record<PackageManager, readonly string[]> = {
  npm: ["install", "--no-audit", "--no-fund", "--loglevel=error"],
  pnpm: ["install"],
  yarn: ["install"],
  bun: ["install"],
};

/** The command that installs a project's dependencies. */
export function installCommand(pm: PackageManager, cwd: string): Command {
  return { command: pm, args: install[pm], cwd };
}

/** The commands that make a repository with a first commit. */
export function gitCommands(cwd: string): Command[] {
  const git = (...args: string[]): Command => ({ command: "git", args, cwd });
  return [
    git("init", "--quiet"),
    git("add", "--all"),
    git("commit", "--quiet", "--no-verify", "--message", "Make the project with create-edge-ai"),
  ];
}

/** The package manager that started us, from its user agent ("pnpm/10.1.0 npm/? node/v24…"); npm when none did. */
export function detectPackageManager(userAgent: string | undefined): PackageManager {
  const name = userAgent?.split("/")[0] ?? "";
  return name === "pnpm" || name === "yarn" || name === "bun" ? name : "npm";
}
