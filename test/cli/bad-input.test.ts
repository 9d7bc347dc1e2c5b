// Bad input, over all commands: exit 2, one clear line and a hint, one document with --json, and nothing written.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tempDir, writeTree } from "../temp.ts";
import { runBin } from "./run.ts";

const run = promisify(execFile);

let busy: net.Server;
let busyPort = 0;
beforeAll(async () => {
  busy = net.createServer();
  await new Promise<void>((resolve) => {
    busy.listen(0, "127.0.0.1", resolve);
  });
  busyPort = (busy.address() as net.AddressInfo).port;
});
afterAll(() => {
  busy.close();
});

/** No test here is to reach the Vercel of whoever runs it. */
const LOGGED_OUT = {
  VERCEL_TOKEN: "",
  VERCEL_ORG_ID: "",
  VERCEL_PROJECT_ID: "",
  HOME: "/nonexistent",
  XDG_DATA_HOME: "/nonexistent",
};

type Files = Record<string, string>;
/** What it is, the command line ($PORT is a port in use), the files in the folder, the code, and words of the message. */
type Row = [what: string, args: string[], files: Files, code: string, text: string];

const config = (change: object = {}): Files => ({
  "edge-ai.json": JSON.stringify({
    version: 1,
    name: "a",
    task: "embeddings",
    mode: "local",
    target: "local",
    model: { id: "use-lite", path: "models/use-lite" },
    latencyBudgetMs: 300,
    ...change,
  }),
});
const project = (files: Files = {}): Files => ({
  "package.json": "{}",
  "api/a.ts": "export const GET = () => new Response();",
  ...files,
});
const vercelJson = (value: unknown): Files =>
  project({ "vercel.json": typeof value === "string" ? value : JSON.stringify(value) });
const OUTPUT = ".vercel/output/config.json";

const create: Row[] = [
  ["no folder and nobody to ask", ["create"], {}, "NEEDS_INPUT", "folder"],
  ["two folders", ["create", "a", "b", "--yes"], {}, "USAGE", "arguments"],
  ["a folder with files", ["create", ".", "--yes"], { "mine.txt": "" }, "TARGET_EXISTS", "mine.txt"],
  ["a file", ["create", "mine.txt", "--yes"], { "mine.txt": "" }, "TARGET_EXISTS", "mine.txt"],
  ["a folder below a file", ["create", "mine.txt/app", "--yes"], { "mine.txt": "" }, "TARGET_EXISTS", "mine.txt"],
  ["a place that cannot be written", ["create", "/proc/app", "--yes"], {}, "FILE", "/proc"],
  ["a name of dots", ["create", "...", "--yes"], {}, "BAD_NAME", "..."],
  ["a name of no letters", ["create", "日本", "--yes"], {}, "BAD_NAME", "日本"],
  ["a Windows device", ["create", "nul", "--yes"], {}, "BAD_NAME", "Windows"],
  ["a name of 300 characters", ["create", "x".repeat(300), "--yes"], {}, "BAD_NAME", "300"],
  ["our own name", ["create", "edge-ai", "--yes"], {}, "BAD_NAME", "taken"],
  ["a NUL in the name", ["create", "a\u0001b/../\u0002", "--yes"], {}, "BAD_NAME", "name"],
  ["an unknown task", ["create", "a", "--task", "sing"], {}, "USAGE", "sing"],
  ["an unknown mode", ["create", "a", "--mode", "edge"], {}, "USAGE", "edge"],
  ["an unknown target", ["create", "a", "--target", "aws"], {}, "USAGE", "aws"],
  ["an unknown package manager", ["create", "a", "--pm", "cargo"], {}, "USAGE", "cargo"],
  ["an unknown region", ["create", "a", "--yes", "--regions", "moon1"], {}, "USAGE", "moon1"],
  ["a hole in the regions", ["create", "a", "--yes", "--regions", "iad1,,fra1"], {}, "USAGE", "list"],
  ["an unknown model", ["create", "a", "--yes", "--model", "use-light"], {}, "UNKNOWN_MODEL", "use-light"],
  ["an empty model", ["create", "a", "--yes", "--model", ""], {}, "USAGE", "model"],
  ["a path as model", ["create", "a", "--yes", "--model", "../../etc/passwd"], {}, "UNKNOWN_MODEL", "passwd"],
  ["a size of nothing", ["create", "a", "--yes", "--params", "0"], {}, "USAGE", "--params"],
  ["a size that is not one", ["create", "a", "--yes", "--params", "NaN"], {}, "USAGE", "NaN"],
  ["a size beyond all models", ["create", "a", "--yes", "--params", "999999T"], {}, "USAGE", "999999T"],
  ["a size without a model", ["create", "a", "--yes", "--params", "3B"], {}, "NO_TEMPLATE", "size"],
  [
    "a model inside a Worker",
    ["create", "a", "--yes", "--target", "cloudflare", "--mode", "local"],
    {},
    "NO_TEMPLATE",
    "Cloudflare",
  ],
  ["a model inside a Worker, afterwards", ["add", "cloudflare"], config(), "NO_TEMPLATE", "Cloudflare"],
  ["something that cannot be added", ["add", "teleport"], {}, "USAGE", "teleport"],
  ["an addition to no project", ["add", "cache"], {}, "BAD_CONFIG", "edge-ai.json"],
  [
    "a model with another pooling",
    ["create", "a", "--yes", "--model", "bge-small-en-v1.5"],
    {},
    "NO_TEMPLATE",
    "pooling",
  ],
  ["a budget of nothing", ["create", "a", "--latency-budget", "0"], {}, "USAGE", "--latency-budget"],
  ["a budget below nothing", ["create", "a", "--latency-budget=-5"], {}, "USAGE", "-5"],
  ["a budget of infinity", ["create", "a", "--latency-budget", "Infinity"], {}, "USAGE", "Infinity"],
  ["a flag without its value", ["create", "a", "--model"], {}, "USAGE", "--model"],
  ["an unknown flag", ["create", "a", "--force"], {}, "USAGE", "--force"],
];

