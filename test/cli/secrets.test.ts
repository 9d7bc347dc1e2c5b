// Secrets of the environment, of .env.local and of flags, over all commands: whatever an app, a server or a child makes of
// them, none reaches stdout, stderr, a file or the argv of a process.
import fs from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { DeployDocument } from "../../src/release/document.ts";
import { freePort } from "../free-port.ts";
import { makeProject, type TestProject, type Variant } from "../targets/fixture.ts";
import { json, startApp, type Handler } from "../unit/health/app.ts";
import { ArgvWatch, findLeaks, leaksIn } from "./leaks.ts";
import { runBin, type BinRun } from "./run.ts";

/** The environment that edge-ai is started with. */
const ours = {
  VERCEL_TOKEN: "vct-Zx81Kq/own+token",
  VERCEL_AUTOMATION_BYPASS_SECRET: "bYpass0Own7Secret2vercel",
  ANTHROPIC_API_KEY: "sk-ant-own-5527-quite-a-long-one",
  HF_TOKEN: "hf_ownTokenOfTheHub8841xyz",
};
/** What the app needs, in .env.local. */
const theirs = {
  OPENAI_API_KEY: 'sk-app-93"quoted\\and/more+0=',
  DATABASE_PASSWORD: "pw-84-with spaces & signs%",
};
const DATABASE_URL_PASSWORD = "url-Pass-62-word";
const PEM_LINE = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC";
/** What is given on the command line or in a named file. */
const given = {
  header: "gIven-header-3391-value",
  cookie: "basic-Pass-5540-word",
  dotenv: "sk-dotenv-7719-other-file",
};
const markers = { ...ours, ...theirs, DATABASE_URL_PASSWORD, PEM_LINE, ...given };

const envLocal = `${Object.entries(theirs)
  .map(([name, value]) => `${name}='${value}'`)
  .join("\n")}
DATABASE_URL=postgres://app:${DATABASE_URL_PASSWORD}@127.0.0.1:9/db
SIGNING_KEY="-----BEGIN PRIVATE KEY-----\n${PEM_LINE}\n-----END PRIVATE KEY-----"
GREETING=good-morning-everybody
`;

/** Prints all it knows, in every way that is not quite the value itself. */
const TELL_ALL = `
const base64 = (text: string): string => Buffer.from(text).toString("base64");
function tellAll(when: string): void {
  console.log(when, process.env);
  console.error(JSON.stringify(process.env), JSON.stringify(JSON.stringify(process.env)));
  for (const [name, value = ""] of Object.entries(process.env))
    console.log(name, value, encodeURIComponent(value), new URLSearchParams({ value }).toString(), base64(value), base64("user:" + value));
  process.stdout.write("in two " + process.env.OPENAI_API_KEY?.slice(0, 9));
  process.stdout.write(process.env.OPENAI_API_KEY?.slice(9) + " pieces\\n");
}
`;
const KEY = "process.env.OPENAI_API_KEY";
const variants = {
  good: { onImport: `${TELL_ALL}tellAll("import");`, embeddings: `tellAll("request"); return answer();` },
  throwsAtImport: { onImport: `throw new Error("no access with " + ${KEY});` },
  throwsOnRequest: { embeddings: `throw new Error("no access with " + ${KEY});` },
  // Cut by whoever quotes the beginning of an answer.
  answersWithIt: { embeddings: `return new Response("x".repeat(30) + " no access with " + ${KEY});` },
} satisfies Record<string, Variant>;

/** A server that sends back the headers it got: its routes, and two kinds of health document. */
const echo: Handler = ({ headers }, response, n) => {
  const all = JSON.stringify(headers);
  if (n % 2 === 0) return response.writeHead(500, { "x-vercel-error": all }).end(all);
  return response.writeHead(200, { "content-type": "text/html" }).end(`<html> ${all}`);
};
const well: Handler = ({ headers }, response) =>
  json(response, {
    version: 1,
    status: "ok",
    buildId: headers["x-vercel-protection-bypass"],
    modelId: atob(headers.authorization?.split(" ")[1] ?? ""),
  });
const ill: Handler = ({ headers }, response) => {
  response.writeHead(500, { "x-vercel-error": headers["x-vercel-protection-bypass"] }).end(JSON.stringify(headers));
};

const runs: (BinRun & { args: string[] })[] = [];
let project: TestProject;
let root: string;
let watch: ArgvWatch;
let argvs: string[] = [];

