import { setTimeout as sleep } from "node:timers/promises";
import { messageOf, systemCode } from "../../src/errors.ts";
import type { StepName } from "../../src/release/steps.ts";
import { CrashProject } from "./crash-project.ts";
import { leftovers, processesOf, settled } from "./leftovers.ts";

/** What came of one kill. Without problems and orphans all is well. */
export interface Outcome {
  /** What production was right after the kill. */
  after: "old" | "new" | "down";
  /** Sentences about what must not be. */
  problems: string[];
  orphans: string[];
}

/** Measuring takes 16 s; what is not about the gate or the watch goes without. */
const deployArgs = (gate: boolean): string[] => [
  "deploy",
  "--target",
  "local",
  "--prod",
  "--json",
  ...(gate ? [] : ["--no-gate"]),
];

function isMeasured(step: StepName): boolean {
  return step === "gate" || step === "watch";
}

/** A project with a release in production, and one before it to go back to. */
export async function releasedProject(): Promise<CrashProject> {
  const project = await CrashProject.make();
  for (let count = 0; count < 2; count++) {
    await project.change();
    const { code, stderr } = await project.run(deployArgs(false));
    if (code !== 0) throw new Error(`the release before the kill ended with ${code}:\n${stderr}`);
  }
  return project;
}

/** Kills the CLI (SIGKILL, nothing but its own pid) some time after a step of a deploy began; then deploys again. */
export async function killCli(
  project: CrashProject,
  step: StepName,
  delayMs: number,
  gate = isMeasured(step),
): Promise<Outcome> {
  const problems: string[] = [];
  const old = project.release;
  const next = await project.change();
  const cli = project.start(deployArgs(gate), (line, child) => {
    if (line !== `→ ${step}`) return;
    if (delayMs === 0) child.kill("SIGKILL");
    else setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  const watch = watchProduction(project, [old, next], problems);
  const first = await cli.end;
  // A short step at the end may be over before the kill.
  if (first.signal !== "SIGKILL" && first.code !== 0) problems.push(`it ended by itself: ${first.stderr}`);
  const after = await whatIsProduction(project, old, next, problems);
  await checkState(project, problems);
  await deployAgain(project, next, problems, gate);
  if ((await watch.stop()) > 0) problems.push("production did not answer while only the CLI was killed");
  return { after, problems, orphans: await leftovers(project) };
}

/** When a supervisor is killed: at rest, under load, or some time after a step of a deploy began. */
export type Moment = "idle" | "load" | Extract<StepName, "stage" | "gate" | "promote" | "watch">;
export type Rerun = "deploy" | "promote" | "rollback";

/** Kills the supervisor; looks that nothing of it goes on; then a command brings production back. */
export async function killSupervisor(
  project: CrashProject,
  moment: Moment,
  delayMs: number,
  rerun: Rerun,
): Promise<Outcome> {
  const problems: string[] = [];
  const old = project.release;
  const pid = (await project.state()).supervisor?.pid;
  if (pid === undefined) throw new Error("no supervisor to kill");
  if (moment === "idle" || moment === "load") await killAtRest(project, pid, moment, delayMs, problems);
  else await killDuringDeploy(project, pid, moment, delayMs, problems);
  await goneWithIt(project, problems);
  await checkState(project, problems);
  const { current, deployments } = await project.state();
  const previous = deployments.find(({ id }) => id === current)?.knownGood ?? null;
  if (rerun === "deploy") await deployAgain(project, project.release, problems);
  else if (rerun === "promote") await switchTo(project, ["promote", current ?? ""], current, problems);
  else await switchTo(project, ["rollback"], previous, problems);
  const answer = await project.production();
  if (rerun !== "deploy") await deployAgain(project, project.release, problems);
  return {
    after: answer === null ? "down" : answer.release === old ? "old" : "new",
    problems,
    orphans: await leftovers(project),
  };
}

/** Kills the supervisor, and then the CLI that is bringing it back. */
export async function killBoth(project: CrashProject, step: "stage" | "promote", delayMs: number): Promise<Outcome> {
  const problems: string[] = [];
  const old = project.release;
  const { supervisor } = await project.state();
  if (supervisor === null) throw new Error("no supervisor to kill");
  process.kill(supervisor.pid, "SIGKILL");
  // Without a change a deploy has only production to bring back: anchor, preflight, build, promote.
  const next = step === "stage" ? await project.change() : old;
  const cli = project.start(deployArgs(false), (line, child) => {
    if (line === `→ ${step}`) setTimeout(() => child.kill("SIGKILL"), delayMs);
  });
  await cli.end;
  const after = await whatIsProduction(project, old, next, problems);
  await checkState(project, problems);
  await deployAgain(project, next, problems);
  return { after, problems, orphans: await leftovers(project) };
}

async function killAtRest(
  project: CrashProject,
  pid: number,
  moment: "idle" | "load",
  delayMs: number,
  problems: string[],
): Promise<void> {
  const watch = moment === "load" ? watchProduction(project, [project.release], problems) : undefined;
  await sleep(delayMs);
  process.kill(pid, "SIGKILL");
  await watch?.stop();
}

async function killDuringDeploy(
  project: CrashProject,
  pid: number,
  step: StepName,
  delayMs: number,
  problems: string[],
): Promise<void> {
  await project.change();
  const cli = project.start(deployArgs(isMeasured(step)), (line) => {
    if (line === `→ ${step}`) setTimeout(() => kill(pid), delayMs);
  });
  const { code, stdout } = await cli.end;
  // Whatever the deploy makes of it, it says so in one document.
  try {
    JSON.parse(stdout);
  } catch {
    problems.push(`deploy ended with ${code} and stdout ${JSON.stringify(stdout)}`);
  }
  await sleep(delayMs);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (systemCode(error) !== "ESRCH") throw error;
  }
}

/** Functions end with their supervisor, and the port is free. A deploy under way may have started the next one already. */
async function goneWithIt(project: CrashProject, problems: string[]): Promise<void> {
  const left = await settled(async () => {
    const { supervisor } = await project.state();
    const all = await processesOf(project.root);
    const isBack = all.some(({ pid }) => pid === supervisor?.pid);
    return isBack ? [] : all.map(({ pid, command }) => `process ${pid} outlives the supervisor: ${command}`);
  });
  problems.push(...left);
}

async function switchTo(
  project: CrashProject,
  args: readonly string[],
  id: string | null,
  problems: string[],
): Promise<void> {
  const { code, stderr } = await project.run([...args, "--json"]);
  if (code !== 0) problems.push(`${args.join(" ")} ended with ${code}: ${stderr}`);
  const { current, deployments } = await project.state();
  if (current !== id) problems.push(`after ${args.join(" ")} the current deployment is ${current}, not ${id}`);
  const buildId = deployments.find((each) => each.id === current)?.buildId;
  const answer = await project.production();
  if (answer?.buildId !== buildId) problems.push(`production is build ${answer?.buildId}, not ${buildId}`);
}

/** What production is, which has to be the old or the new release, whole. */
async function whatIsProduction(
  project: CrashProject,
  old: number,
  next: number,
  problems: string[],
): Promise<Outcome["after"]> {
  try {
    const answer = await project.production();
    if (answer === null) return "down";
    if (answer.release === old) return "old";
    if (answer.release === next) return "new";
    problems.push(`production is release ${answer.release}, not ${old} or ${next}`);
  } catch (error) {
    problems.push(messageOf(error));
  }
  return "down";
}

async function checkState(project: CrashProject, problems: string[]): Promise<void> {
  await project.state().catch((error: unknown) => problems.push(`state.json: ${messageOf(error)}`));
}

async function deployAgain(project: CrashProject, wanted: number, problems: string[], gate = false): Promise<void> {
  const { code, stdout, stderr } = await project.run(deployArgs(gate));
  if (code !== 0) problems.push(`the rerun ended with ${code}: ${stderr}`);
  const answer = await project.production().catch((error: unknown) => problems.push(messageOf(error)));
  if (typeof answer === "object" && answer?.release === wanted) return;
  problems.push(`after the rerun production is ${JSON.stringify(answer)}, not release ${wanted}: ${stdout}`);
}

/** Asks production 50 times a second, and notes every answer that is not one of these releases, whole. */
function watchProduction(
  project: CrashProject,
  releases: readonly number[],
  problems: string[],
): { stop: () => Promise<number> } {
  let unanswered = 0;
  const asked: Promise<void>[] = [];
  const ask = async (): Promise<void> => {
    try {
      const answer = await project.production();
      if (answer === null) unanswered += 1;
      else if (!releases.includes(answer.release)) problems.push(`production was release ${answer.release}`);
    } catch (error) {
      problems.push(messageOf(error));
    }
  };
  // Three requests each.
  const timer = setInterval(() => asked.push(ask()), 60);
  return {
    stop: async () => {
      clearInterval(timer);
      await Promise.all(asked);
      return unanswered;
    },
  };
}
