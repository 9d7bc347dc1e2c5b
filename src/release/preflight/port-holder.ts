import net from "node:net";
import path from "node:path";
import * as z from "zod";
import { readJson } from "../../config/read.ts";
import { systemCode } from "../../errors.ts";
import { isAlive } from "../../processes.ts";

/** Who has a port: nobody, the project's own supervisor, another program; or it may not be used at all. */
export type PortHolder = "nobody" | "supervisor" | "another" | "forbidden";

/** As much of the local target's state as is needed here. Anything else in the file is not a supervisor of ours. */
const stateSchema = z
  .looseObject({ supervisor: z.looseObject({ pid: z.number().int().positive() }), productionPort: z.number() })
  .nullable()
  .catch(null);

/** Finds out who has a port of 127.0.0.1, by listening on it for a moment. */
export async function portHolder(projectDir: string, port: number): Promise<PortHolder> {
  const problem = await listenOnce(port);
  if (problem === undefined) return "nobody";
  if (problem === "EACCES") return "forbidden";
  return (await supervisorHas(projectDir, port)) ? "supervisor" : "another";
}

async function supervisorHas(projectDir: string, port: number): Promise<boolean> {
  const file = path.join(projectDir, ".edge-ai", "local", "state.json");
  const state = stateSchema.parse(await readJson(file).catch(() => null));
  return state !== null && state.productionPort === port && isAlive(state.supervisor.pid);
}

/** @returns the system's code when the port is in use or not allowed */
function listenOnce(port: number): Promise<"EADDRINUSE" | "EACCES" | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", (error) => {
      const code = systemCode(error);
      if (code === "EADDRINUSE" || code === "EACCES") resolve(code);
      else reject(error);
    });
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
