// The process of a supervisor: detached from the CLI that started it, told what to do through a socket.
import path from "node:path";
import { knownError, messageOf } from "../../errors.ts";
import { reapedFolder } from "../../reaper.ts";
import { controlServer } from "./control.ts";
import { Supervisor } from "./supervisor.ts";

/** What the process says over IPC to the CLI that started it, once. */
export type StartReport = { ready: true } | { ready: false; code: string; message: string; hint: string | undefined };

const [projectDir = "", port = ""] = process.argv.slice(2);

async function main(): Promise<void> {
  // Its log is on the project's disk: one that is full must not end production.
  process.stderr.on("error", () => undefined);
  // A folder of its own keeps other users out, and its path is short enough for a socket.
  const { dir, reaper } = await reapedFolder("edge-ai-supervisor");
  const leave = async (): Promise<void> => {
    await reaper.done();
    process.exitCode = 0;
  };
  let stop = leave;
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void stop());
  try {
    const socket = path.join(dir, "control.sock");
    const supervisor = await Supervisor.start({ projectDir, productionPort: Number(port), socket, onLog });
    const server = controlServer(supervisor, () => void server.close(() => void leave()));
    stop = async () => {
      await supervisor.stop();
      server.close(() => void leave());
    };
    await new Promise<void>((resolve) => {
      server.listen(socket, resolve);
    });
    // From here on the state says where it is: whoever comes now finds this one, and starts no other.
    await supervisor.restore();
    tell({ ready: true });
  } catch (error) {
    const known = knownError(error);
    tell({ ready: false, code: known?.code ?? "INTERNAL", message: messageOf(error), hint: known?.hint });
    await stop();
  }
}

function onLog(line: string): void {
  process.stderr.write(`${new Date().toISOString()} ${line}\n`);
}

function tell(report: StartReport): void {
  // The CLI may be gone, killed: that ends the channel, and nothing else.
  process.send?.(report, () => {
    if (process.connected) process.disconnect();
  });
}

await main();
