import { readConfig } from "../config/read.ts";
import type { TargetName } from "../config/words.ts";
import { CliError } from "../errors.ts";
import { answer, say, type Io } from "../io.ts";
import { lockProject } from "../release/lock.ts";
import { rehearse, stages, type RehearsalDocument, type RehearsedName } from "../rehearse/rehearse.ts";
import type { Target } from "../targets/target.ts";
import { VercelTarget } from "../targets/vercel/vercel.ts";
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
  const projectDir = io.cwd;
  const config = await readConfig(projectDir);
  const targetName = options.target ?? config.target;
  if (!isRehearsed(targetName)) {
    throw new CliError("NO_TARGET", `a release on ${targetName} cannot be rehearsed`, {
      hint: `edge-ai deploy --target local --prod is one already; for a platform: --target ${Object.keys(stages).join(" or ")}`,
    });
  }
  const open = stages[targetName](options.fault);
  const unlock = await lockProject(projectDir, new Date());
  try {
    const document = await rehearse({
      io,
      projectDir,
      config,
      targetName,
      open,
      timeoutMs: options.timeout,
      preflight: (ownIo, target) => () => refusalOf(ownIo, projectDir, { targetName, ...asked(target) }),
      onStep: (name) => say(io, name),
      onProgress: (line) => say(io, `  ${line}`),
    });
    answer(io, options.json === true ? document : render(document));
    return exits[document.verdict];
  } finally {
    await unlock();
  }
}

function isRehearsed(name: TargetName): name is RehearsedName {
  return Object.hasOwn(stages, name);
}

/** The checks ask the rehearsal's platform, not the user's. */
function asked(target: Target) {
  return target instanceof VercelTarget ? { vercel: target } : {};
}

function render({ verdict, cli, steps, skipped, calls, unmetFaults }: RehearsalDocument): string {
  const used = Object.entries(calls).map(([endpoint, count]) => `${endpoint} ${count}`);
  return [
    `the rehearsal ${says[verdict]}: ${cli.name} ${cli.version ?? "(unknown version)"} (${cli.from}), emulated API`,
    ...steps.map(
      ({ name, verdict: each, text, ms }) => `${marks[each]} ${name} (${(ms / 1_000).toFixed(1)} s): ${text}`,
    ),
    ...skipped.map((name) => `- ${name}: not run`),
    `calls: ${used.join(", ")}`,
    ...(unmetFaults.length === 0 ? [] : [`faults that nothing has met: ${unmetFaults.join(", ")}`]),
  ].join("\n");
}