const plan: Row[] = [
  ["an unknown model", ["plan", "zz-17"], {}, "UNKNOWN_MODEL", "zz-17"],
  ["two different models", ["plan", "use-lite", "--model", "bge-small-en-v1.5"], {}, "USAGE", "bge-small"],
  ["two models", ["plan", "use-lite", "bge-small-en-v1.5"], {}, "USAGE", "arguments"],
  ["concurrency of nothing", ["plan", "--concurrency", "0"], {}, "USAGE", "--concurrency"],
  ["half a request at once", ["plan", "--concurrency", "1.5"], {}, "USAGE", "1.5"],
  ["requests that are not a number", ["plan", "--rps", "many"], {}, "USAGE", "many"],
  ["requests beyond all traffic", ["plan", "--rps", "1e99"], {}, "USAGE", "1e99"],
  ["tokens below nothing", ["plan", "--tokens-in=-1"], {}, "USAGE", "-1"],
  ["tokens in hexadecimal", ["plan", "--tokens-out", "0x10"], {}, "USAGE", "0x10"],
  ["memory of nothing", ["plan", "--memory", "0"], {}, "USAGE", "--memory"],
  ["memory that no function has", ["plan", "--memory", "999999"], {}, "USAGE", "999999"],
  ["vCPUs that no function has", ["plan", "--vcpus", "64"], {}, "USAGE", "64"],
  ["a cold start of nothing", ["plan", "--cold-start-budget", "0"], {}, "USAGE", "--cold-start-budget"],
  ["a size with a sign", ["plan", "--params", "+1B"], {}, "USAGE", "+1B"],
  ["an empty size", ["plan", "--params", ""], {}, "USAGE", "--params"],
];

