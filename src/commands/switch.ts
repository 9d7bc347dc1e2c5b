import { answer, say, type Io } from "../io.ts";
import { lockProject } from "../release/lock.ts";
import { promote, rollback, type SwitchDocument } from "../release/switch.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

/** `edge-ai promote <id>`: makes a deployment production. */
export function promoteCommand(io: Io, options: TargetOptions & { id: string }): Promise<number> {
  return switchProduction(io, options, (switching) => promote(switching, options.id));
}

/** `edge-ai rollback [id]`: goes back to the last known-good release, or to the named one. */
export function rollbackCommand(io: Io, options: TargetOptions & { id?: string | undefined }): Promise<number> {
  return switchProduction(io, options, (switching) => rollback(switching, options.id));
}

async function switchProduction(
  io: Io,
  options: TargetOptions,
  run: (switching: Parameters<typeof promote>[0]) => Promise<SwitchDocument>,
): Promise<number> {
  const project = await readTarget(io, options);
  const unlock = await lockProject(project.projectDir, new Date());
  try {
    const document = await run({ ...project, signal: io.signal, now: () => new Date() });
    say(
      io,
      document.outcome === "unchanged"
        ? `production is ${document.deployment.id} already`
        : `${document.outcome}: production is ${document.deployment.id} (build ${document.deployment.buildId})`,
    );
    answer(io, options.json === true ? document : document.productionUrl);
    return 0;
  } finally {
    await unlock();
  }
}
