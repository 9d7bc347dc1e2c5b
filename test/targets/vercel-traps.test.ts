// One test for each trap of the `vercel` program and its platform that burned somebody, in the order they were collected in
// (tried with CLI 60.1.3; here runs 58.4.4, and what 60.1.3 prints differently is fed to our parser as it was quoted).
//
// | #  | the trap                                                     | what edge-ai does                                   |
// | -- | ------------------------------------------------------------ | --------------------------------------------------- |
// | 1  | `runtime` in vercel.json fails the build                     | refuses it; Node.js is that of engines.node         |
// | 2  | a default function that takes a Request hangs                | refuses it before the build                         |
// | 3  | without public/, all files of the root are published         | refuses the project; publishes public/ alone        |
// | 4  | `promote <preview>` asks, gets no answer, and exits with 0   | looks at the target of a deployment first           |
// | 5  | `promote <preview> --yes` makes another deployment           | the same                                            |
// | 6  | `promote ""` asks for the status, and exits with 0           | no command line is made of an empty id              |
// | 7  | promote exits with 0 when nothing was promoted               | asks the production domain who it is                |
// | 8  | inspect, promote, rollback forget the project's team         | --scope on every command                            |
// | 9  | a failed deploy prints a URL                                 | reads no stdout of a command that failed            |
// | 10 | for agents the JSON has another shape                        | reads both                                          |
// | 11 | `env add` makes a variable that `pull` cannot read           | not touched: variables are never written            |
// | 12 | `alias set` of an unknown domain leads to buying it          | not touched: no aliases, domains move by promotion  |
// | 13 | `vercel build` does not look at sizes                        | counts bytes itself, of both builders               |
// | 14 | `vercel build` goes on after type errors                     | runs the project's tsc before                       |
// | 15 | staged production deployments are behind a login             | sends the secret; a login is neither sick nor well  |
// | 16 | `memory` cannot be set under Fluid compute                   | refuses it                                          |
// | 17 | global flags before the command break `rr` and `curl`        | uses neither, and puts them after the command       |
import fs from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MAX_FUNCTION_BYTES } from "../../src/build/build.ts";
import { copyStatic } from "../../src/build/static.ts";
import { readVercelJson } from "../../src/build/vercel-json.ts";
import { checkIdentity } from "../../src/health/check-identity.ts";
import { handlersCheck } from "../../src/release/preflight/handlers.ts";
import { publicFilesCheck } from "../../src/release/preflight/public-files.ts";
import { typeErrorsCheck } from "../../src/release/preflight/type-errors.ts";
import { refuseOutput } from "../../src/release/refuse-output.ts";
import type { Behaviour } from "../../src/rehearse/vercel-api/faults.ts";
import { parse } from "../../src/targets/vercel/answers.ts";
import { VercelCli } from "../../src/targets/vercel/cli.ts";
import { vercelArgs } from "../../src/targets/vercel/command-lines.ts";
import { VercelTarget } from "../../src/targets/vercel/vercel.ts";
import { tempDir, writeTree } from "../temp.ts";
import { findingsOf, io, linkPackages, writeProject } from "../unit/release/preflight-project.ts";
import { makeOnVercel, SECRET, vercelEnv, type OnVercel } from "./vercel.ts";

const SLOW_MS = 180_000;

let vercel: OnVercel;
let cliDir: string;
/** Talks to the emulator with the real program, from this process. */
let target: VercelTarget;
let cli: VercelCli;
/** Of the first release, which is production, and of the next one, which is staged. */
let production: string;
let staged: string;
let preview: string;