const build: Row[] = [
  ["no project", ["build"], {}, "BAD_CONFIG", "package.json"],
  ["a folder that is not there", ["build", "gone"], {}, "BAD_CONFIG", "gone"],
  ["two folders", ["build", "a", "b"], {}, "USAGE", "arguments"],
  ["no functions", ["build"], { "package.json": "{}" }, "BUILD_FAILED", "api"],
  ["no esbuild", ["build"], project(), "MISSING_PROGRAM", "esbuild"],
  ["a package.json that is not JSON", ["build"], project({ "package.json": "{," }), "BAD_CONFIG", "package.json"],
  [
    "a Node.js that Vercel ended",
    ["build"],
    project({ "package.json": '{"engines":{"node":"18.x"}}' }),
    "BAD_CONFIG",
    "18.x",
  ],
  ["engines that is not text", ["build"], project({ "package.json": '{"engines":{"node":24}}' }), "BAD_CONFIG", "24"],
  ["a vercel.json that is not JSON", ["build"], vercelJson("{,"), "BAD_CONFIG", "vercel.json"],
  ["a vercel.json that is a list", ["build"], vercelJson([]), "BAD_CONFIG", "vercel.json"],
  [
    "runtime in vercel.json",
    ["build"],
    vercelJson({ functions: { "api/a.ts": { runtime: "nodejs18.x" } } }),
    "BAD_CONFIG",
    "runtime",
  ],
  [
    "memory in vercel.json",
    ["build"],
    vercelJson({ functions: { "api/a.ts": { memory: 1 } } }),
    "BAD_CONFIG",
    "memory",
  ],
  [
    "maxDuration of nothing",
    ["build"],
    vercelJson({ functions: { "api/a.ts": { maxDuration: 0 } } }),
    "BAD_CONFIG",
    "maxDuration",
  ],
  [
    "maxDuration of text",
    ["build"],
    vercelJson({ functions: { "api/a.ts": { maxDuration: "10" } } }),
    "BAD_CONFIG",
    "maxDuration",
  ],
  ["a pattern without a function", ["build"], vercelJson({ functions: { "api/b.ts": {} } }), "BAD_CONFIG", "api/b.ts"],
  [
    "includeFiles as a list",
    ["build"],
    vercelJson({ functions: { "api/a.ts": { includeFiles: ["x"] } } }),
    "BAD_CONFIG",
    "includeFiles",
  ],
  ["builds in vercel.json", ["build"], vercelJson({ builds: [] }), "BAD_CONFIG", "builds"],
  ["a cron without a path", ["build"], vercelJson({ crons: [{ schedule: "0 0 * * *" }] }), "BAD_CONFIG", "path"],
  [
    "two problems at once",
    ["build"],
    vercelJson({ functions: { "api/a.ts": { memory: 1, runtime: "x" } } }),
    "BAD_CONFIG",
    "2 problems",
  ],
];

const dev: Row[] = [
  ["no build to serve", ["dev", "--prebuilt", "--port", "0"], { "package.json": "{}" }, "BAD_CONFIG", "output"],
  [
    "an output of another version",
    ["dev", "--prebuilt", "--port", "0"],
    { [OUTPUT]: '{"version":2}' },
    "BAD_CONFIG",
    "version",
  ],
  ["an output that is not JSON", ["dev", "--prebuilt", "--port", "0"], { [OUTPUT]: "x" }, "BAD_CONFIG", "JSON"],
  ["a port in use", ["dev", "--prebuilt", "--port", "$PORT"], { [OUTPUT]: '{"version":3}' }, "PORT", "in use"],
  ["a port beyond all ports", ["dev", "--port", "65536"], {}, "USAGE", "65536"],
  ["a port below all ports", ["dev", "--port=-1"], {}, "USAGE", "-1"],
  ["a port that is a name", ["dev", "--port", "http"], {}, "USAGE", "http"],
  ["an environment file that is not there", ["dev", "--dotenv", "no.env"], { "package.json": "{}" }, "FILE", "no.env"],
  ["an environment file that is a folder", ["dev", "--dotenv", "api"], project(), "FILE", "api"],
  ["no project", ["dev", "--port", "0"], {}, "BAD_CONFIG", "package.json"],
];

const URL = "http://127.0.0.1:9";

/** A run that was kept, of another route than the one that is checked. */
function baseline(verdict: string): Record<string, string> {
  const shape = { pace: { kind: "open", ratePerSecond: 110, rampMs: 0 }, probes: "of another route" };
  const kept = {
    version: 1,
    url: URL,
    buildId: null,
    verdict,
    sentMs: 5_000,
    ...shape,
    errors: 0,
    slowBurst: 1,
    errorBurst: 1,
    latencyMs: [1],
  };
  return { "b.json": JSON.stringify(kept) };
}