beforeAll(async () => {
  project = await makeProject();
  root = path.dirname(project.dir);
  await fs.mkdir(path.join(root, "home"));
  await fs.writeFile(path.join(project.dir, ".env.local"), envLocal);
  await fs.writeFile(path.join(root, "other.env"), `OPENAI_API_KEY=${given.dotenv}\n`);
  watch = new ArgvWatch(spawned());
});
afterAll(() => project[Symbol.asyncDispose]());

/** Runs the bin with secrets in its environment, and keeps what it printed. */
async function edgeAi(args: string[], options: Partial<Parameters<typeof runBin>[1]> = {}): Promise<BinRun> {
  const env = { ...ours, ...watch.env, TMPDIR: path.join(root, "tmp"), HOME: path.join(root, "home"), ...options.env };
  const run = await runBin(args, { cwd: project.dir, ...options, env });
  runs.push({ args, ...run });
  return run;
}

async function deploy(variant: keyof typeof variants, ...args: string[]): Promise<DeployDocument> {
  await project.write({ release: variant, ...variants[variant] });
  const { stdout } = await edgeAi(["deploy", "--no-gate", ...args, "--json"]);
  return JSON.parse(stdout) as DeployDocument;
}

/** What a release was refused with, which says what the functions said. */
function said({ outcome, message = "", hint = "" }: DeployDocument): string {
  expect(outcome).toBe("refused");
  return `${message}\n${hint}`;
}

