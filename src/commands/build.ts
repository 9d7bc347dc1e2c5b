import path from "node:path";
import { buildProject, type BuildReport } from "../build/build.ts";
import type { TargetName } from "../config/words.ts";
import { answer, say, type Io } from "../io.ts";

export interface BuildOptions {
  dir: string;
  target?: TargetName;
  json?: boolean;
}

/** `edge-ai build`: .vercel/output from the project. */
export async function buildCommand(io: Io, { dir, json }: BuildOptions): Promise<number> {
  const report = await buildProject(path.resolve(io.cwd, dir), { signal: io.signal });
  for (const warning of report.warnings) say(io, `warning: ${warning}`);
  answer(io, json === true ? report : renderReport(report));
  return 0;
}

function renderReport({ outputDir, buildId, functions, static: statics }: BuildReport): string {
  const lines = functions.map(
    ({ path: route, bytes, largest }) =>
      `  ${route.padEnd(24)} ${megabytes(bytes).padStart(9)}   ${largest
        .slice(0, 3)
        .map(({ name, bytes: size }) => `${name} ${megabytes(size)}`)
        .join(", ")}`,
  );
  return [
    `built ${outputDir}`,
    ...lines,
    `  ${"static".padEnd(24)} ${megabytes(statics.bytes).padStart(9)}   ${statics.files} files`,
    `build id ${buildId}`,
  ].join("\n");
}

/** Bytes in MB of 1,000,000. */
function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 1e6 ? 3 : 1)} MB`;
}