const healthcheck: Row[] = [
  ["no URL", ["healthcheck"], {}, "NEEDS_INPUT", "URL"],
  // Vercel is asked for the production URL, and nobody is logged in.
  ["no URL and a remote target", ["healthcheck"], config({ target: "vercel" }), "NO_ACCESS", "vercel"],
  ["two URLs", ["healthcheck", URL, URL], {}, "USAGE", "arguments"],
  ["a URL that is none", ["healthcheck", "not a url"], {}, "USAGE", "not a url"],
  ["a file URL", ["healthcheck", "file:///etc/passwd"], {}, "USAGE", "file:"],
  ["a password in the URL", ["healthcheck", "http://user:secret@127.0.0.1"], {}, "USAGE", "password"],
  ["a limit of nothing", ["healthcheck", URL, "--p95", "0"], {}, "USAGE", "--p95"],
  ["a limit that is not a number", ["healthcheck", URL, "--p95", "NaN"], {}, "USAGE", "NaN"],
  ["a share over 1", ["healthcheck", URL, "--error-rate", "101%"], {}, "USAGE", "101%"],
  ["a share below 0", ["healthcheck", URL, "--error-rate=-1%"], {}, "USAGE", "-1%"],
  ["a throughput of nothing", ["healthcheck", URL, "--throughput", "0"], {}, "USAGE", "--throughput"],
  ["a rate beyond all", ["healthcheck", URL, "--rate", "100001"], {}, "USAGE", "100001"],
  [
    "a rate that cannot show the throughput",
    ["healthcheck", URL, "--rate", "5", "--throughput", "10"],
    {},
    "USAGE",
    "--throughput 10",
  ],
  ["a time of no unit that exists", ["healthcheck", URL, "--duration", "5d"], {}, "USAGE", "5d"],
  [
    "a time in which nothing is due",
    ["healthcheck", URL, "--duration", "1ms", "--rate", "1"],
    {},
    "USAGE",
    "no request is due",
  ],
  ["no requests", ["healthcheck", URL, "--max-requests", "0"], {}, "USAGE", "--max-requests"],
  ["too many requests", ["healthcheck", URL, "--max-requests", "100001"], {}, "USAGE", "100001"],
  ["a time-out of nothing", ["healthcheck", URL, "--timeout", "0"], {}, "USAGE", "--timeout"],
  ["a path without its slash", ["healthcheck", URL, "--path", "api"], {}, "USAGE", "--path"],
  ["a path given twice", ["healthcheck", `${URL}/a`, "--path", "/b"], {}, "USAGE", "--path"],
  ["a method that is none", ["healthcheck", URL, "--path", "/", "--method", "FETCH"], {}, "USAGE", "FETCH"],
  ["a body for GET", ["healthcheck", URL, "--path", "/", "--method", "GET", "--body", "{}"], {}, "USAGE", "GET"],
  ["a body that is not JSON", ["healthcheck", URL, "--path", "/", "--body", "{"], {}, "USAGE", "JSON"],
  ["a body without a route", ["healthcheck", URL, "--body", "{}"], {}, "USAGE", "route"],
  ["a closed loop with a rate", ["healthcheck", URL, "--concurrency", "4", "--rate", "5"], {}, "USAGE", "--rate"],
  ["more connections than there can be", ["healthcheck", URL, "--concurrency", "1001"], {}, "USAGE", "1001"],
  ["a ramp as long as the run", ["healthcheck", URL, "--ramp", "5s", "--duration", "5s"], {}, "USAGE", "--ramp"],
  [
    "a shortest time over the longest",
    ["healthcheck", URL, "--min-duration", "9s", "--duration", "5s"],
    {},
    "USAGE",
    "--min-duration",
  ],
  ["bytes of no unit", ["healthcheck", URL, "--max-bytes", "5 potatoes"], {}, "USAGE", "5 potatoes"],
  ["a cost of nothing", ["healthcheck", URL, "--max-cost", "0"], {}, "USAGE", "--max-cost"],
  ["a tolerance over all", ["healthcheck", URL, "--tolerance", "200%"], {}, "USAGE", "200%"],
  ["an unknown engine", ["healthcheck", URL, "--export", "jmeter"], {}, "USAGE", "jmeter"],
  [
    "a closed loop for artillery",
    ["healthcheck", URL, "--export", "artillery", "--concurrency", "4"],
    {},
    "USAGE",
    "closed loop",
  ],
  [
    "a report in a folder that is not there",
    ["healthcheck", URL, "--html", "no/such.html"],
    {},
    "FILE",
    "no/such.html",
  ],
  ["a report that is a folder", ["healthcheck", URL, "--junit", "api"], { "api/x": "" }, "FILE", "api"],
  ["a baseline that is not there", ["healthcheck", URL, "--baseline", "b.json"], {}, "USAGE", "b.json"],
  ["a baseline that is not JSON", ["healthcheck", URL, "--baseline", "b.json"], { "b.json": "{" }, "USAGE", "not JSON"],
  [
    "a baseline that is something else",
    ["healthcheck", URL, "--baseline", "b.json"],
    { "b.json": '{"version":1}' },
    "USAGE",
    "b.json",
  ],
  [
    "a baseline that did not pass",
    ["healthcheck", URL, "--baseline", "b.json"],
    baseline("fail"),
    "USAGE",
    "did not pass",
  ],
  [
    "a baseline of another load",
    ["healthcheck", URL, "--baseline", "b.json"],
    baseline("pass"),
    "USAGE",
    "another load",
  ],
  ["a baseline that nobody serves", ["healthcheck", URL, "--baseline", URL], {}, "USAGE", "could not be measured"],
  ["a header without a colon", ["healthcheck", URL, "--header", "secret"], {}, "USAGE", "--header"],
  ["a header with a line break", ["healthcheck", URL, "--header", "a: b\r\nc: d"], {}, "USAGE", "--header"],
];

