// Cloudflare as a user of the bin meets it before a release: plans, new projects, additions, and what wrangler says of them.
import { execFile } from "node:child_process";
import fs from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import { parseJsonc } from "../../src/jsonc.ts";
import { problemsOf } from "../unit/scaffold/workflow-rules.ts";
import { tempDir, writeTree } from "../temp.ts";
import { runBin, type BinRun } from "./run.ts";

const root = path.resolve(import.meta.dirname, "../..");

async function makeApp(...flags: string[]): Promise<string> {
  const parent = await tempDir("edge-ai workers ü");
  const made = await runBin(["create", "app", "--yes", "--no-install", "--no-git", ...flags], { cwd: parent });
  expect(made.code, made.stderr).toBe(0);
  return path.join(parent, "app");
}

const read = (dir: string, file: string): Promise<string> => fs.readFile(path.join(dir, file), "utf8");
const wranglerIn = async (dir: string): Promise<any> => parseJsonc(await read(dir, "wrangler.jsonc"));
const add = (dir: string, ...args: string[]): Promise<BinRun> => runBin(["add", ...args], { cwd: dir });

/** What `wrangler deploy --dry-run` says of a project whose build is already known to work: the real program, no network. */
async function dryRun(dir: string): Promise<string> {
  const output = path.join(dir, ".cloudflare/output");
  await writeTree(dir, {
    // What wrangler.jsonc runs, here without the packages of the project.
    "node_modules/.bin/edge-ai": '#!/bin/sh\necho "$@" > "$(dirname "$0")/called"\n',
    "bin/npx": '#!/bin/sh\nshift\nexec "./node_modules/.bin/$1" "$2" "$3" "$4"\n',
  });
  await fs.chmod(path.join(dir, "node_modules/.bin/edge-ai"), 0o755);
  await fs.chmod(path.join(dir, "bin/npx"), 0o755);
  await writeTree(output, {
    "worker.js": "export default { fetch: () => new Response() };\n",
    "assets/index.html": "<p>\n",
  });
  const { stdout, stderr } = await promisify(execFile)(
    path.join(root, "node_modules/.bin/node"),
    [path.join(root, "node_modules/wrangler/bin/wrangler.js"), "deploy", "--dry-run"],
    {
      cwd: dir,
      env: {
        PATH: `${path.join(dir, "bin")}:${path.dirname(process.execPath)}:${process.env["PATH"]}`,
        HOME: dir,
        CI: "1",
        WRANGLER_SEND_METRICS: "false",
        WRANGLER_LOG_PATH: path.join(dir, "logs"),
        CLOUDFLARE_API_BASE_URL: "http://127.0.0.1:9/",
      },
    },
  );
  expect((await read(dir, "node_modules/.bin/called")).trim()).toBe("build --target cloudflare");
  return stdout + stderr;
}

const LOCAL = ["all-minilm-l6-v2", "--task", "embeddings", "--mode", "local", "--target", "cloudflare"];

