import type { Server } from "node:http";
import { CliError, messageOf, systemCode } from "../errors.ts";

/**
 * Listens on 127.0.0.1, and nowhere else.
 * @returns the port
 * @throws CliError PORT when the port cannot be used
 */
export async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => reject(portError(port, error)));
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("a server on a port has an address");
  return address.port;
}

function portError(port: number, error: Error): unknown {
  const inUse = systemCode(error) === "EADDRINUSE";
  if (!inUse && systemCode(error) !== "EACCES") return error;
  const what = inUse ? `port ${port} is in use` : `port ${port} is not allowed: ${messageOf(error)}`;
  return new CliError("PORT", what, { hint: "choose another with --port, or a free one with --port 0", cause: error });
}