const DEPLOY = ["deploy", "--target", "local"];
const release: Row[] = [
  ["deploy without a project", DEPLOY, {}, "BAD_CONFIG", "edge-ai.json"],
  ["deploy with a config that is not JSON", DEPLOY, { "edge-ai.json": "{" }, "BAD_CONFIG", "JSON"],
  ["deploy with a config of another version", DEPLOY, config({ version: 2 }), "BAD_CONFIG", "version"],
  ["deploy with an unknown key", DEPLOY, config({ colour: "red" }), "BAD_CONFIG", "colour"],
  ["deploy with a budget of text", DEPLOY, config({ latencyBudgetMs: "300" }), "BAD_CONFIG", "latencyBudgetMs"],
  ["deploy with a budget below nothing", DEPLOY, config({ latencyBudgetMs: -1 }), "BAD_CONFIG", "latencyBudgetMs"],
  ["deploy with an error rate in percent", DEPLOY, config({ slo: { errorRate: 5 } }), "BAD_CONFIG", "errorRate"],
  ["deploy with an unknown SLO", DEPLOY, config({ slo: { p94Ms: 5 } }), "BAD_CONFIG", "p94Ms"],
  [
    "deploy with a probe of a whole URL",
    DEPLOY,
    config({ probes: [{ name: "x", path: "http://evil" }] }),
    "BAD_CONFIG",
    "path",
  ],
  [
    "deploy with a port beyond all ports",
    DEPLOY,
    config({ targets: { local: { port: 70_000 } } }),
    "BAD_CONFIG",
    "port",
  ],
  ["deploy with an empty model", DEPLOY, config({ model: { id: "" } }), "BAD_CONFIG", "model.id"],
  ["deploy with several problems", DEPLOY, config({ task: "sing", mode: "x", version: 3 }), "BAD_CONFIG", "3 problems"],
  ["deploy to a target that does not exist", ["deploy", "--target", "aws"], config(), "USAGE", "aws"],
  [
    "deploy to Cloudflare without its configuration",
    ["deploy", "--target", "cloudflare"],
    config(),
    "BAD_CONFIG",
    "wrangler.jsonc",
  ],
  ["deploy with a broken vercel.json", DEPLOY, { ...config(), "vercel.json": "{" }, "BAD_CONFIG", "vercel.json"],
  [
    "deploy without its packages",
    DEPLOY,
    { ...config(), ...project({ "public/index.html": "" }) },
    "MISSING_PROGRAM",
    "esbuild",
  ],
  ["deploy of a folder", ["deploy", "app"], config(), "USAGE", "arguments"],
  ["promote of nothing", ["promote"], config(), "USAGE", "id"],
  ["promote of an unknown deployment", ["promote", "dpl_x"], config(), "UNKNOWN_DEPLOYMENT", "dpl_x"],
  ["promote of a path", ["promote", "../../etc"], config(), "UNKNOWN_DEPLOYMENT", "../../etc"],
  ["promote of an empty id", ["promote", ""], config(), "UNKNOWN_DEPLOYMENT", '""'],
  ["rollback of a project without releases", ["rollback"], config(), "NO_KNOWN_GOOD", "production"],
  ["rollback to an unknown deployment", ["rollback", "dpl_y"], config(), "UNKNOWN_DEPLOYMENT", "dpl_y"],
  ["rollback without a project", ["rollback"], {}, "BAD_CONFIG", "edge-ai.json"],
  ["deployments without a project", ["deployments"], {}, "BAD_CONFIG", "edge-ai.json"],
  [
    "deployments with a state that is not JSON",
    ["deployments"],
    { ...config(), ".edge-ai/local/state.json": "{" },
    "BAD_CONFIG",
    "state.json",
  ],
  [
    "status with a state of another version",
    ["status"],
    { ...config(), ".edge-ai/local/state.json": '{"version":9}' },
    "BAD_CONFIG",
    "state.json",
  ],
  ["status without a project", ["status"], {}, "BAD_CONFIG", "edge-ai.json"],
  ["doctor of a folder that is not there", ["doctor", "gone"], {}, "FILE", "gone"],
];

