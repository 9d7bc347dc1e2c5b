import path from "node:path";
import * as z from "zod";
import { parseWith, readJson } from "../../config/read.ts";
import { MAIN, WRANGLER_JSON } from "./wrangler-config.ts";

const outputSchema = z.looseObject({
  compatibility_date: z.string(),
  compatibility_flags: z.array(z.string()),
  assets: z.looseObject({
    directory: z.string(),
    run_worker_first: z.union([z.boolean(), z.array(z.string())]).optional(),
  }),
});

/** What workerd needs to serve an output as Cloudflare would. */
export interface WorkerOutput {
  /** The file of its one module. */
  modules: string;
  assetsDir: string;
  runWorkerFirst?: boolean | readonly string[];
  compatibilityDate: string;
  compatibilityFlags: readonly string[];
}

/** Reads what `buildWorker` wrote. @throws CliError BAD_CONFIG when it is not whole */
export async function readWorkerOutput(outputDir: string): Promise<WorkerOutput> {
  const file = path.join(outputDir, WRANGLER_JSON);
  const { assets, ...config } = parseWith(outputSchema, await readJson(file), file);
  return {
    modules: path.join(outputDir, MAIN),
    assetsDir: path.join(outputDir, assets.directory),
    ...(assets.run_worker_first !== undefined && { runWorkerFirst: assets.run_worker_first }),
    compatibilityDate: config.compatibility_date,
    compatibilityFlags: config.compatibility_flags,
  };
}
