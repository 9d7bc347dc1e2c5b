import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as z from "zod";
import { median } from "../measure.ts";
import { makeEmpty, type Contender } from "./contenders.ts";

const run = promisify(execFile);
const COLD_IMPORT = fileURLToPath(import.meta.resolve("./cold-import.ts"));
const sample = z.object({ wallMs: z.number(), cpuMs: z.number() });

/** What a contender's import takes, less that of an empty module. */
export interface Cold {
  contender: Contender;
  bundle: { wallMs: number; cpuMs: number };
  minified: { wallMs: number; cpuMs: number };
}

/** Imports each bundle in a fresh process, A B C …, `samples` times. @returns medians */
export async function coldImports(dir: string, contenders: readonly Contender[], samples: number): Promise<Cold[]> {
  const empty = await makeEmpty(dir);
  const files = [empty, ...contenders].flatMap(({ bundle, minified }) => [bundle, minified]);
  const taken = new Map<string, z.infer<typeof sample>[]>();
  for (let round = 0; round <= samples; round++) {
    for (const file of new Set(files)) {
      const one = await importOnce(file);
      // The first round reads the files from the disk.
      if (round > 0) taken.set(file, [...(taken.get(file) ?? []), one]);
    }
  }
  const medianOf = (file: string, key: keyof z.infer<typeof sample>): number =>
    median((taken.get(file) ?? []).map((one) => one[key]));
  const overEmpty = (file: string): Cold["bundle"] => ({
    wallMs: medianOf(file, "wallMs") - medianOf(empty.bundle, "wallMs"),
    cpuMs: medianOf(file, "cpuMs") - medianOf(empty.bundle, "cpuMs"),
  });
  return contenders.map((contender) => ({
    contender,
    bundle: overEmpty(contender.bundle),
    minified: overEmpty(contender.minified),
  }));
}

async function importOnce(file: string): Promise<z.infer<typeof sample>> {
  const env = { ...process.env, AI_BASE_URL: "http://127.0.0.1:9/v1", AI_API_KEY: "bench-key" };
  const { stdout } = await run(process.execPath, [COLD_IMPORT, file], { env });
  return sample.parse(JSON.parse(stdout));
}
