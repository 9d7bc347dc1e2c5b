import { DEFAULT_PRODUCTION_PORT, PORT_HINT } from "../../targets/local/production-port.ts";
import { defineCheck, type Check, type Problem } from "./check.ts";
import { portHolder, type PortHolder } from "./port-holder.ts";

const says: Record<PortHolder, ((port: number) => string) | null> = {
  nobody: null,
  supervisor: null,
  another: (port) => `port ${port} is in use by another program`,
  forbidden: (port) => `port ${port} may not be used by this user`,
};

/** The port of the local target's production is free, or has production on it. */
export function portCheck(holderOf: typeof portHolder = portHolder): Check {
  return defineCheck("port", async ({ dir, config, targetName }): Promise<Problem[]> => {
    if (targetName !== "local") return [];
    const port = config?.targets.local?.port ?? DEFAULT_PRODUCTION_PORT;
    const message = says[await holderOf(dir, port)]?.(port);
    if (message === undefined) return [];
    return [{ level: "error", message, hint: PORT_HINT, code: "PORT" }];
  });
}
