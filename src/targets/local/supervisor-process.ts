// The process of a supervisor: detached from the CLI that started it, told what to do through a socket.
import fs from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { CliError, messageOf } from "../../errors.ts";
import { controlServer } from "./control.ts";
import { Supervisor } from "./supervisor.ts";

/** What the process says over IPC to the CLI that started it, once. */
export type StartReport = { ready: true } | { ready: false; code: string; message: string; hint: string | undefined };

const [projectDir = "", port = ""] = process.argv.slice(2);

async function main(): Promise<void> {
  // A folder of its own keeps other users out, and its path is short enough for a socket.
  const dir = await fs.mkdtemp(path.join(os.tmpdir(), "edge-ai-supervisor-"));
  const onLog = (line: string): void => void process.stderr.write(`${new Date().toISOString()} ${line}\n`);
  const leave = async (): Promise<void> => {
    await fs.rm(dir, { recursive: true, force: true });
    process.exitCode = 0;
  };
  try {
    const socket = path.join(dir, "control.sock");
    const supervisor = await Supervisor.start({ projectDir, productionPort: Number(port), socket, onLog });
    const server = controlServer(supervisor, () => void server.close(() => void leave()));
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve);
    });
    for (const name of ["SIGINT", "SIGTERM"] as const) {
      process.once(name, () => void supervisor.stop().then(() => server.close(() => void leave())));
    }
    tell({ ready: true });
  } catch (error) {
    const known = error instanceof CliError ? error : undefined;
    tell({ ready: false, code: known?.code ?? "INTERNAL", message: messageOf(error), hint: known?.hint });
    await leave();
  }
}

function tell(report: StartReport): void {
  process.send?.(report, () => process.disconnect());
}

await main();