describe("a model inside a Worker", () => {
  it("is refused by plan, with the numbers and every way out", async () => {
    const { code, stdout } = await runBin(["plan", ...LOCAL]);
    expect(code).toBe(1);
    expect(stdout).toContain("does not fit local on cloudflare");
    expect(stdout).toContain("onnxruntime-node is native code and Cloudflare Workers runs none");
    expect(stdout).toContain("bundle 70.3 MB is over 67.1 MB");
    expect(stdout).toContain("memory 173.6 MB is over 102.4 MB");
    expect(stdout).toContain("WebAssembly could run a small model there, but no template of ours does");
    const [, nearest = ""] = /Nearest that fits\n([\s\S]*?)\n\n/.exec(stdout) ?? [];
    for (const flags of ["--target vercel", "--mode hybrid", "--mode external", "--model @cf/baai/bge-small-en-v1.5"]) {
      expect(nearest).toContain(flags);
    }
  });

  it("is refused by plan in a project that says so in edge-ai.json", async () => {
    const dir = await makeApp("--target", "local");
    const config = JSON.parse(await read(dir, "edge-ai.json")) as object;
    await fs.writeFile(path.join(dir, "edge-ai.json"), JSON.stringify({ ...config, target: "cloudflare" }));
    const { code, stdout } = await runBin(["plan", "--json"], { cwd: dir });
    expect([code, JSON.parse(stdout)]).toMatchObject([1, { fits: false, mode: "local", platform: "cloudflare" }]);
    expect((await runBin(["ci"], { cwd: dir })).stderr).toMatch(
      /^error: embeddings in local mode cannot run on Cloudflare/,
    );
  });

  it("is refused by create and add, which make nothing", async () => {
    const dir = await tempDir();
    const create = await runBin(["create", "app", "--yes", "--target", "cloudflare", "--mode", "local", "--json"], {
      cwd: dir,
    });
    expect([create.code, JSON.parse(create.stdout)]).toMatchObject([
      2,
      { error: { code: "NO_TEMPLATE", message: expect.stringMatching(/native code.*over 102\.4 MB/) } },
    ]);
    expect(await fs.readdir(dir)).toEqual([]);
    const app = await makeApp();
    const before = await fs.readdir(app, { recursive: true });
    const added = await add(app, "cloudflare");
    expect(added.code).toBe(2);
    expect(added.stderr).toMatch(/cannot run on Cloudflare Workers: onnxruntime-node.*\n {2}hint: .*Workers AI/);
    expect(await fs.readdir(app, { recursive: true })).toEqual(before);
    expect(before).not.toContain("wrangler.jsonc");
    expect(before).not.toContain("lib/worker.ts");
  });
});

describe("a new project", () => {
  it("for Cloudflare asks Workers AI when nobody names a model, and pins wrangler", async () => {
    const dir = await makeApp("--target", "cloudflare", "--task", "chat");
    expect(JSON.parse(await read(dir, "edge-ai.json"))).toMatchObject({
      target: "cloudflare",
      mode: "external",
      model: { id: "@cf/meta/llama-3.1-8b-instruct-fp8-fast" },
    });
    expect(JSON.parse(await read(dir, "package.json"))).toMatchObject({
      scripts: { bundle: "edge-ai build --target cloudflare" },
      devDependencies: { wrangler: "4.150.0" },
    });
    expect(await read(dir, "lib/targets.ts")).toContain('"@cf/meta/llama-3.1-8b-instruct-fp8-fast"');
    const example = await read(dir, ".env.example");
    expect(example).toContain("https://api.cloudflare.com/client/v4/accounts/<account id>/ai/v1\nAI_BASE_URL=\n");
    expect(await read(dir, "README.md")).toContain("Its binding, `env.AI`, is not\n  used");
    expect(JSON.parse(await read(dir, "vercel.json"))).not.toHaveProperty("regions");
  });

  it("of Vercel can be released to Cloudflare too, and gets no wrangler for it", async () => {
    const dir = await makeApp("--task", "embeddings", "--mode", "hybrid", "--model", "bge-small-en-v1.5");
    expect((await wranglerIn(dir)).secrets.required).toEqual(["AI_BASE_URL", "APP_API_KEYS"]);
    expect(await fs.readdir(path.join(dir, "lib"))).toEqual(
      expect.arrayContaining(["platform.cloudflare.ts", "platform.ts", "worker.ts"]),
    );
    expect(await read(dir, "package.json")).not.toContain("wrangler");
  });

  it("that has to be everywhere is one of Cloudflare's", async () => {
    const dir = await makeApp("--task", "chat", "--mode", "external", "--regions", "global");
    expect(JSON.parse(await read(dir, "edge-ai.json"))).toMatchObject({ target: "cloudflare" });
    expect(JSON.parse(await read(dir, "vercel.json"))).not.toHaveProperty("regions");
  });

  it("has a wrangler.jsonc that keeps wrangler's schema, and that wrangler takes without a warning", async () => {
    const dir = await makeApp("--task", "image", "--target", "cloudflare");
    const schema = JSON.parse(await read(root, "node_modules/wrangler/config-schema.json")) as object;
    const validate = new Ajv({ strict: false, logger: false }).compile(schema);
    const config: unknown = await wranglerIn(dir);
    expect(validate(config), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...(config as object), no_such_key: 1 })).toBe(false);
    const said = await dryRun(dir);
    expect(said).toContain("env.CF_VERSION_METADATA");
    expect(said).toContain("Read 1 file from the assets directory");
    expect(said).toContain("--dry-run: exiting now.");
    // A module beside the Worker would be code: index.html belongs to the assets.
    expect(said).not.toMatch(/warning|additional modules|unexpected/i);
  }, 30_000);
});

