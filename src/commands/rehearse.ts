import { readConfig } from "../config/read.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";
import { lockProject } from "../release/lock.ts";
import { parseFault } from "../rehearse/fault-flag.ts";
import { rehearse, type RehearsalDocument } from "../rehearse/rehearse.ts";
import { refusalOf } from "./refusal.ts";

interface RehearseOptions {
  target?: TargetName;
  fault: string[];
  timeout?: number;
  json?: boolean;
}

const exits = { pass: 0, fail: 1, inconclusive: 3 } as const;
const says = { pass: "went well", fail: "failed", inconclusive: "is inconclusive" } as const;
const marks = { pass: "✓", fail: "✗", inconclusive: "?" } as const;

/** `edge-ai rehearse`: the whole release on this machine. 1 when a step did not come to what it should. */
export async function rehearseCommand(io: Io, options: RehearseOptions): Promise<number> {
  const faults = options.fault.map(parseFault);
  const projectDir = io.cwd;
  const config = await readConfig(projectDir);
  if (config.target !== "vercel") {
    throw new CliError("NO_TARGET", `a release on ${config.target} cannot be rehearsed`, {
      hint:
        config.target === "local"
          ? "edge-ai deploy --target local --prod is one already; for Vercel set target in edge-ai.json"
          : 'set "target": "vercel" in edge-ai.json',
    });
  }
  const unlock = await lockProject(projectDir, new Date());
  try {
    const document = await rehearse({
      io,
      projectDir,
      config,
      faults,
      timeoutMs: options.timeout,
      preflight: (ownIo, vercel) => () => refusalOf(ownIo, projectDir, { targetName: "vercel", vercel }),
      onStep: (name) => say(io, name),
      onProgress: (line) => say(io, `  ${line}`),
    });
    answer(io, options.json === true ? document : render(document));
    return exits[document.verdict];
  } finally {
    await unlock();
  }
}

function render({ verdict, cli, steps, skipped, calls, unmetFaults }: RehearsalDocument): string {
  const used = Object.entries(calls).map(([endpoint, count]) => `${endpoint} ${count}`);
  return [
    `the rehearsal ${says[verdict]}: vercel ${cli.version ?? "(unknown version)"} (${cli.from}), emulated API`,
    ...steps.map(
      ({ name, verdict: each, text, ms }) => `${marks[each]} ${name} (${(ms / 1_000).toFixed(1)} s): ${text}`,
    ),
    ...skipped.map((name) => `- ${name}: not run`),
    `calls: ${used.join(", ")}`,
    ...(unmetFaults.length === 0 ? [] : [`faults that nothing has met: ${unmetFaults.join(", ")}`]),
  ].join("\n");
}