const lock: Files = { "package.json": "{}", "package-lock.json": "{}" };
const onVercel = config({ target: "vercel" });
const WORKFLOW = ".github/workflows/edge-ai.yml";
const ci: Row[] = [
  ["no project", ["ci"], {}, "BAD_CONFIG", "edge-ai.json"],
  ["a target that CI cannot reach", ["ci"], { ...config(), ...lock }, "NO_TARGET", "local"],
  ["a target without a workflow", ["ci", "--target", "local"], { ...config(), ...lock }, "NO_TARGET", "local"],
  ["a target that does not exist", ["ci", "--target", "aws"], onVercel, "USAGE", "aws"],
  ["no package.json", ["ci"], onVercel, "BAD_CONFIG", "package.json"],
  ["a package.json that is not JSON", ["ci"], { ...onVercel, ...lock, "package.json": "{," }, "BAD_CONFIG", "JSON"],
  [
    "scripts that are a list",
    ["ci"],
    { ...onVercel, ...lock, "package.json": '{"scripts":[]}' },
    "BAD_CONFIG",
    "scripts",
  ],
  ["no lock file", ["ci"], { ...onVercel, "package.json": "{}" }, "BAD_CONFIG", "package-lock.json"],
  ["pnpm", ["ci"], { ...onVercel, "package.json": "{}", "pnpm-lock.yaml": "" }, "NO_TEMPLATE", "pnpm"],
  ["a workflow of somebody else", ["ci"], { ...onVercel, ...lock, [WORKFLOW]: "name: mine" }, "FILE", WORKFLOW],
  [
    "a folder named .github/workflows/edge-ai.yml",
    ["ci", "--force"],
    { ...onVercel, ...lock, [`${WORKFLOW}/x`]: "" },
    "FILE",
    WORKFLOW,
  ],
  ["to look and to write at once", ["ci", "--check", "--force"], { ...onVercel, ...lock }, "USAGE", "--force"],
  ["a folder to work in", ["ci", "app"], { ...onVercel, ...lock }, "USAGE", "arguments"],
];

