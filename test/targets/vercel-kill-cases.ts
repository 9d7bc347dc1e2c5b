// kill -9 of the CLI while it releases on Vercel, and then the same command again. bench/crash-vercel.ts does it often.
import { setTimeout as sleep } from "node:timers/promises";
import type { StepName } from "../../src/release/steps.ts";
import type { EndpointName } from "../../src/rehearse/vercel-api/endpoint-names.ts";
import type { CaseProject } from "./vercel-case-project.ts";

/** When it is killed. */
export type KillMoment =
  /** So long after a deploy said that a step begins. */
  | { command: "deploy"; step: StepName; delayMs?: number }
  /** Once the API has answered a call, or, with `unanswered`, has done what it asks and its answer is held back. */
  | { command: "deploy" | "promote" | "rollback"; call: EndpointName; unanswered?: boolean; delayMs?: number };

export interface KillOutcome {
  /** What production was after the kill: what was under way on the platform has settled. */
  after: "old" | "new";
  problems: string[];
}

const LOOK_EVERY_MS = 5;
/** Longer than a promotion takes there. */
const SETTLE_MS = 400;

export function momentName(moment: KillMoment): string {
  if ("step" in moment) return `deploy at ${moment.step}`;
  return `${moment.command} ${moment.unanswered === true ? "before the answer to" : "after"} ${moment.call}`;
}

/** Kills nothing but the CLI's own pid; from b in production. */
export async function killOnVercel(on: CaseProject, moment: KillMoment): Promise<KillOutcome> {
  const problems: string[] = [];
  await on.restore();
  const old = await on.production();
  if (moment.command === "deploy") await on.change();
  const made = on.api.deployments.length;
  const watch = on.watch();
  const args = argsOf(on, moment.command);
  const { child, end } = on.start(args, (line) => {
    if ("step" in moment && line === `→ ${moment.step}`) setTimeout(() => child.kill("SIGKILL"), moment.delayMs ?? 0);
  });
  if ("call" in moment) void killAtCall(on, moment, () => child.kill("SIGKILL"), child);
  const first = await end;
  // A short step at the end may be over before the kill.
  if (first.signal !== "SIGKILL" && first.code !== 0) problems.push(`it ended by itself: ${first.stderr}`);
  on.api.clearFaults();
  // The program that we started ends with us, and its lock may stay.
  problems.push(...(await on.leftovers({ lock: true })));
  await sleep(SETTLE_MS);
  const between = await on.production();
  const again = await on.run(args);
  if (again.code !== 0) problems.push(`the rerun ended with ${again.code}: ${again.stdout}\n${again.stderr}`);
  const { builds, problems: sick } = await watch.stop();
  problems.push(...sick, ...(await afterwards(on, moment.command, made)));
  const now = await on.production();
  for (const build of builds)
    if (build !== old && build !== now) problems.push(`production was ${build}, not the old or the new release`);
  if (now === old) problems.push(`after the rerun production is the old release: ${again.stdout}\n${again.stderr}`);
  return { after: between === old ? "old" : "new", problems: [...new Set(problems)] };
}

function argsOf({ a }: CaseProject, command: KillMoment["command"]): string[] {
  if (command === "deploy") return ["deploy", "--prod", "--no-gate", "--json"];
  return command === "promote" ? ["promote", a, "--no-gate", "--json"] : ["rollback", "--json"];
}

async function killAtCall(
  { api }: CaseProject,
  { call, unanswered = false, delayMs = 0 }: Extract<KillMoment, { call: EndpointName }>,
  kill: () => void,
  child: { exitCode: number | null },
): Promise<void> {
  const before = api.calls.length;
  if (unanswered) api.inject({ endpoint: call, kind: "hang", after: true });
  const isThere = (): boolean =>
    api.calls.slice(before).some(({ endpoint, status }) => endpoint === call && (unanswered || (status ?? 500) < 300));
  while (!isThere() && child.exitCode === null) await sleep(LOOK_EVERY_MS);
  // What it asked for has its effect a little later.
  await sleep(unanswered ? SETTLE_MS : delayMs);
  kill();
}

async function afterwards(on: CaseProject, command: KillMoment["command"], made: number): Promise<string[]> {
  const problems = await on.leftovers({ lock: false });
  const more = on.api.deployments.length - made;
  const expected = command === "deploy" ? 1 : 0;
  if (more !== expected) problems.push(`${more} deployments were made`);
  if (command !== "deploy" && on.api.production?.id !== on.a)
    problems.push(`production is ${on.api.production?.id}, not ${on.a}`);
  if (on.api.unknownCalls.length > 0) problems.push(`unknown calls: ${on.api.unknownCalls.join(", ")}`);
  return problems;
}

/** Every step, and the calls that change something. */
export const killMoments: readonly KillMoment[] = [
  ...(["anchor", "preflight", "build", "smoke", "stage", "promote"] as const).map((step) => ({
    command: "deploy" as const,
    step,
  })),
  { command: "deploy", call: "files" },
  { command: "deploy", call: "createDeployment" },
  { command: "deploy", call: "createDeployment", unanswered: true },
  { command: "deploy", call: "promote" },
  { command: "deploy", call: "promote", unanswered: true },
  { command: "promote", call: "promote" },
  { command: "promote", call: "promote", unanswered: true },
  { command: "rollback", call: "rollback" },
  { command: "rollback", call: "rollback", unanswered: true },
];
