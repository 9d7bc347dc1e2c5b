import type { Config } from "../config/schema.ts";
import type { Io } from "../io.ts";
import type { Artefact, Target } from "../targets/target.ts";

/** What a rehearsal needs of an emulated platform. */
export interface RehearsedApi {
  readonly productionUrl: string;
  /** `endpoint` is null for one that the emulator does not know. */
  readonly calls: readonly { endpoint: string | null }[];
  /** "GET /v99/thing". */
  readonly unknownCalls: readonly string[];
  /** Faults that nothing has met. */
  readonly unmetFaults: readonly { endpoint: string }[];
  /** Makes the release that comes next sick; null: it is well after all. */
  sicken(which: "next", how: { kind: "errors"; share: number } | null): void;
  close(): Promise<void>;
}

/** A rehearsal's own way to a platform: nothing of the user's account, login or link is in it. */
export interface Stage {
  api: RehearsedApi;
  /** A folder that stands in for the project: what is deployed from, and where the ledger is. */
  dir: string;
  /** Without the user's own token, account and secrets of platforms. */
  io: Io;
  target: Target;
  /** The project's, with what of it names an account replaced. */
  config: Config;
  /** The program that is driven. */
  cli: { name: string; version: string | null; from: "project" | "PATH" | "npx" };
  /** Makes ready what a release expects, and says in a sentence what that was. */
  prepare(): Promise<string>;
  /** Builds the project, and copies what was built into `dir`. */
  build(): Promise<Artefact>;
  /** The files of a build that hold its build id. */
  stampedFiles(outputDir: string): Promise<string[]>;
}

interface StageOptions {
  io: Io;
  /** Temporary, empty; gone after the rehearsal. */
  root: string;
  projectDir: string;
  config: Config;
  timeoutMs?: number | undefined;
  onProgress: (line: string) => void;
}

/** Starts the emulator and makes the way to it. @throws CliError when that cannot be */
export type OpenStage = (options: StageOptions) => Promise<Stage>;