const ENV_CHECK = ["env", "check"];
const envCheck: Row[] = [
  ["no subcommand", ["env"], onVercel, "USAGE", "env"],
  ["models without a subcommand", ["models"], onVercel, "USAGE", "list, show, pull"],
  ["models with an unknown subcommand", ["models", "print"], onVercel, "USAGE", "print"],
  ["an unknown subcommand", ["env", "print"], onVercel, "USAGE", "print"],
  ["no project", ENV_CHECK, {}, "BAD_CONFIG", "edge-ai.json"],
  ["a name", [...ENV_CHECK, "SECRET"], onVercel, "USAGE", "arguments"],
  ["an unknown environment", [...ENV_CHECK, "--environment", "staging"], onVercel, "USAGE", "staging"],
  ["an empty environment", [...ENV_CHECK, "--environment", ""], onVercel, "USAGE", "--environment"],
  [
    "a target without its configuration",
    [...ENV_CHECK, "--target", "cloudflare"],
    onVercel,
    "BAD_CONFIG",
    "wrangler.jsonc",
  ],
  ["an unknown target", [...ENV_CHECK, "--target", "aws"], onVercel, "USAGE", "aws"],
  ["a time of nothing", [...ENV_CHECK, "--timeout", "0"], onVercel, "USAGE", "--timeout"],
  ["nobody who is logged in", ENV_CHECK, onVercel, "NO_ACCESS", "vercel"],
  ["an example that is a folder", ENV_CHECK, { ...config(), ".env.example/x": "" }, "FILE", ".env.example"],
];

const rehearsal: Row[] = [
  ["no project", ["rehearse"], {}, "BAD_CONFIG", "edge-ai.json"],
  ["a release on this machine", ["rehearse"], config(), "NO_TARGET", "local"],
  ["a target that needs none", ["rehearse", "--target", "local"], onVercel, "NO_TARGET", "local"],
  ["a target that is none", ["rehearse", "--target", "aws"], onVercel, "USAGE", "aws"],
  ["cloudflare without wrangler", ["rehearse"], config({ target: "cloudflare" }), "MISSING_PROGRAM", "wrangler"],
  ["a fault of no endpoint", ["rehearse", "--fault", "500"], onVercel, "USAGE", "--fault"],
  ["a fault of an unknown endpoint", ["rehearse", "--fault", "moon=500"], onVercel, "USAGE", "moon=500"],
  ["a fault that does not exist", ["rehearse", "--fault", "promote=explode"], onVercel, "USAGE", "explode"],
  ["a fault of a status that is none", ["rehearse", "--fault", "promote=200"], onVercel, "USAGE", "promote=200"],
  ["a fault no times", ["rehearse", "--fault", "promote=500*0"], onVercel, "USAGE", "*0"],
  ["a fault so many times", ["rehearse", "--fault", "promote=500*x"], onVercel, "USAGE", "*x"],
  ["an empty fault", ["rehearse", "--fault", ""], onVercel, "USAGE", "--fault"],
  ["a fault without its value", ["rehearse", "--fault"], onVercel, "USAGE", "--fault"],
  ["one good fault and a bad one", ["rehearse", "--fault", "promote=500", "--fault", "x"], onVercel, "USAGE", '"x"'],
  ["a time without a unit that exists", ["rehearse", "--timeout", "5d"], onVercel, "USAGE", "5d"],
  ["a time of nothing", ["rehearse", "--timeout", "0"], onVercel, "USAGE", "--timeout"],
  ["a folder", ["rehearse", "app"], onVercel, "USAGE", "arguments"],
];

const everything: Row[] = [
  ["an unknown command", ["deplyo"], {}, "USAGE", "deplyo"],
  ["an unknown flag", ["build", "--fast"], {}, "USAGE", "--fast"],
  ["an empty command", [""], {}, "USAGE", ""],
];

/** All files of a folder with their content, to see that nothing changed. */
async function contentOf(dir: string): Promise<Record<string, string>> {
  const entries = await fs.readdir(dir, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory()).map((entry) => path.join(entry.parentPath, entry.name));
  return Object.fromEntries(
    await Promise.all(
      files
        .toSorted()
        .map(
          async (file) =>
            [path.relative(dir, file), await fs.readFile(file, "utf8").catch(() => "not a file")] as const,
        ),
    ),
  );
}

