import fs from "node:fs/promises";
import path from "node:path";
import { CliError, Interrupted } from "../../errors.ts";
import { exec, type ExecResult } from "../../exec.ts";
import type { Io } from "../../io.ts";
import { failureOf, TOKEN_HINT } from "./failures.ts";
import { hasLogin } from "./login.ts";

/** The newest version that installs whole and that the tests drive (2026-11-23). */
export const TESTED_CLI = "58.4.4";
/** The first major version that was tried: it has `vercel api`, and JSON of deploy, inspect and list. */
export const OLDEST_CLI = "58.0.0";
/** The longest one command may take. A build on Vercel's side ends after 45 minutes; a prebuilt one takes seconds. */
const DEFAULT_TIMEOUT_MS = 600_000;
/** The same for a command that only asks. 58.4.4 tries again for 8 s after a 5xx, and for up to 2 minutes after a 429. */
const ASKING_TIMEOUT_MS = 180_000;
const asking: ReadonlySet<string | undefined> = new Set(["api", "inspect", "list"]);

/** The program as it is called here, before its arguments. */
export interface CliProgram {
  command: string;
  args: readonly string[];
  /** Where it was found. */
  from: "project" | "PATH" | "npx";
}

export interface CliOptions {
  timeoutMs?: number | undefined;
  globalConfig?: string | undefined;
  programDir?: string | undefined;
}

/** Calls the `vercel` program in one folder. */
export class VercelCli {
  readonly #io: Io;
  readonly #dir: string;
  readonly #programDir: string;
  readonly #globalConfig: string | undefined;
  readonly timeoutMs: number;
  readonly #askingTimeoutMs: number;
  #program: Promise<CliProgram> | undefined;

  /**
   * @param dir the linked folder it works in
   * @param options.programDir where to look for the program first; default: that folder
   * @param options.globalConfig folder with the CLI's config.json, instead of the user's own with their login
   */
  constructor(io: Io, dir: string, options: CliOptions = {}) {
    this.#io = io;
    this.#dir = dir;
    this.#programDir = options.programDir ?? dir;
    this.#globalConfig = options.globalConfig;
    this.timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#askingTimeoutMs = options.timeoutMs ?? ASKING_TIMEOUT_MS;
  }

  /** @throws CliError PLATFORM when it does not end in time; Interrupted after a signal */
  async run(args: readonly string[], { dir = this.#dir }: { dir?: string } = {}): Promise<ExecResult> {
    this.#program ??= findVercel(this.#io, this.#programDir);
    const { command, args: first, from } = await this.#program;
    // Nothing is downloaded only to hear that there is no token.
    if (from === "npx" && !hasLogin(this.#io)) {
      throw new CliError("NO_ACCESS", "there is no token for Vercel, and no vercel login on this machine", {
        hint: TOKEN_HINT,
      });
    }
    // After the command's name: before it, the option would go astray in some of them.
    const config = this.#globalConfig === undefined ? [] : ["--global-config", this.#globalConfig];
    const limitMs = asking.has(args[0]) ? this.#askingTimeoutMs : this.timeoutMs;
    const late = AbortSignal.timeout(limitMs);
    try {
      return await exec(
        { ...this.#io, signal: AbortSignal.any([this.#io.signal, late]) },
        { command, args: [...first, ...args, ...config], cwd: dir, env: childEnv },
      );
    } catch (error) {
      if (!late.aborted || error instanceof Interrupted || error instanceof CliError) throw error;
      this.#io.signal.throwIfAborted();
      throw new CliError("PLATFORM", `vercel ${args[0]} did not end within ${limitMs / 1_000} s`, {
        hint: "Vercel does not answer, or limits how often it is asked: run the same command again (--timeout waits longer)",
        cause: error,
      });
    }
  }

  /** Like `run`, for a command that has to succeed: its stdout means nothing when it did not. @throws CliError */
  async output(args: readonly string[], options: { dir?: string } = {}): Promise<string> {
    const result = await this.run(args, options);
    if (result.exitCode !== 0) throw failureOf(args[0] ?? "", result);
    return result.stdout;
  }

  /** "58.4.4", or null when it does not say. */
  async version(): Promise<string | null> {
    const { stdout, stderr } = await this.run(["--version"]);
    return /\d+\.\d+\.\d+/.exec(`${stdout}\n${stderr}`)?.[0] ?? null;
  }
}

/** What the CLI does not need to know is not given to it, and it is not to tell anybody about us. */
const childEnv: Readonly<Record<string, string | undefined>> = {
  VERCEL_TELEMETRY_DISABLED: "1",
  NO_UPDATE_NOTIFIER: "1",
  NO_COLOR: "1",
  FORCE_COLOR: undefined,
  VERCEL_AUTOMATION_BYPASS_SECRET: undefined,
};

/** The `vercel` of the project, else of the PATH, else through npx the version that we test with. */
export async function findVercel(io: Io, dir: string): Promise<CliProgram> {
  for (let folder = path.resolve(dir); ; folder = path.dirname(folder)) {
    const file = path.join(folder, "node_modules", ".bin", "vercel");
    if (await isProgram(file)) return { command: file, args: [], from: "project" };
    if (folder === path.dirname(folder)) break;
  }
  for (const folder of (io.env["PATH"] ?? "").split(path.delimiter).filter((entry) => path.isAbsolute(entry))) {
    const file = path.join(folder, "vercel");
    if (await isProgram(file)) return { command: file, args: [], from: "PATH" };
  }
  return { command: "npx", args: ["--yes", `vercel@${TESTED_CLI}`], from: "npx" };
}

async function isProgram(file: string): Promise<boolean> {
  try {
    await fs.access(file, fs.constants.X_OK);
    return (await fs.stat(file)).isFile();
  } catch {
    return false;
  }
}
