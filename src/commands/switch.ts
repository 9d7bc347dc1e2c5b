import { answer, say, type Io } from "../io.ts";
import { exitOf } from "../release/document.ts";
import { Ledger } from "../release/ledger.ts";
import { lockProject } from "../release/lock.ts";
import { promote, rollback, type Switch, type SwitchDocument } from "../release/switch.ts";
import { withGoOn } from "./go-on.ts";
import { withProbeEnv } from "./probe-env.ts";
import { withGitHubReport } from "./github-report.ts";
import { readTarget, type TargetOptions } from "./read-target.ts";

interface SwitchOptions extends TargetOptions {
  github?: boolean;
}

/** `edge-ai promote <id>`: makes a deployment production, after a gate when it has not passed one. */
export function promoteCommand(io: Io, options: SwitchOptions & { id: string; gate: boolean }): Promise<number> {
  const goOn = ["promote", options.id, !options.gate && "--no-gate"];
  return switchProduction(io, options, goOn, (switching) => promote(switching, options.id));
}

/** `edge-ai rollback [id]`: goes back to the last known-good release, or to the named one. */
export function rollbackCommand(io: Io, options: SwitchOptions & { id?: string | undefined }): Promise<number> {
  // One without an id names the way on itself.
  const goOn = options.id === undefined ? null : ["rollback", options.id];
  return switchProduction(io, { ...options, gate: false }, goOn, (switching) => rollback(switching, options.id));
}

async function switchProduction(
  io: Io,
  options: SwitchOptions & { gate: boolean },
  command: readonly (string | false | undefined)[] | null,
  run: (switching: Switch) => Promise<SwitchDocument>,
): Promise<number> {
  const document = await withGitHubReport(io, options.github, () =>
    command === null
      ? switchLocked(io, options, run)
      : withGoOn(io, [...command, options.target && "--target", options.target], () => switchLocked(io, options, run)),
  );
  say(io, summary(document));
  answer(io, options.json === true ? document : (document.productionUrl ?? ""));
  // Here going back is what was asked for, and not a release that failed.
  return document.outcome === "refused" ? exitOf(document) : 0;
}

async function switchLocked(
  io: Io,
  options: SwitchOptions & { gate: boolean },
  run: (switching: Switch) => Promise<SwitchDocument>,
): Promise<SwitchDocument> {
  const project = await readTarget(io, options);
  const unlock = await lockProject(project.projectDir, new Date());
  try {
    return await run({
      ...project,
      config: await withProbeEnv(io, project.projectDir, project.config),
      gate: options.gate,
      ledger: new Ledger(project.projectDir),
      signal: io.signal,
      now: () => new Date(),
      onProgress: (line) => say(io, `  ${line}`),
    });
  } finally {
    await unlock();
  }
}

function summary({ outcome, verdict, cause, message, hint, deployment, notes }: SwitchDocument): string {
  const what = `${deployment.id} (build ${deployment.builtFrom})`;
  if (outcome === "unchanged") return `production is ${what} already`;
  if (outcome !== "refused")
    return [`${outcome}: production is ${what}`, ...notes.map((note) => `  note: ${note}`)].join("\n");
  return [
    `refused ${what}, verdict ${verdict ?? "none"}: production is as it was`,
    `  ${cause ?? ""}: ${(message ?? "").replaceAll("\n", "\n  ")}`,
    ...(hint === undefined || hint === "" ? [] : [`  hint: ${hint}`]),
  ].join("\n");
}