beforeAll(async () => {
  vercel = await makeOnVercel();
  const { api, project } = vercel;
  const { dir, env } = await vercelEnv(api);
  cliDir = dir;
  const own = io();
  const asUser = { ...own, env: { ...own.env, ...env, VERCEL_AUTOMATION_BYPASS_SECRET: SECRET } };
  ({ id: production } = await project.release("a"));
  const config = { name: "app", targets: { vercel: { project: null, scope: "rehearsal", domain: null } } };
  target = new VercelTarget({ io: asUser, projectDir: project.dir, config });
  cli = new VercelCli(asUser, project.dir);
  const outputDir = path.join(project.dir, ".vercel/output");
  ({ id: staged } = await target.stage({ outputDir, buildId: "b" }, { environment: "production", knownGood: null }));
}, 120_000);
afterAll(async () => {
  await vercel[Symbol.asyncDispose]();
  await fs.rm(cliDir, { recursive: true, force: true });
}, 120_000);

const made = (): number => vercel.api.deployments.length;
const asked = (endpoint: string): number => vercel.api.calls.filter((call) => call.endpoint === endpoint).length;

it.each(["nodejs18.x", "nodejs24.x", "nodejs", "edge"])(
  "trap 1: runtime %s in vercel.json is refused",
  async (runtime) => {
    const dir = await writeProject({ "vercel.json": JSON.stringify({ functions: { "api/a.ts": { runtime } } }) });
    await expect(readVercelJson(dir)).rejects.toMatchObject({
      code: "BAD_CONFIG",
      message: expect.stringMatching(/runtime.*engines\.node/s),
    });
  },
);

it("trap 2: a default function for a Request, which would hang, is refused", async () => {
  const source = "export default async function handler(req: Request) { return new Response('x'); }";
  const [finding] = await findingsOf(handlersCheck, await writeProject({ "api/a.ts": source }));
  expect(finding).toMatchObject({ level: "error", message: expect.stringContaining("it hangs on Vercel") });
});

it("trap 3: without public/ nothing is published, and the project is refused", async () => {
  const dir = await writeProject({ "public/index.html": null, "secrets/key.pem": "secret" });
  expect(await findingsOf(publicFilesCheck, dir)).toMatchObject([{ level: "error" }]);
  expect(await copyStatic(dir, path.join(dir, "out"))).toMatchObject({ report: { files: 0 } });
});

// Before trap 4, which needs the preview that this one makes.
it("trap 10: what the program prints for an agent is understood, too", { timeout: SLOW_MS }, async () => {
  const { project } = vercel;
  await project.write({ release: "preview" });
  const { document } = await project.with({ CLAUDECODE: "1", AI_AGENT: "1" }).deploy("--no-gate");
  expect(document).toMatchObject({
    outcome: "staged",
    environment: "preview",
    deployment: { id: expect.stringMatching(/^dpl_/) },
  });
  preview = document.deployment?.id ?? "";
  // As 60.1.3 prints it: flat, and under --non-interactive.
  const flat = {
    id: "dpl_1",
    url: "https://app-1.vercel.app",
    inspectorUrl: "https://vercel.com/t/app/1",
    readyState: "READY",
    target: "production",
    deploymentApiUrl: "https://api.vercel.com/v13/deployments/dpl_1",
  };
  const wrapped = { status: "ok", deployment: flat, message: "Deployment ready.", next: [] };
  for (const shape of [flat, wrapped]) expect(parse.staged(JSON.stringify(shape))).toMatchObject({ id: "dpl_1" });
});

it("trap 4: a preview is not promoted, and that is no success", { timeout: SLOW_MS }, async () => {
  const promotions = asked("promote");
  // The trap itself: nothing happens, and the exit code is 0.
  const raw = await cli.run(["promote", preview, "--scope", "rehearsal"]);
  expect([raw.exitCode, vercel.api.production?.id]).toEqual([0, production]);
  expect(await vercel.project.fail("promote", preview)).toMatchObject({
    code: 2,
    document: { error: { code: "NOT_PROMOTABLE" } },
  });
  expect([asked("promote"), vercel.api.production?.id]).toEqual([promotions, production]);
});

it("trap 5: nor is another deployment made of a preview", { timeout: SLOW_MS }, async () => {
  const before = [made(), asked("createDeployment")];
  for (const rollback of [false, true])
    await expect(target.promote(preview, { rollback })).rejects.toMatchObject({ code: "NOT_PROMOTABLE" });
  expect([made(), asked("createDeployment")]).toEqual(before);
});

