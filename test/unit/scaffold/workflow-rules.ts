// What has to hold of every workflow that `edge-ai ci` writes, beside what actionlint knows.
import vm from "node:vm";
import { parse } from "yaml";

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
  with?: Record<string, string | boolean>;
}

interface Job {
  if?: string;
  needs?: string;
  permissions?: Record<string, string>;
  concurrency?: { group: string; "cancel-in-progress": boolean };
  "timeout-minutes"?: number;
  steps: Step[];
}

export interface Workflow {
  on: Record<string, unknown>;
  permissions?: unknown;
  jobs: Record<string, Job>;
}

export function parseWorkflow(text: string): Workflow {
  return parse(text) as Workflow;
}

/** Everything that is wrong with a workflow, in sentences. */
export function problemsOf(text: string): string[] {
  const workflow = parseWorkflow(text);
  const jobs = Object.entries(workflow.jobs);
  return [
    ...when(JSON.stringify(workflow.permissions) !== "{}", "the workflow has permissions"),
    ...when("pull_request_target" in workflow.on, "pull_request_target runs the code of forks with secrets"),
    ...jobs.flatMap(([name, job]) => jobProblems(name, job)),
    ...unpinned(text),
    ...misplacedSecrets(workflow),
    ...["production", "rollback"].flatMap((name) =>
      when(
        JSON.stringify(workflow.jobs[name]?.concurrency) !==
          '{"group":"edge-ai-production","cancel-in-progress":false}',
        `${name} can be cancelled, or run beside a release`,
      ),
    ),
  ];
}

const PERMISSIONS: Record<string, object> = {
  check: { contents: "read" },
  preview: { contents: "read", "pull-requests": "write" },
  production: { contents: "read" },
  rollback: { contents: "read" },
};

function jobProblems(name: string, job: Job): string[] {
  const timeout = job["timeout-minutes"];
  return [
    ...when(
      JSON.stringify(job.permissions) !== JSON.stringify(PERMISSIONS[name]),
      `${name} has other permissions than it needs`,
    ),
    ...when(typeof timeout !== "number" || timeout > 60, `${name} has no timeout`),
    ...job.steps.flatMap((step) => [
      ...when(
        step.uses?.startsWith("actions/checkout@") === true && step.with?.["persist-credentials"] !== false,
        `${name} leaves the token in .git/config`,
      ),
      ...when(/\$\{\{/.test(step.run ?? ""), `${name} puts an expression into a command line: ${step.run}`),
      ...when(/\$\{\{/.test(String(step.with?.["script"] ?? "")), `${name} puts an expression into a script`),
      ...when(/\bnpx (?!--no-install )/.test(step.run ?? ""), `${name} may install what npx runs`),
    ]),
  ];
}

function unpinned(text: string): string[] {
  const lines = text.split("\n").filter((line) => /\buses:/.test(line));
  return lines.flatMap((line) =>
    when(!/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(line), `not pinned: ${line.trim()}`),
  );
}

/** Secrets belong into the environment of the steps that deploy, and nowhere else. */
function misplacedSecrets(workflow: Workflow): string[] {
  return leaves(workflow).flatMap(([path, value]) => {
    if (!/\b(secrets|github\.token)\b/.test(value)) return [];
    const [, job = "", index = ""] = /^jobs\.(\w+)\.steps\.(\d+)\.env\./.exec(path) ?? [];
    const run = workflow.jobs[job]?.steps[Number(index)]?.run ?? "";
    return when(!/edge-ai (deploy|rollback) /.test(run), `a secret in ${path}`);
  });
}

function leaves(value: unknown, path = ""): [path: string, value: string][] {
  if (typeof value !== "object" || value === null) return [[path, String(value)]];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, path === "" ? key : `${path}.${key}`));
}

function when(isWrong: boolean, problem: string): string[] {
  return isWrong ? [problem] : [];
}

/** The jobs that run for an event. Our conditions mean the same in JavaScript. */
export function jobsFor({ jobs }: Workflow, context: object): string[] {
  const runs = (name: string): boolean => {
    const { needs, if: condition = "true" } = jobs[name] ?? { steps: [] };
    return Boolean(vm.runInNewContext(condition, context)) && (needs === undefined || runs(needs));
  };
  return Object.keys(jobs).filter(runs);
}
