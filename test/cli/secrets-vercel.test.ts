// The token, the bypass secret and the variables of the app, over all commands that talk to Vercel: emulated, through the
// real `vercel` program.
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeployDocument } from "../../src/release/document.ts";
import { makeOnVercel, type OnVercel } from "../targets/vercel.ts";
import { ArgvWatch, findLeaks } from "./leaks.ts";
import { runBin, type BinRun } from "./run.ts";

const SLOW_MS = 400_000;

/** The environment that edge-ai is started with. */
const ours = {
  VERCEL_TOKEN: "vctZx81KqOwnToken42",
  VERCEL_AUTOMATION_BYPASS_SECRET: "bYpass0Own7Secret2vercel",
};
/** Of the project on Vercel, and in .env.local. */
const theirs = { OPENAI_API_KEY: "sk-app-93-there-on-vercel", DATABASE_PASSWORD: "pw-84-here-only-31" };
const markers = { ...ours, ...theirs };

const tell = `console.log(process.env); console.error(JSON.stringify(process.env));`;

const runs: (BinRun & { args: string[] })[] = [];
let vercel: OnVercel;
let root: string;
let watch: ArgvWatch;

beforeAll(async () => {
  vercel = await makeOnVercel({}, { token: ours.VERCEL_TOKEN, functionsEnv: { ...theirs } });
  root = path.dirname(vercel.project.dir);
  const { dir } = vercel.project;
  const lines = Object.entries(theirs).map(([name, value]) => `${name}=${value}`);
  await fs.writeFile(path.join(dir, ".env.local"), lines.join("\n"));
  await fs.writeFile(path.join(dir, ".env.example"), "OPENAI_API_KEY=\nDATABASE_PASSWORD=\n# NOT_NEEDED=\n");
  watch = new ArgvWatch(spawned());
});
afterAll(() => vercel[Symbol.asyncDispose]());

/** Runs the bin with secrets in its environment, and keeps what it printed. */
async function edgeAi(args: string[], more: Record<string, string> = {}): Promise<BinRun> {
  const env = { ...vercel.env, ...ours, ...watch.env, TMPDIR: path.join(root, "tmp"), ...more };
  const run = await runBin(args, { cwd: vercel.project.dir, env });
  runs.push({ args, ...run });
  return run;
}

async function deploy(release: string, ...args: string[]): Promise<DeployDocument> {
  await vercel.project.write({ release, onImport: tell, embeddings: `${tell} return answer();` });
  const { stdout } = await edgeAi(["deploy", "--prod", "--no-gate", ...args, "--json"]);
  return JSON.parse(stdout) as DeployDocument;
}

describe.skipIf(process.platform !== "linux")("no secret gets out of", () => {
  it("releases on Vercel, with protection on", { timeout: SLOW_MS }, async () => {
    vercel.api.protect({ secret: ours.VERCEL_AUTOMATION_BYPASS_SECRET, mode: "all" });
    const first = await deploy("a");
    expect(first).toMatchObject({ outcome: "promoted" });
    await addVariable("OPENAI_API_KEY", theirs.OPENAI_API_KEY);
    const lacking = await deploy("b");
    expect(lacking).toMatchObject({ outcome: "refused", message: expect.stringContaining("DATABASE_PASSWORD") });
    await addVariable("DATABASE_PASSWORD", theirs.DATABASE_PASSWORD);
    const summary = path.join(root, "summary.md");
    const second = await edgeAi(["deploy", "--prod", "--no-gate", "--github"], { GITHUB_STEP_SUMMARY: summary });
    expect(second).toMatchObject({ code: 0 });
    expect(await fs.readFile(summary, "utf8")).toContain("promoted");
    expect(await edgeAi(["rollback", "--json"])).toMatchObject({ code: 0 });
    expect(await edgeAi(["promote", first.deployment?.id ?? "", "--no-gate"])).toMatchObject({ code: 0 });
    for (const command of [["deployments"], ["status", "--json"], ["doctor"], ["env", "check", "--json"]])
      expect(await edgeAi(command)).toMatchObject({ code: 0 });
  });

  it("what fails", { timeout: SLOW_MS }, async () => {
    vercel.api.inject({ endpoint: "promote", kind: { status: 403 } });
    const { code, stderr } = await edgeAi(["deploy", "--prod", "--no-gate", "--force", "--github"]);
    expect([code, stderr]).toEqual([2, expect.stringContaining("to go on: edge-ai deploy --prod")]);
    vercel.api.clearFaults();
    const wrong = { VERCEL_AUTOMATION_BYPASS_SECRET: "another0Own7Secret2" };
    expect(await edgeAi(["deploy", "--prod", "--force"], wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("does not let through"),
    });
    expect(await edgeAi(["deployments"], { VERCEL_TOKEN: "vctAnotherToken4242" })).toMatchObject({ code: 2 });
    vercel.api.protect(null);
  });

  it("a rehearsal, whose functions get the variables of .env.local", { timeout: SLOW_MS }, async () => {
    const faulty = await edgeAi(["rehearse", "--fault", "createDeployment=build-error"]);
    expect(faulty).toMatchObject({ code: 1, stdout: expect.stringContaining("good release") });
    expect(faulty.stderr).toContain("stage");
  });

  it("any file they wrote, or any program they started", async () => {
    const argvs = await watch.stop(runs.map(({ args }) => args));
    expect(argvs.filter((argv) => argv.includes("--skip-domain"))).not.toEqual([]);
    const except = [path.join(vercel.project.dir, ".env.local"), spawned()];
    expect(await findLeaks({ markers, runs, dirs: [root], except, argvs })).toEqual([]);
  });
});

/** What a person does in the project's settings. */
async function addVariable(key: string, value: string): Promise<void> {
  const project = vercel.api.projects[0]?.id ?? "";
  const response = await fetch(`${vercel.api.url}/v10/projects/${project}/env?teamId=team_rehearsal`, {
    method: "POST",
    headers: { authorization: `Bearer ${ours.VERCEL_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ key, value, type: "encrypted", target: ["production", "preview"] }),
  });
  expect(response.ok).toBe(true);
}

function spawned(): string {
  return path.join(root, "spawned.log");
}
