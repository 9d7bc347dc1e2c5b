import { answer, say, type Io } from "../io.ts";
import { exitOf } from "../release/document.ts";
import { lockProject } from "../release/lock.ts";
import { promote, rollback, type Switch, type SwitchDocument } from "../release/switch.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

/** `edge-ai promote <id>`: makes a deployment production, after a gate when it has not passed one. */
export function promoteCommand(io: Io, options: TargetOptions & { id: string; gate: boolean }): Promise<number> {
  return switchProduction(io, options, (switching) => promote(switching, options.id));
}

/** `edge-ai rollback [id]`: goes back to the last known-good release, or to the named one. */
export function rollbackCommand(io: Io, options: TargetOptions & { id?: string | undefined }): Promise<number> {
  return switchProduction(io, { ...options, gate: false }, (switching) => rollback(switching, options.id));
}

async function switchProduction(
  io: Io,
  options: TargetOptions & { gate: boolean },
  run: (switching: Switch) => Promise<SwitchDocument>,
): Promise<number> {
  const project = await readTarget(io, options);
  const unlock = await lockProject(project.projectDir, new Date());
  try {
    const onProgress = (line: string): void => say(io, `  ${line}`);
    const document = await run({
      ...project,
      gate: options.gate,
      signal: io.signal,
      now: () => new Date(),
      onProgress,
    });
    say(io, summary(document));
    answer(io, options.json === true ? document : document.productionUrl);
    // Here going back is what was asked for, and not a release that failed.
    return document.outcome === "refused" ? exitOf(document) : 0;
  } finally {
    await unlock();
  }
}

function summary({ outcome, verdict, cause, message, hint, deployment }: SwitchDocument): string {
  const what = `${deployment.id} (build ${deployment.buildId})`;
  if (outcome === "unchanged") return `production is ${what} already`;
  if (outcome !== "refused") return `${outcome}: production is ${what}`;
  return [
    `refused ${what}, verdict ${verdict ?? "none"}: production is as it was`,
    `  ${cause ?? ""}: ${(message ?? "").replaceAll("\n", "\n  ")}`,
    ...(hint === undefined || hint === "" ? [] : [`  hint: ${hint}`]),
  ].join("\n");
}