describe("add", () => {
  it("cloudflare brings an older project what it lacks, once", async () => {
    const dir = await makeApp("--task", "chat", "--mode", "external", "--model", "gpt-4o-mini");
    for (const file of [
      "wrangler.jsonc",
      "lib/worker.ts",
      "lib/platform.cloudflare.ts",
      "lib/cloudflare-workers.d.ts",
    ]) {
      await fs.rm(path.join(dir, file));
    }
    await fs.writeFile(path.join(dir, ".gitignore"), "node_modules/\n.env*\n");
    const { code, stdout } = await add(dir, "cloudflare", "--json");
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { added: ["cloudflare"], kept: [], packages: ["wrangler"] }]);
    const { files } = JSON.parse(stdout) as { files: string[] };
    expect(files.toSorted()).toEqual([
      ".gitignore",
      "lib/cloudflare-workers.d.ts",
      "lib/platform.cloudflare.ts",
      "lib/worker.ts",
      "package.json",
      "wrangler.jsonc",
    ]);
    expect((await wranglerIn(dir)).secrets.required).toEqual(["AI_API_KEY", "APP_API_KEYS"]);
    expect(await read(dir, ".gitignore")).toBe("node_modules/\n.env*\n.cloudflare/\n.wrangler/\n.dev.vars*\n");
    expect((await add(dir, "cloudflare")).stdout).toBe("nothing to do: cloudflare is there already\n");
  });

  it("keeps wrangler.jsonc in step: new secrets, and the crons of vercel.json", async () => {
    const dir = await makeApp("--task", "chat", "--mode", "external", "--model", "gpt-4o-mini");
    await add(dir, "image");
    expect((await wranglerIn(dir)).secrets.required).toEqual(["AI_API_KEY", "APP_API_KEYS", "FAL_KEY"]);
    const vercel = JSON.parse(await read(dir, "vercel.json")) as object;
    const crons = [{ path: "/api/prefetch", schedule: "0 5 * * 1" }];
    await fs.writeFile(path.join(dir, "vercel.json"), JSON.stringify({ ...vercel, crons }));
    expect((await add(dir, "cloudflare")).stdout).toBe("wrote wrangler.jsonc\n");
    expect((await wranglerIn(dir)).triggers.crons).toEqual(["0 5 * * MON"]);
  });
});

it("ci writes a workflow for Cloudflare, and says what the project lacks for it", async () => {
  const dir = await makeApp("--task", "chat", "--target", "cloudflare");
  await fs.writeFile(path.join(dir, "package-lock.json"), "{}");
  const { code, stderr } = await runBin(["ci"], { cwd: dir });
  expect([code, stderr]).toEqual([0, "its first lines say which secrets and variables GitHub needs\n"]);
  const text = await read(dir, ".github/workflows/edge-ai.yml");
  expect(problemsOf(text)).toEqual([]);
  expect(text).toContain("CLOUDFLARE_API_TOKEN: ${{ secrets.CLOUDFLARE_API_TOKEN }}");
  expect((await runBin(["ci", "--check", "--target", "vercel"], { cwd: dir })).code).toBe(1);
  await fs.rm(path.join(dir, "wrangler.jsonc"));
  const later = await runBin(["ci", "--check"], { cwd: dir });
  expect([later.code, later.stderr]).toEqual([
    0,
    "warning: there is no wrangler.jsonc, and a release to Cloudflare needs one: edge-ai add cloudflare\n",
  ]);
});

it("compare and cost know Workers AI", async () => {
  const model = "@cf/meta/llama-3.1-8b-instruct-fp8-fast";
  const cost = await runBin(["cost", model, "--task", "chat", "--target", "cloudflare", "--json"]);
  expect(cost.code).toBe(0);
  expect(cost.stdout).toContain(`"${model}"`);
  const compare = await runBin(["compare", "--model", model, "--task", "chat", "--target", "cloudflare", "--json"]);
  expect([compare.code, JSON.parse(compare.stdout)]).toMatchObject([
    0,
    { app: { model, mode: "external" }, recommendation: { platform: "cloudflare", fits: true } },
  ]);
});
