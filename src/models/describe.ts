import { models } from "../data/models.ts";
import { findModel } from "../plan/find-model.ts";
import type { KnownModel } from "../plan/types.ts";
import { describeLocal, isPath } from "./describe-local.ts";
import { isRepository } from "./hub-endpoint.ts";

export interface DescribeOptions {
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** True: what the Hub said earlier is used, and nobody is asked. */
  offline?: boolean | undefined;
  /** Hears why the Hub was not of use; then the name has to do. */
  warn?: ((warning: string) => void) | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * What is known of a model beyond the catalogue: from a file or folder on this machine, else for "owner/name" from the Hub
 * (one try within 3 s), or from what the Hub said earlier.
 * @returns null when the catalogue knows it or nobody does: then the catalogue or the name says the size
 * @throws CliError FILE when a path leads to nothing that says a size, USAGE when HF_ENDPOINT is none
 */
export async function describeModel(name: string, options: DescribeOptions): Promise<KnownModel | null> {
  const { cwd, env, offline = false, warn = () => undefined, signal } = options;
  if (isPath(name) || (name.includes("/") && !isInCatalogue(name))) {
    const local = await describeLocal(name, cwd);
    if (local !== null) return local;
  }
  if (isInCatalogue(name) || !isRepository(name)) return null;
  // Asking needs zod, whose import costs more than planning.
  const { describeHub } = await import("./describe-hub.ts");
  return describeHub(name, { env, offline, warn, signal });
}

function isInCatalogue(name: string): boolean {
  return findModel(name, models) !== null;
}
