import { readConfig } from "../config/read.ts";
import { answer, type Io } from "../io.ts";
import { stopLocal } from "../targets/local/local.ts";

/** `edge-ai stop`: ends the local target of this project. Idempotent. */
export async function stopCommand(io: Io, { json }: { json?: boolean }): Promise<number> {
  // In the wrong folder "nothing was running" would be a lie about the right one.
  await readConfig(io.cwd);
  const stopped = await stopLocal(io.cwd);
  answer(io, json === true ? { version: 1, stopped } : stopped ? "stopped" : "nothing was running");
  return 0;
}
