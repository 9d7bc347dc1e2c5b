import { createRequire } from "node:module";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { CliError } from "../../errors.ts";

/**
 * What we use of miniflare 5, which comes with the project's wrangler: we never ask for a version of our own, so the Worker
 * runs here in the very workerd that `wrangler dev` would take.
 */
export interface MiniflareModule {
  Miniflare: new (options: unknown) => Miniflare;
  NoOpLog: new () => object;
}

export interface Miniflare {
  ready: Promise<URL>;
  dispatchFetch(url: string, init: object): Promise<Response>;
  getWorker(): Promise<{ scheduled(event: { cron: string }): Promise<{ outcome: string }> }>;
  dispose(): Promise<void>;
}

/**
 * Loads miniflare through the wrangler that is installed in (or above) a folder.
 * @throws CliError MISSING_PROGRAM when there is none
 */
export async function loadMiniflare(from: string): Promise<MiniflareModule> {
  let file: string;
  try {
    const wrangler = createRequire(path.join(from, "package.json")).resolve("wrangler/package.json");
    file = createRequire(wrangler).resolve("miniflare");
  } catch (error) {
    throw new CliError("MISSING_PROGRAM", `wrangler is not installed in ${from}`, {
      hint: "npm install --save-dev wrangler",
      cause: error,
    });
  }
  const loaded: unknown = await import(pathToFileURL(file).href);
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what is read of it is checked by every start
  return loaded as MiniflareModule;
}
