import path from "node:path";
import type { NodeFunction } from "./output-functions.ts";

export type VercelEnvironment = "development" | "preview" | "production";

/**
 * The whole environment of a function. Nothing of the CLI's own: secrets of this machine stay out, and a variable
 * that is missing on the platform is missing here. HOME and TMPDIR are a folder of the function's own.
 */
export function functionEnv(options: {
  fn: NodeFunction;
  env: Readonly<Record<string, string>>;
  node: string;
  environment: VercelEnvironment;
  /** `host:port` of this server. */
  address: string;
  temporaryDir: string;
}): Record<string, string> {
  return {
    NODE_ENV: "production",
    ...options.env,
    ...options.fn.config.environment,
    // Names the platform keeps for itself; `vercel env pull` writes some of them into .env.local, empty.
    PATH: [path.dirname(options.node), "/usr/local/bin", "/usr/bin", "/bin"].join(path.delimiter),
    HOME: options.temporaryDir,
    TMPDIR: options.temporaryDir,
    TZ: ":UTC",
    VERCEL: "1",
    VERCEL_ENV: options.environment,
    VERCEL_REGION: "dev1",
    VERCEL_URL: options.address,
  };
}