describe.skipIf(process.platform !== "linux")("no secret gets out of", () => {
  it("create, when a child that fails prints its environment", async () => {
    const programs = path.join(root, "programs");
    await fs.mkdir(programs);
    const npm = `#!/bin/sh\n[ "$1" = pack ] && exit 0\necho "token $VERCEL_TOKEN"\necho "{\\"key\\":\\"$ANTHROPIC_API_KEY\\"}" >&2\nexit 1\n`;
    await fs.writeFile(path.join(programs, "npm"), npm, { mode: 0o755 });
    const env = { PATH: `${programs}:${process.env["PATH"]}` };
    const failed = await edgeAi(["create", "app", "--yes", "--json"], { cwd: root, env });
    expect([failed.code, failed.stdout]).toEqual([
      2,
      expect.stringContaining(String.raw`token [secret]\n{\"key\":\"[secret]\"}`),
    ]);
    expect(await edgeAi(["create", "app2", "--yes", "--no-install"], { cwd: root })).toMatchObject({ code: 0 });
  });

  it("plan, when it quotes what it was asked", async () => {
    const { stdout, stderr } = await edgeAi(["plan", ours.VERCEL_TOKEN, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ error: { message: expect.stringContaining("[secret]") } });
    expect(stderr).toContain("[secret]");
    expect(await edgeAi(["plan", theirs.OPENAI_API_KEY])).toMatchObject({
      stderr: expect.stringContaining("[secret]"),
    });
  });

  it("add, which reads what is there", async () => {
    const app = path.join(root, "app2");
    await fs.writeFile(path.join(app, ".env.local"), `OPENAI_API_KEY=${theirs.OPENAI_API_KEY}\n`);
    expect(await edgeAi(["add", "cache", "--json"], { cwd: app })).toMatchObject({ code: 0 });
    expect(await edgeAi(["add", theirs.OPENAI_API_KEY], { cwd: app })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("[secret]"),
    });
    await fs.rm(path.join(app, ".env.local"));
  });

  it("fake-provider, when it is given a port that is none", async () => {
    expect(await edgeAi(["fake-provider", "--port", ours.VERCEL_TOKEN])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("[secret]"),
    });
  });

  it("build, when a pattern matches .env.local, or a function reads it", async () => {
    const vercelJson = { functions: { "api/embeddings.ts": { includeFiles: "{models/m/**,.env*}" } } };
    await fs.writeFile(path.join(project.dir, "vercel.json"), JSON.stringify(vercelJson));
    const onImport = `import fs from "node:fs";
      import path from "node:path";
      const file = path.join(process.cwd(), ".env.local");
      if (fs.existsSync(file)) console.log(fs.readFileSync(file, "utf8"));`;
    await project.write({ release: "reads", onImport });
    expect(await edgeAi(["build"])).toMatchObject({ code: 0 });
    const output = path.join(project.dir, ".vercel/output");
    expect((await fs.readdir(output, { recursive: true })).filter((file) => file.includes("models/m/"))).not.toEqual(
      [],
    );
    expect(await findLeaks({ markers, runs: [], dirs: [output], argvs: [] })).toEqual([]);
  });

  it.each([
    ["with .env.local", [], "good-morning-everybody"],
    ["with another file", ["--dotenv", "../other.env"], "request"],
  ])("dev, when a function prints its environment, %s", async (_what, args, text) => {
    await project.write(variants.good);
    const port = await freePort();
    const { stderr } = await edgeAi(["dev", "--port", String(port), ...args], {
      onSpawn: (child) => {
        void (async () => {
          const endMs = Date.now() + 15_000;
          while (child.exitCode === null && Date.now() < endMs) {
            const url = `http://127.0.0.1:${port}/api/embeddings`;
            const answered = await fetch(url, { method: "POST", signal: AbortSignal.timeout(5_000) }).catch(() => null);
            await sleep(300);
            if (answered?.ok === true) break;
          }
          child.kill("SIGTERM");
        })();
      },
    });
    expect(stderr).toContain("[secret]");
    expect(stderr).toContain(text);
    expect(Object.keys(ours).filter((name) => stderr.includes(name))).toEqual([]);
  });

  it("healthcheck, when a server sends back the headers it got", async () => {
    const header = [
      `x-vercel-protection-bypass: ${given.header}`,
      `authorization: Basic ${btoa(`ci:${given.cookie}`)}`,
    ];
    const flags = [
      ...header.flatMap((line) => ["--header", line]),
      "--rate",
      "100",
      "--max-requests",
      "20",
      "--path",
      `/x?key=${given.header}`,
    ];
    const apps = [await startApp(echo, well), await startApp(echo, ill)] as const;
    try {
      const reports = ["--html", "r.html", "--junit", "r.xml", "--save", "r.json", "--github"];
      expect(await edgeAi(["healthcheck", apps[0].url, ...flags, ...reports])).toMatchObject({ code: 1 });
      for (const file of ["r.html", "r.xml"])
        expect(await fs.readFile(path.join(project.dir, file), "utf8")).toContain("[secret]");
      for (const engine of ["k6", "artillery"])
        expect(await edgeAi(["healthcheck", apps[0].url, ...flags, "--export", engine])).toMatchObject({ code: 0 });
      const { stdout } = await edgeAi(["healthcheck", apps[0].url, ...flags, "--json"]);
      expect(JSON.parse(stdout)).toMatchObject({ buildId: "[secret]", modelId: "ci:[secret]" });
      const { stdout: why } = await edgeAi(["healthcheck", apps[1].url, ...flags, "--json"]);
      expect(JSON.parse(why)).toMatchObject({
        warnings: [expect.stringContaining("HTTP 500 [secret]"), expect.anything()],
      });
    } finally {
      for (const app of apps) await app.stop();
    }
  });

  it("plan, cost, compare, roi, advise and models, when the Hub sends back the headers it got", async () => {
    const hub = await startApp(({ headers }, response, n) => {
      if (n % 2 === 0) return json(response, { id: headers.authorization, error: headers }, 200);
      return response.writeHead(500, { "x-error-message": headers.authorization }).end(JSON.stringify(headers));
    });
    const env = { HF_ENDPOINT: hub.url };
    try {
      for (const args of [
        ["plan", "acme/private-360m"],
        ["cost", "acme/private-360m", "--explain"],
        ["compare", "acme/private-360m"],
        ["roi", "--monthly-cost", "500", "--monthly-savings", "900", "--build-weeks", "1"],
        ["advise"],
        ["models", "show", "acme/private-360m", "--json"],
        ["models", "pull", "acme/private-360m"],
      ])
        await edgeAi(args, { env });
      expect(hub.seen.some(({ headers }) => headers.authorization === `Bearer ${ours.HF_TOKEN}`)).toBe(true);
    } finally {
      await hub.stop();
    }
  });

  it("deploy, when functions throw with a secret in the message", async () => {
    expect(said(await deploy("throwsAtImport"))).toContain("no access with [secret]");
    expect(said(await deploy("throwsOnRequest"))).toContain("no access with [secret]");
    expect(said(await deploy("answersWithIt"))).toContain("no access with");
    const { code, stderr } = await edgeAi(["deploy"]);
    expect([code, stderr]).toEqual([1, expect.stringContaining("no access with")]);
  });

  it("releases, when functions print their environment", async () => {
    const first = await deploy("good", "--prod");
    expect(first).toMatchObject({ outcome: "promoted" });
    await project.write({ ...variants.good, release: "second" });
    expect(await edgeAi(["deploy", "--no-gate", "--prod"])).toMatchObject({ code: 0 });
    expect(await edgeAi(["rollback", "--json"])).toMatchObject({ code: 0 });
    expect(await edgeAi(["promote", first.deployment?.id ?? "", "--no-gate"])).toMatchObject({ code: 0 });
    await fetch(`${project.url}/api/embeddings`, { method: "POST" });
    for (const command of ["deployments", "status"]) {
      for (const more of [[], ["--json"]]) expect(await edgeAi([command, ...more])).toMatchObject({ code: 0 });
    }
    for (const more of [[], ["--json"]]) await edgeAi(["doctor", ...more]);
    await edgeAi(["ci", "--target", "vercel"]);
    // On the emulated Vercel API they are in secrets-vercel.test.ts.
    await edgeAi(["env", "check"]);
    expect(await edgeAi(["rehearse"])).toMatchObject({ code: 2 });
    // Of what a function prints, all that is no secret is in its log.
    const log = await fs.readFile(
      path.join(project.dir, ".edge-ai/local/deployments", first.deployment?.id ?? "", "functions.log"),
      "utf8",
    );
    expect(log).toContain("good-morning-everybody");
    expect(log).toContain("OPENAI_API_KEY [secret]");
    expect(log).toContain("in two [secret] pieces");
    expect(log).toContain("postgres://app:[secret]@127.0.0.1:9/db");
    // The supervisor has not been given the environment of the command line, nor have the functions.
    expect(Object.keys(ours).filter((name) => log.includes(name))).toEqual([]);
    expect(leaksIn(await supervisorEnv(), markers, "environ")).toEqual([]);
  });

  it("monitor, when production and a webhook know secrets", async () => {
    const hook = await startApp((_request, response) => json(response, { error: ours.VERCEL_TOKEN }, 500));
    const edgeAiJson = path.join(project.dir, "edge-ai.json");
    const before = await fs.readFile(edgeAiJson, "utf8");
    const notifiers = [{ kind: "webhook", urlEnv: "HOOK_URL", secretEnv: "VERCEL_TOKEN" }, { kind: "stdout" }];
    const rules = [{ name: "up", metric: "up", below: 2, forMs: 0 }];
    await fs.writeFile(edgeAiJson, JSON.stringify({ ...JSON.parse(before), monitor: { rules, notifiers } }));
    try {
      const env = { HOOK_URL: `${hook.url}/${given.header}` };
      for (const more of [[], ["--json"]]) {
        expect(await edgeAi(["monitor", "--once", ...more], { env })).toMatchObject({ code: 1 });
      }
      expect(hook.seen[0]?.url).toContain(given.header);
    } finally {
      await fs.writeFile(edgeAiJson, before);
      await hook.stop();
    }
  });

  it("a deployment in production that answers with a secret", async () => {
    // Not to the smoke test, which asks a function a few times.
    const embeddings = `return n > 20 ? new Response("no access with " + ${KEY}) : answer();`;
    await project.write({ release: "tells", embeddings });
    expect((await edgeAi(["deploy", "--no-gate", "--prod"])).code).toBe(0);
    const check = ["healthcheck", "--rate", "100", "--max-requests", "60"];
    for (const more of [[], ["--json"]])
      expect((await edgeAi([...check, ...more])).stdout).toMatch(/no access with\s+\[secret\]/);
  });

  it("what they leave behind, while production runs and after stop", async () => {
    const found = { markers, runs, dirs: [root], except: own() };
    expect(await findLeaks({ ...found, argvs: [] })).toEqual([]);
    expect(await edgeAi(["stop"])).toMatchObject({ code: 0 });
    argvs = await watch.stop(runs.map(({ args }) => args));
    expect(argvs.filter((argv) => argv.includes("supervisor"))).not.toEqual([]);
    expect(argvs.filter((argv) => argv.includes("launcher"))).not.toEqual([]);
    expect(await findLeaks({ ...found, argvs })).toEqual([]);
  });

  it("any command there is", async () => {
    const { stdout } = await edgeAi(["--help"]);
    const [, list = ""] = stdout.split("Commands:\n");
    const commands = [...list.matchAll(/^ {2}(\S+)/gm)].map(([, name = ""]) => name).filter((name) => name !== "help");
    expect(commands.length).toBeGreaterThan(10);
    expect(commands.filter((name) => runs.every(({ args }) => args[0] !== name))).toEqual([]);
  });
});

/** The user's own files, which hold secrets; and the test's. */
function own(): string[] {
  return [path.join(project.dir, ".env.local"), path.join(root, "other.env"), spawned()];
}

function spawned(): string {
  return path.join(root, "spawned.log");
}

async function supervisorEnv(): Promise<string> {
  const state = await fs.readFile(path.join(project.dir, ".edge-ai/local/state.json"), "utf8");
  const { supervisor } = JSON.parse(state) as { supervisor: { pid: number } };
  return fs.readFile(`/proc/${supervisor.pid}/environ`, "latin1");
}