it("trap 6: nothing is asked of an empty id", { timeout: SLOW_MS }, async () => {
  // The trap itself.
  const raw = await cli.run(["promote", "", "--yes", "--scope", "rehearsal"]);
  expect(raw.exitCode).toBe(0);
  expect(() => vercelArgs.promote("", { rollback: false }, 1_000, null)).toThrow("empty");
  expect(await vercel.project.fail("promote", "")).toMatchObject({
    code: 2,
    document: { error: { code: "UNKNOWN_DEPLOYMENT" } },
  });
});

// 202 is "queued": a rolling release is under way, and the promotion waits for its end.
it.each<[kind: Behaviour, hint: string]>([
  ["queued", "vercel rr complete"],
  ["skipped", "run the same command again"],
  ["rolling-release", "vercel rr complete"],
])("trap 7: exit code 0 of a promotion that is %s is not believed", { timeout: SLOW_MS }, async (kind, hint) => {
  const { api } = vercel;
  const before = asked("promote");
  // One look is enough.
  Object.assign(target, { propagationMs: 0 });
  api.inject({ endpoint: "promote", kind, times: 1 });
  await expect(target.promote(staged)).rejects.toMatchObject({
    code: "NOT_PRODUCTION",
    message: expect.stringContaining(`production is ${production} and not ${staged}`),
    hint: expect.stringContaining(hint),
  });
  for (const project of api.projects) project.canary = null;
  expect([asked("promote"), api.production?.id]).toEqual([before + 1, production]);
});

it(
  "trap 8: every command goes to the project's team, whatever the token's default is",
  { timeout: SLOW_MS },
  async () => {
    const { api } = vercel;
    // The trap itself: the folder is linked, and yet the deployment is looked for in the other team.
    expect(await cli.run(["inspect", production, "--format", "json"])).toMatchObject({ exitCode: 1 });
    const before = api.calls.length;
    expect(await target.current()).toMatchObject({ id: production });
    await target.promote(production);
    const calls = api.calls.slice(before).filter(({ endpoint }) => !["user", "teams", "team"].includes(endpoint ?? ""));
    expect(new Set(calls.map(({ teamId }) => teamId))).toEqual(new Set(["team_rehearsal"]));
    expect(new Set(calls.map(({ endpoint }) => endpoint))).toContain("promote");
  },
);

it("trap 9: the URL of a deployment that failed is not printed", { timeout: SLOW_MS }, async () => {
  const { api, project } = vercel;
  await project.write({ release: "fails there" });
  api.inject({ endpoint: "createDeployment", kind: "build-error" });
  const run = await project.bin("deploy", "--prod", "--no-gate");
  api.clearFaults();
  expect([run.code, run.stdout]).toEqual([2, ""]);
  expect(run.stderr).toMatch(/error: vercel deploy exited with 1/);
  expect(api.production?.id).toBe(production);
});

it("traps 11 and 12: variables are never written, and no alias is set", () => {
  const lines = commandLines();
  expect(new Set(lines.map(([command]) => command))).toEqual(
    new Set(["deploy", "promote", "rollback", "inspect", "list", "api", "link", "pull", "build"]),
  );
  // `vercel api` reads: it has no other method, and no body.
  for (const line of lines)
    expect(line.join(" ")).not.toMatch(/(^|\s)(alias|env add|-X|--method|--input|-F|--field)(\s|=|$)/);
  for (const endpoint of ["addEnv", "updateEnv", "removeEnv", "setAlias", "removeAlias"])
    expect(asked(endpoint)).toBe(0);
});

