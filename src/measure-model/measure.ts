import path from "node:path";
import { buildProject } from "../build/build.ts";
import type { Measured } from "../plan/types.ts";
import { measureServed, type ServedOptions } from "./measure-served.ts";
import { openProject } from "./project.ts";
import { serve, type Serving } from "./serving.ts";
import { openStaging, type Staging } from "./staging.ts";
import { placeWeights } from "./place-weights.ts";

export interface MeasureOptions extends ServedOptions {
  projectDir: string;
}

/**
 * Runs a model in a copy of the project's function, built and served as `edge-ai dev` does, and measures it at the asked
 * load: fresh instances, then a closed loop. Times in ms as a client on this machine sees them; memory is the most that the
 * function's process had, processor time that of all its threads for one request. Nothing of it is left afterwards, also
 * after a signal.
 * @throws CliError when the project cannot, or when requests fail, with the function's last lines; Interrupted
 */
export async function measureModel(options: MeasureOptions): Promise<Measured> {
  const { subject, signal, onProgress } = options;
  const project = await openProject(path.resolve(options.projectDir), subject);
  signal.throwIfAborted();
  onProgress(`measuring ${subject.modelId} (${subject.dtype}) in ${project.fn.file} on this machine`);
  const staging = await openStaging(project, subject.modelId);
  let serving: Serving | undefined;
  try {
    const { standIn, text } = await placeWeights(project, { ...options, to: staging.modelDir });
    onProgress(`→ weights: ${text}`);
    signal.throwIfAborted();
    const bundleBytes = await build(staging, signal);
    onProgress(`→ build: ${(bundleBytes / 1e6).toFixed(1)} MB`);
    serving = await serve({ ...options, projectDir: project.dir, stagingDir: staging.dir });
    if (serving.changed.length > 0) onProgress(`→ with ${serving.changed.join(" ")}: production needs that too`);
    const figures = await measureServed(serving, options);
    const { modelId, engine, dtype } = subject;
    const { machine } = serving;
    const measuredAt = new Date().toISOString();
    return { modelId, engine, dtype, standIn, ...options.load, ...figures, bundleBytes, machine, measuredAt };
  } catch (error) {
    // What a torn connection or a killed child says after a signal is not what happened.
    signal.throwIfAborted();
    throw error;
  } finally {
    await serving?.close();
    await staging.remove();
  }
}

/** @returns the bytes of the one function that a staged project has */
async function build({ dir }: Staging, signal: AbortSignal): Promise<number> {
  const { functions } = await buildProject(dir, { signal });
  return functions.reduce((sum, { bytes }) => sum + bytes, 0);
}
