import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CrashProject } from "./crash-project.ts";

interface Process {
  pid: number;
  parent: number;
  command: string;
}

const GRACE_MS = 8_000;
const PAUSE_MS = 100;

/** Processes that belong to a folder: by their environment, arguments or working folder. Needs Linux. */
export async function processesOf(root: string): Promise<Process[]> {
  const pids = (await fs.readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(pids.map((pid) => readProcess(pid, root)));
  return found.filter((each) => each !== null);
}

async function readProcess(pid: number, root: string): Promise<Process | null> {
  if (pid === process.pid) return null;
  try {
    const [environ, cmdline, stat, cwd] = await Promise.all([
      fs.readFile(`/proc/${pid}/environ`, "utf8"),
      fs.readFile(`/proc/${pid}/cmdline`, "utf8"),
      fs.readFile(`/proc/${pid}/stat`, "utf8"),
      fs.readlink(`/proc/${pid}/cwd`),
    ]);
    if (![environ, cmdline, cwd].some((text) => text.includes(root))) return null;
    // "pid (name) state parent …"; the name may hold anything.
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return state === "Z" ? null : { pid, parent: Number(parent), command: cmdline.replaceAll("\0", " ").trim() };
  } catch {
    return null;
  }
}

/** What is there and belongs to nobody any more, after a while: processes, temporary folders, half-written files. */
export async function leftovers(project: CrashProject): Promise<string[]> {
  return settled(async () => {
    const { supervisor = null, deployments = [] } = (await project.stateIfAny()) ?? {};
    const running = supervisor === null ? [] : deployments.filter(({ port }) => port !== null);
    const ids = deployments.map(({ id }) => id);
    return [
      ...(await orphans(project, supervisor?.pid)),
      ...(await leftInTmp(project, running.length)),
      ...(await leftInProject(project, ids)),
    ];
  });
}

/** Asks again until there is nothing left, or the time is over. */
export async function settled(look: () => Promise<string[]>): Promise<string[]> {
  const endMs = Date.now() + GRACE_MS;
  for (;;) {
    const left = await look();
    if (left.length === 0 || Date.now() > endMs) return left;
    await sleep(PAUSE_MS);
  }
}

/** Processes of the project that do not descend from its supervisor. */
async function orphans({ root }: CrashProject, supervisor: number | undefined): Promise<string[]> {
  const all = await processesOf(root);
  const parents = new Map(all.map(({ pid, parent }) => [pid, parent]));
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && (pid === supervisor || belongs(parents.get(pid)));
  return all.filter(({ pid }) => !belongs(pid)).map(({ pid, command }) => `process ${pid}: ${command}`);
}

/** One folder per supervisor, one per running deployment. */
async function leftInTmp({ tmp }: CrashProject, running: number): Promise<string[]> {
  const names = await fs.readdir(tmp);
  const supervisors = names.filter((name) => name.startsWith("edge-ai-supervisor-"));
  const hosts = names.filter((name) => name.startsWith("edge-ai-host-"));
  const others = names.filter((name) => !/^edge-ai-(?:supervisor|host)-|^node-compile-cache$/.test(name));
  return [
    ...(supervisors.length > 1 ? [`temporary: ${supervisors.join(" ")}`] : []),
    ...(hosts.length > running ? [`temporary: ${hosts.join(" ")} for ${running} running deployments`] : []),
    ...others.map((name) => `temporary: ${name}`),
  ];
}

async function leftInProject({ dir }: CrashProject, ids: readonly string[]): Promise<string[]> {
  const expected: Record<string, readonly string[]> = {
    ".vercel": ["output"],
    // The last health check is what compare and advise read.
    ".edge-ai": ["health", "local", "releases.jsonl"],
    ".edge-ai/health": ["local.json"],
    ".edge-ai/local": ["deployments", "state.json", "supervisor.log"],
    ".edge-ai/local/deployments": ids,
    ...Object.fromEntries(ids.map((id) => [`.edge-ai/local/deployments/${id}`, ["output", "functions.log"]])),
  };
  const found = await Promise.all(
    Object.entries(expected).map(async ([folder, names]) =>
      (await fs.readdir(path.join(dir, folder)).catch(() => []))
        .filter((name) => !names.includes(name))
        .map((name) => `file: ${folder}/${name}`),
    ),
  );
  return found.flat();
}