it("trap 13: a function of exactly 250 MiB is refused, although `vercel build` made it", async () => {
  const func = ".vercel/output/functions/api/a.func";
  const vcConfig = JSON.stringify({ runtime: "nodejs24.x", handler: "x.js", launcherType: "Nodejs" });
  const dir = await writeProject({ [`${func}/.vc-config.json`]: vcConfig, [`${func}/x.js`]: "" });
  await fs.truncate(path.join(dir, func, "x.js"), 250 * 1024 * 1024 - vcConfig.length);
  expect(MAX_FUNCTION_BYTES).toBe(262_144_000);
  await expect(refuseOutput(dir, path.join(dir, ".vercel/output"))).rejects.toMatchObject({ code: "TOO_LARGE" });
});

it("trap 14: a type error is found before the build", { timeout: SLOW_MS }, async () => {
  const dir = await writeProject({
    "tsconfig.json": '{"compilerOptions":{"noEmit":true,"strict":true,"types":[]},"include":["api"]}',
    "api/a.ts": "export const n: number = 'x';",
  });
  await linkPackages(dir, ["typescript"]);
  const [finding] = await findingsOf(typeErrorsCheck, dir);
  expect(finding).toMatchObject({ level: "error", message: expect.stringContaining("TS2322") });
});

it(
  "trap 15: the secret gets through to a staged deployment; without, a login is not taken for the app",
  { timeout: SLOW_MS },
  async () => {
    vercel.api.protect({ secret: SECRET });
    const { url, requestHeaders } = await target.reach(staged);
    const signal = AbortSignal.timeout(SLOW_MS);
    const look = (headers: Readonly<Record<string, string>>) =>
      checkIdentity({ url, headers, expectBuild: "b", signal });
    expect(requestHeaders).toEqual({ "x-vercel-protection-bypass": SECRET });
    // It answers, with the build id that it was really built with.
    expect(await look(requestHeaders)).toMatchObject({ cause: "wrong-build" });
    expect(await look({})).toMatchObject({ cause: "protected" });
    const redirect = await fetch(`${url}/api/health`, { redirect: "manual", headers: { accept: "text/html" } });
    expect([redirect.status, redirect.headers.get("location")]).toEqual([
      302,
      expect.stringContaining("vercel.com/sso-api"),
    ]);
    vercel.api.protect(null);
  },
);

it("trap 16: memory in vercel.json is refused", async () => {
  const dir = await writeProject({ "vercel.json": '{"functions":{"api/a.ts":{"memory":1024}}}' });
  await expect(readVercelJson(dir)).rejects.toMatchObject({
    code: "BAD_CONFIG",
    message: expect.stringContaining("Fluid"),
  });
});

it("trap 17: the command comes first, global flags after it, and neither rr nor curl is used", async () => {
  const dir = await tempDir();
  await writeTree(dir, { "node_modules/.bin/vercel": '#!/bin/sh\nprintf "%s\\n" "$@"\n' });
  await fs.chmod(path.join(dir, "node_modules/.bin/vercel"), 0o755);
  const own = new VercelCli(io(), dir, { globalConfig: "/config" });
  for (const line of commandLines()) {
    const { stdout } = await own.run(line);
    expect(stdout.split("\n")).toEqual([...line, "--global-config", "/config"]);
    expect(line[0]).toMatch(/^[a-z]+$/);
    expect(["rr", "rolling-release", "curl"]).not.toContain(line[0]);
  }
});

/** Every command line that there is. */
function commandLines(): string[][] {
  const meta = { buildId: "b", knownGood: "dpl_0" };
  const builders = {
    deploy: [vercelArgs.deploy("production", meta, "t"), vercelArgs.deploy("preview", meta, null)],
    promote: [true, false].map((rollback) => vercelArgs.promote("dpl_1", { rollback }, 1_000, "t")),
    inspect: [vercelArgs.inspect("dpl_1", "t")],
    list: [vercelArgs.list("app", "t")],
    api: [vercelArgs.api("/v9/projects/app", "t")],
    link: [vercelArgs.link("app", "t")],
    pull: [vercelArgs.pull("production", "t")],
    build: [vercelArgs.build("production", "t")],
  } satisfies Record<keyof typeof vercelArgs, string[][]>;
  return Object.values(builders).flat();
}