async function expectRefusal(dir: string, args: string[], code: string, text: string): Promise<void> {
  const before = await contentOf(dir);
  const filled = args.map((arg) => arg.replace("$PORT", String(busyPort)));
  const options = { cwd: dir, env: LOGGED_OUT };
  const [plain, document] = [await runBin(filled, options), await runBin([...filled, "--json"], options)];
  expect([plain.code, plain.stdout]).toEqual([2, ""]);
  // What was said before, such as the plan of a project that then could not be written, is fine.
  const [, error = ""] = /(?:^|\n)(error: [^]*)$/.exec(plain.stderr) ?? [];
  const [first, ...rest] = error.split("\n");
  expect(first).toMatch(/^error: \S/);
  expect(rest.join("\n")).toMatch(/^(?: {2}\S.*\n)*? {2}hint: \S.*\n?$/);
  expect(plain.stderr).not.toMatch(/\bat .+:\d+:\d+\)?$/m);
  expect(document.code).toBe(2);
  const parsed = JSON.parse(document.stdout) as {
    version: number;
    error: { code: string; message: string; hint: string };
  };
  expect([parsed.version, parsed.error.code]).toEqual([1, code]);
  expect(parsed.error.message).toContain(text);
  expect(parsed.error.hint).toMatch(/\S/);
  expect(await contentOf(dir)).toEqual(before);
}

describe.each([
  ["create", create],
  ["plan", plan],
  ["build", build],
  ["dev", dev],
  ["healthcheck", healthcheck],
  ["releases", release],
  ["ci", ci],
  ["env check", envCheck],
  ["rehearse", rehearsal],
  ["every command", everything],
])("%s refuses", (_name, rows) => {
  it.each(rows)("%s", async (_what, args, files, code, text) => {
    const dir = await tempDir();
    await writeTree(dir, files);
    await expectRefusal(dir, args, code, text);
  });
});

describe("folders that play tricks", () => {
  it("create refuses a link to a folder with files, and follows one to an empty folder", async () => {
    const dir = await tempDir();
    await writeTree(dir, { "full/mine.txt": "mine" });
    await fs.mkdir(path.join(dir, "empty"));
    await fs.symlink("full", path.join(dir, "to-full"));
    await fs.symlink("empty", path.join(dir, "to-empty"));
    await expectRefusal(dir, ["create", "to-full", "--yes"], "TARGET_EXISTS", "mine.txt");
    expect((await runBin(["create", "to-empty", "--yes", "--no-install", "--no-git"], { cwd: dir })).code).toBe(0);
    expect((await fs.lstat(path.join(dir, "to-empty"))).isSymbolicLink()).toBe(true);
    expect(await fs.readdir(path.join(dir, "empty"))).toContain("package.json");
  });

  it("create refuses a link to nowhere", async () => {
    const dir = await tempDir();
    await fs.symlink("nowhere", path.join(dir, "link"));
    const { code, stdout } = await runBin(["create", "link", "--yes", "--no-install", "--no-git", "--json"], {
      cwd: dir,
    });
    expect([code, (JSON.parse(stdout) as { error: { code: string } }).error.code]).toEqual([2, "FILE"]);
    expect(await fs.readdir(dir)).toEqual(["link"]);
  });

  it("a read-only folder is said to be one", async ({ skip }) => {
    const dir = await tempDir();
    const mounted = await run("mount", ["-t", "tmpfs", "-o", "ro", "tmpfs", dir]).then(
      () => true,
      () => false,
    );
    if (!mounted) skip("this machine does not let us mount a read-only folder");
    try {
      await expectRefusal(dir, ["create", "app", "--yes"], "FILE", "read-only");
    } finally {
      await run("umount", [dir]);
    }
  });
});

it("--help and --version go to stdout with exit 0", async () => {
  for (const args of [["--help"], ["plan", "--help"], ["help", "create"], ["--version"]]) {
    const { code, stdout, stderr } = await runBin(args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout.length).toBeGreaterThan(3);
  }
});

it("no arguments is a question that has an answer", async () => {
  const { code, stderr } = await runBin([]);
  expect(code).toBe(2);
  expect(stderr).toContain("Usage: edge-ai");
});

it("a reader that goes away is not an error", async () => {
  const script = `set -o pipefail; '${process.execPath}' '${path.resolve("dist/edge-ai.js")}' plan --json | head -c 1 >/dev/null`;
  await expect(run("bash", ["-c", script])).resolves.toBeDefined();
});

it("has at least 100 rows", () => {
  expect([create, plan, build, dev, healthcheck, release, everything].flat().length).toBeGreaterThanOrEqual(100);
});
