import path from "node:path";
import fs from "node:fs/promises";
import { CliError, Interrupted } from "../../errors.ts";
import { exec, type ExecResult } from "../../exec.ts";
import type { Io } from "../../io.ts";
import { reapedFolder } from "../../reaper.ts";
import { failureOf } from "./failures.ts";
import { findWrangler, type WranglerProgram } from "./program.ts";

/** The longest one command may take: an upload of 64 MiB over a slow line. */
const DEFAULT_TIMEOUT_MS = 600_000;
/** The same for a command that only asks. 4.150.0 tries three times after a 429 or 5xx, and waits as `Retry-After` says. */
const ASKING_TIMEOUT_MS = 180_000;

export interface CliOptions {
  timeoutMs?: number | undefined;
  /** Where to look for the program first; default: the project. */
  programDir?: string | undefined;
}

interface Running {
  /** Where it works; default: its own empty folder, so that no file of the project says anything. */
  dir?: string;
  /** It changes something, and may take longer. */
  changes?: boolean;
}

/** Calls the `wrangler` program. */
export class WranglerCli {
  readonly #io: Io;
  readonly #programDir: string;
  readonly timeoutMs: number;
  readonly #askingTimeoutMs: number;
  #program: Promise<WranglerProgram> | undefined;
  #accountId: string | null = null;

  /** @param programDir where to look for the program first */
  constructor(io: Io, programDir: string, { timeoutMs }: CliOptions = {}) {
    this.#io = io;
    this.#programDir = programDir;
    this.timeoutMs = timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#askingTimeoutMs = timeoutMs ?? ASKING_TIMEOUT_MS;
  }

  /** The account that every command is about from now on. */
  useAccount(id: string): void {
    this.#accountId = id;
  }

  /**
   * @param makeArgs gets a temporary folder that nobody else can open, and that is gone when the command has ended
   * @throws CliError PLATFORM when it does not end in time; Interrupted after a signal
   */
  async run(
    makeArgs: readonly string[] | ((folder: string) => Promise<readonly string[]>),
    { dir, changes = false }: Running = {},
  ): Promise<ExecResult> {
    this.#program ??= findWrangler(this.#io, this.#programDir);
    const program = await this.#program;
    const { dir: folder, reaper } = await reapedFolder("edge-ai-wrangler");
    const limitMs = changes ? this.timeoutMs : this.#askingTimeoutMs;
    const late = AbortSignal.timeout(limitMs);
    let name = "";
    try {
      const args = typeof makeArgs === "function" ? await makeArgs(folder) : makeArgs;
      name = nameOf(args);
      return await exec(
        {
          ...this.#io,
          env: childEnv(this.#io.env, { folder, nodeDir: program.nodeDir, accountId: this.#accountId }),
          signal: AbortSignal.any([this.#io.signal, late]),
        },
        { command: program.command, args: [...program.args, ...args], cwd: dir ?? folder },
      );
    } catch (error) {
      if (!late.aborted || error instanceof Interrupted || error instanceof CliError) throw error;
      this.#io.signal.throwIfAborted();
      throw new CliError("PLATFORM", `wrangler ${name} did not end within ${limitMs / 1_000} s`, {
        hint: "Cloudflare does not answer, or limits how often it is asked: run the same command again (--timeout waits longer)",
        cause: error,
      });
    } finally {
      await reaper.done();
      await fs.rm(folder, { recursive: true, force: true });
    }
  }

  /** Like `run`, for a command that has to succeed. @throws CliError */
  async output(args: readonly string[]): Promise<string> {
    const result = await this.run(args);
    if (result.exitCode !== 0) throw failureOf(nameOf(args), result);
    return result.stdout;
  }

  /** "4.150.0", or null when it does not say. */
  async version(): Promise<string | null> {
    const { stdout, stderr } = await this.run(["--version"]);
    return /\d+\.\d+\.\d+/.exec(`${stdout}\n${stderr}`)?.[0] ?? null;
  }
}

/** The command's words, without what it is about: "versions deploy". */
export function nameOf(args: readonly string[]): string {
  return args
    .slice(0, 2)
    .filter((word) => /^[a-z]+$/.test(word))
    .join(" ");
}

/** What wrangler may see of our environment: the way to Cloudflare, and no secret of the app or of another platform. */
const PASSED =
  /^(PATH|HOME|USER|LANG|LC_\w+|TZ|TMPDIR|SHELL|XDG_\w+|(HTTPS?|NO|ALL)_PROXY|NODE_EXTRA_CA_CERTS|NODE_COMPILE_CACHE|SSL_CERT_\w+|npm_config_\w+|CLOUDFLARE_(API_TOKEN|API_BASE_URL|API_KEY|EMAIL|COMPLIANCE_REGION)|CF_API_BASE_URL)$/i;

function childEnv(
  env: Io["env"],
  { folder, nodeDir, accountId }: { folder: string; nodeDir: string; accountId: string | null },
): Record<string, string | undefined> {
  const passed = Object.fromEntries(Object.entries(env).filter(([name]) => PASSED.test(name)));
  return {
    ...passed,
    PATH: [nodeDir, passed["PATH"]].filter(Boolean).join(path.delimiter),
    // No questions: those it would ask are answered here, before it runs.
    CI: "1",
    NO_COLOR: "1",
    WRANGLER_HIDE_BANNER: "true",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_SEND_ERROR_REPORTS: "false",
    WRANGLER_LOG_PATH: path.join(folder, "logs"),
    ...(accountId !== null && { CLOUDFLARE_ACCOUNT_ID: accountId }),
  };
}
