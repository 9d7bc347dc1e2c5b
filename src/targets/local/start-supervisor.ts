import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { existsSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { CliError, errorCodes, type ErrorCode } from "../../errors.ts";
import { sendOrder } from "./control.ts";
import { localFolder } from "./folder.ts";
import { readState, type LocalState } from "./state.ts";
import type { StartReport } from "./supervisor-process.ts";

/** The bundle next to this chunk or above it, or the source next to this file. */
const places = ["./supervisor.js", "../supervisor.js", "./supervisor-process.ts"];

/** The state of a supervisor that runs, or null: there is none, or the one in the state file is gone. */
export async function runningState(projectDir: string): Promise<LocalState | null> {
  const state = await readState(localFolder(projectDir).state);
  if (state?.supervisor == null) return null;
  return sendOrder(state.supervisor.socket, { do: "state" });
}

/**
 * The socket of the project's supervisor, started when there is none or its process is gone.
 * @throws CliError PORT when somebody else has the production port, or it runs with another one
 */
export async function ensureSupervisor(projectDir: string, productionPort: number): Promise<string> {
  const running = await runningState(projectDir);
  if (running?.supervisor != null) {
    if (running.productionPort === productionPort) return running.supervisor.socket;
    throw new CliError(
      "PORT",
      `the local target runs with production on port ${running.productionPort}, and edge-ai.json says ${productionPort}`,
      { hint: "run edge-ai stop first: production moves to the other port with the next deploy or promote" },
    );
  }
  const started = await startProcess(projectDir, productionPort).then(
    () => runningState(projectDir),
    (error: unknown) => startedByAnother(projectDir, error),
  );
  if (started?.supervisor == null)
    throw new CliError("INTERNAL", `the supervisor of ${projectDir} ended at once`, {
      hint: `see ${localFolder(projectDir).supervisorLog}`,
    });
  return started.supervisor.socket;
}

/** A CLI that was killed, or runs beside this one, may have started a supervisor that has the port and says so in a moment. */
async function startedByAnother(projectDir: string, error: unknown): Promise<LocalState | null> {
  if (!(error instanceof CliError) || error.code !== "PORT") throw error;
  for (let tries = 0; tries < 20; tries++) {
    const state = await runningState(projectDir);
    if (state !== null) return state;
    await sleep(50);
  }
  throw error;
}

async function startProcess(projectDir: string, productionPort: number): Promise<void> {
  const folder = localFolder(projectDir);
  await fs.mkdir(folder.root, { recursive: true });
  const log = await fs.open(folder.supervisorLog, "a");
  try {
    const child = spawn(process.execPath, [findScript(), projectDir, String(productionPort)], {
      cwd: path.parse(projectDir).root,
      detached: true,
      stdio: ["ignore", log.fd, log.fd, "ipc"],
      // Functions get none of this either; see function-env.ts of the host.
      env: { PATH: process.env["PATH"], HOME: process.env["HOME"], TMPDIR: process.env["TMPDIR"] },
    });
    const [message]: unknown[] = await Promise.race([once(child, "message"), once(child, "exit").then(() => [])]);
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- supervisor-process.ts of this very package sent it
    const first = message as StartReport | undefined;
    child.unref();
    if (first === undefined)
      throw new CliError("INTERNAL", "the supervisor ended before it was ready", {
        hint: `see ${folder.supervisorLog}`,
      });
    if (first.ready) return;
    throw new CliError(isErrorCode(first.code) ? first.code : "INTERNAL", first.message, {
      hint: first.hint ?? `see ${folder.supervisorLog}`,
    });
  } finally {
    await log.close();
  }
}

function isErrorCode(code: string): code is ErrorCode {
  return code in errorCodes;
}

function findScript(): string {
  const files = places.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  const found = files.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`there is no supervisor at ${files.join(", ")}`);
  return found;
}
